import { type FleetStandards, listScorecards, type ScorecardSummary } from "@turnpike/domain/scorecards";
import { buttonClass, Card, CardHeader, EmptyState } from "@turnpike/ui";
import Form from "next/form";
import Link from "next/link";
import type { Metadata } from "next/types";
import { Page } from "../../../frame/page.tsx";
import { Live } from "../../../live/live.tsx";
import { FilterInput } from "../../../present/filter-input.tsx";
import { pageActor } from "../../../server/actor.ts";
import { container } from "../../../server/deps.ts";
import { RuleRanking, ScorecardTable, TeamList } from "../../../standards/fleet-tables.tsx";

export const metadata: Metadata = { title: "Standards" };

const topics = ["scorecards", "services"];
const SHOWN = 200;

interface Search {
  q?: string | string[];
  rule?: string | string[];
  team?: string | string[];
}

const textOf = (value: string | string[] | undefined) => (typeof value === "string" ? value.trim() : "");

/** Those that a person asked for: by a part of their name, a team, or a rule that they don't keep. */
function matching({ services, rules }: FleetStandards, { q, rule, team }: Search): ScorecardSummary[] {
  const query = textOf(q).toLowerCase();
  const failing = rules.find(({ id }) => id === textOf(rule))?.failing;
  return services
    .filter(({ name, owner }) => [name, owner].some((text) => text.toLowerCase().includes(query)))
    .filter(({ owner }) => textOf(team) === "" || owner === textOf(team))
    .filter(({ name }) => textOf(rule) === "" || failing?.includes(name));
}

/** How the fleet stands: the worst service first, the rule that is broken most often first. */
export default async function StandardsPage({ searchParams }: { searchParams: Promise<Search> }) {
  const actor = await pageActor();
  const deps = await container();
  const revision = deps.live.revision(topics);
  const search = await searchParams;
  const fleet = await listScorecards(deps, actor);
  const found = matching(fleet, search);
  const only = [textOf(search.team), textOf(search.rule)].filter(Boolean);
  return (
    <Page
      title="Standards"
      width="wide"
      lead="How services stand to the platform's well-architected rules, at the head of their repositories."
      actions={
        <Link href="/standards/import" className={buttonClass()}>
          Import a repository
        </Link>
      }
    >
      <Live topics={topics} revision={revision} />
      {fleet.services.length === 0 ? (
        <Card>
          <EmptyState
            title="Nothing to judge yet"
            actions={
              <Link href="/templates" className={buttonClass({ variant: "primary" })}>
                Choose a template
              </Link>
            }
          >
            Each service gets a scorecard with its first commit. A repository that Turnpike didn't make can be imported.
          </EmptyState>
        </Card>
      ) : (
        <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_20rem]">
          <Card>
            <Form action="/standards" className="flex flex-wrap items-center gap-3 border-line border-b p-3">
              <FilterInput name="q" value={textOf(search.q)} label="Filter by name or owner" />
              <span role="status" className="text-muted text-sm tabular-nums">
                {found.length === fleet.services.length ? found.length : `${found.length} of ${fleet.services.length}`}
              </span>
              {only.length > 0 && (
                <Link href="/standards" className={buttonClass({ size: "small" })}>
                  {`Only ${only.join(", ")}: show all`}
                </Link>
              )}
            </Form>
            {found.length > 0 ? (
              <ScorecardTable services={found.slice(0, SHOWN)} />
            ) : (
              <EmptyState title="No service matches">Try a part of its name or of its team.</EmptyState>
            )}
            {found.length > SHOWN && (
              <p className="border-line border-t p-3 text-muted text-sm">
                The {SHOWN} worst of {found.length} are shown. Filter to see others.
              </p>
            )}
          </Card>
          <div className="flex flex-col gap-5">
            <Card aria-labelledby="ranking">
              <CardHeader id="ranking" title="Broken most often" count={fleet.rules.length} />
              {fleet.rules.length > 0 ? (
                <RuleRanking rules={fleet.rules} hrefOf={(rule) => `/standards?${new URLSearchParams({ rule })}`} />
              ) : (
                <p className="p-4 text-muted text-sm">No rule is broken.</p>
              )}
            </Card>
            <Card aria-labelledby="teams">
              <CardHeader id="teams" title="Teams" count={fleet.teams.length} />
              <TeamList teams={fleet.teams} hrefOf={(team) => `/standards?${new URLSearchParams({ team })}`} />
            </Card>
          </div>
        </div>
      )}
    </Page>
  );
}

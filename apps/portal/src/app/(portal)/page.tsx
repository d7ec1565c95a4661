import { listServices } from "@turnpike/domain/catalog";
import { may, teamsWith } from "@turnpike/domain/identity";
import { listProblems } from "@turnpike/domain/platform";
import { listWaitingReleases } from "@turnpike/domain/releases";
import { buttonClass, Card, CardHeader, EmptyState, StateIcon } from "@turnpike/ui";
import Link from "next/link";
import type { Metadata } from "next/types";
import { Page } from "../../frame/page.tsx";
import { Live } from "../../live/live.tsx";
import { ExecutionLine } from "../../present/execution-row.tsx";
import { PlatformProblems } from "../../present/platform-problems.tsx";
import { WaitingReleases } from "../../present/release-rows.tsx";
import { pageActor } from "../../server/actor.ts";
import { container } from "../../server/deps.ts";

export const metadata: Metadata = { title: "Home" };

const topics = ["services", "approvals"];
const RECENT = 10;

/** What needs this person, in order of urgency. */
export default async function HomePage() {
  const actor = await pageActor();
  const deps = await container();
  const revision = deps.live.revision(topics);
  const [services, waiting, problems] = await Promise.all([
    listServices(deps, actor),
    listWaitingReleases(deps, actor),
    listProblems(deps, actor),
  ]);
  const failing = services.filter(({ health }) => health === "failing");
  const recent = services
    .flatMap(({ latestExecution }) => (latestExecution ? [latestExecution] : []))
    .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
    .slice(0, RECENT);
  const mine = waiting.filter(({ owner }) => may(actor, "release:decide", owner));
  const others = waiting.filter((release) => !mine.includes(release));
  const mayCreate = teamsWith(actor, "service:create").length > 0;
  const calm = mine.length === 0 && failing.length === 0;
  return (
    <Page title="Home" lead={calm && services.length > 0 ? "Nothing needs you." : undefined}>
      <Live topics={topics} revision={revision} />
      {problems.length > 0 && <PlatformProblems problems={problems} />}
      {services.length === 0 && (
        <Card>
          <EmptyState
            title="Nothing needs you"
            actions={
              mayCreate && (
                <Link href="/templates" className={buttonClass({ variant: "primary" })}>
                  Create a service
                </Link>
              )
            }
          >
            There are no services yet.{" "}
            {mayCreate &&
              "The first one takes a template, a name and a minute: a repository, a pipeline and the first deployment follow by themselves."}
          </EmptyState>
        </Card>
      )}
      {mine.length > 0 && (
        <Card aria-labelledby="waiting">
          <CardHeader id="waiting" title="Waiting for you" count={mine.length} />
          <WaitingReleases releases={mine} />
        </Card>
      )}
      {failing.length > 0 && (
        <Card aria-labelledby="failing">
          <CardHeader id="failing" title="Failing now" count={failing.length} />
          <ul className="divide-y divide-line">
            {failing.map(({ name, reason }) => (
              <li key={name} className="flex min-h-11 items-center gap-3 px-4 py-2 hover:bg-hover/60">
                <StateIcon state="failing" />
                <Link data-row href={`/services/${name}`} className="rounded-mark font-medium hover:underline">
                  {name}
                </Link>
                <span className="min-w-0 truncate text-muted" title={reason}>
                  {reason}
                </span>
              </li>
            ))}
          </ul>
        </Card>
      )}
      {others.length > 0 && (
        <Card aria-labelledby="waiting-others">
          <CardHeader id="waiting-others" title="Waiting for an approver" count={others.length} />
          <WaitingReleases releases={others} />
        </Card>
      )}
      {recent.length > 0 && (
        <Card aria-labelledby="recent">
          <CardHeader id="recent" title="Recent changes" />
          <ul className="divide-y divide-line">
            {recent.map((execution) => (
              <li key={execution.id}>
                <ExecutionLine execution={execution} showService />
              </li>
            ))}
          </ul>
        </Card>
      )}
    </Page>
  );
}

import { getScorecard } from "@turnpike/domain/scorecards";
import { Badge, EmptyState } from "@turnpike/ui";
import type { Metadata } from "next/types";
import { Page } from "../../../../frame/page.tsx";
import { ProblemNotice } from "../../../../frame/problem.tsx";
import { Live } from "../../../../live/live.tsx";
import { pageActor } from "../../../../server/actor.ts";
import { container } from "../../../../server/deps.ts";
import { load } from "../../../../server/load.ts";
import { ScorecardView } from "../../../../standards/scorecard-view.tsx";

type Params = Promise<{ name: string }>;

export async function generateMetadata({ params }: { params: Params }): Promise<Metadata> {
  return { title: `Standards of ${(await params).name}` };
}

/** How an imported repository stands. */
export default async function ScorecardPage({ params }: { params: Params }) {
  const { name } = await params;
  const topics = ["scorecards"];
  const actor = await pageActor();
  const deps = await container();
  const revision = deps.live.revision(topics);
  const found = await load(() => getScorecard(deps, actor, name));
  if (!found.ok) return <ProblemNotice problem={found.problem} className="mx-auto max-w-2xl" />;
  const scorecard = found.value;
  return (
    <Page
      title={name}
      width="wide"
      lead={
        scorecard && (
          <span className="flex flex-wrap items-center gap-3">
            <Badge>Imported</Badge>
            <Badge>{scorecard.owner}</Badge>
            <a href={`${deps.githubUrl}/${scorecard.repository}`} className="prose-link" rel="noreferrer">
              {scorecard.repository}
            </a>
          </span>
        )
      }
    >
      <Live topics={topics} revision={revision} />
      {scorecard ? (
        <ScorecardView scorecard={scorecard} githubUrl={deps.githubUrl} />
      ) : (
        <EmptyState title="Not imported">
          No repository of this name is judged. One that was imported just now appears here as soon as its document is
          committed to the platform repository.
        </EmptyState>
      )}
    </Page>
  );
}

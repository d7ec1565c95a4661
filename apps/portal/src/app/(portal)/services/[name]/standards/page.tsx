import { getScorecard } from "@turnpike/domain/scorecards";
import { notFound } from "next/navigation";
import { ProblemNotice } from "../../../../../frame/problem.tsx";
import { pageActor } from "../../../../../server/actor.ts";
import { container } from "../../../../../server/deps.ts";
import { load } from "../../../../../server/load.ts";
import { ScorecardView } from "../../../../../standards/scorecard-view.tsx";

/** How the service stands to the platform's standards. The layout keeps it current. */
export default async function ServiceStandardsPage({ params }: { params: Promise<{ name: string }> }) {
  const { name } = await params;
  const actor = await pageActor();
  const deps = await container();
  const found = await load(() => getScorecard(deps, actor, name));
  if (!found.ok) return <ProblemNotice problem={found.problem} />;
  if (!found.value) notFound();
  return <ScorecardView scorecard={found.value} githubUrl={deps.githubUrl} />;
}

import { getRelease, type ReleaseDetail } from "@turnpike/domain/releases";
import { Badge, Copyable, Facts, Flash, Hash, Notice, RelativeTime, StateBadge } from "@turnpike/ui";
import Link from "next/link";
import { notFound } from "next/navigation";
import type { Metadata } from "next/types";
import { ProblemNotice } from "../../../../frame/problem.tsx";
import { Live } from "../../../../live/live.tsx";
import { releases } from "../../../../present/states.ts";
import { isDestructive, touchesPermissions, verdictOf } from "../../../../present/verdict.ts";
import { DecisionBar } from "../../../../release/decision-bar.tsx";
import { ResourceChanges } from "../../../../release/resource-changes.tsx";
import { Section } from "../../../../release/section.tsx";
import { StandardsResults, standardsLine, standardsReport } from "../../../../release/standards-results.tsx";
import { TestResults } from "../../../../release/test-results.tsx";
import { pageActor } from "../../../../server/actor.ts";
import { container } from "../../../../server/deps.ts";
import { load } from "../../../../server/load.ts";

export const metadata: Metadata = { title: "Release" };

const topics = ["approvals"];

/** One column, one minute: what would happen, on what evidence, and the decision. */
export default async function ReleasePage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const actor = await pageActor();
  const deps = await container();
  const revision = deps.live.revision(topics);
  const loaded = await load(() => getRelease(deps, actor, id));
  if (!loaded.ok) return <ProblemNotice problem={loaded.problem} className="mx-auto max-w-2xl" />;
  const release = loaded.value ?? notFound();
  const verdict = verdictOf(release.changes);
  const { state, label } = releases[release.status];
  return (
    <div className="mx-auto flex max-w-3xl flex-col gap-4">
      <Live topics={topics} revision={revision} />
      <header className="flex flex-col gap-2">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <h1 className="break-words font-semibold text-2xl tracking-tight">
            <Link href={`/services/${release.service}`} className="rounded-mark hover:underline">
              {release.service}
            </Link>{" "}
            to {release.environment}
          </h1>
          <Flash watch={release.status} className="rounded-full">
            <StateBadge state={state} label={label} />
          </Flash>
        </div>
        <p className="font-medium text-lg">{verdict}.</p>
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
          <span className="break-words">{release.title}</span>
          <Hash value={release.commit} label="commit" />
          <Badge>{release.owner}</Badge>
          <span>
            at the gate <RelativeTime at={release.waitingSince} />
          </span>
        </p>
      </header>
      <Outcome release={release} />
      <Commits release={release} />
      <Resources release={release} />
      <Standards release={release} />
      <Tests release={release} />
      <Artifact release={release} />
      {release.decisions.length > 0 && <Decisions release={release} />}
      {release.standing.kind !== "closed" && (
        <DecisionBar
          releaseId={release.id}
          what={`${release.service} ${release.commit.slice(0, 7)}`}
          verdict={verdict}
          environment={release.environment}
          fingerprint={release.fingerprint}
          standing={release.standing}
        />
      )}
    </div>
  );
}

/** What became of it, once something did. */
function Outcome({ release }: { release: ReleaseDetail }) {
  const { state, label } = releases[release.status];
  if (release.status === "waiting") return null;
  const pipeline = (
    <Link
      href={`/services/${release.service}/pipeline?execution=${encodeURIComponent(release.executionId)}`}
      className="prose-link"
    >
      Watch the pipeline
    </Link>
  );
  return (
    <Notice state={state} title={label}>
      <p className="flex flex-wrap gap-x-2">
        {release.outcome?.reason && <span>{release.outcome.reason}</span>}
        {release.outcome && <RelativeTime at={release.outcome.at} />}
        {pipeline}
      </p>
    </Notice>
  );
}

function Commits({ release }: { release: ReleaseDetail }) {
  const { commits, contributors, runningCommit, environment } = release;
  const decided = release.standing.kind === "closed";
  return (
    <Section title="Commits" line={commits.length} open={commits.length <= 10}>
      <ul className="divide-y divide-line">
        {commits.map((commit) => (
          <li key={commit.sha} className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
            <a href={commit.htmlUrl} className="min-w-0 flex-1 basis-48 break-words hover:underline" rel="noreferrer">
              {commit.title}
            </a>
            <span className="text-muted text-sm">{commit.authorName}</span>
            <Hash value={commit.sha} label="commit" />
            <span className="text-muted text-sm">
              <RelativeTime at={commit.committedAt} />
            </span>
          </li>
        ))}
      </ul>
      <div className="border-line border-t px-4 py-3 text-muted text-sm">
        <p>
          {decided ? "Ran" : "Runs"} in {environment} {decided ? "when it came to the gate" : "now"}:{" "}
          {runningCommit ? <Hash value={runningCommit} label="running commit" /> : "nothing"}
        </p>
        {contributors.length > 0 && (
          <p>
            Pushed, merged or asked for by {contributors.join(", ")}
            {decided ? "." : ", who can't approve it."}
          </p>
        )}
      </div>
    </Section>
  );
}

function Resources({ release: { changes, changeSet } }: { release: ReleaseDetail }) {
  const risky = changes.filter(isDestructive);
  const eyes = risky.length > 0 || changes.some(touchesPermissions);
  return (
    <Section
      title="Resources"
      line={risky.length > 0 ? `${changes.length}, ${risky.length} removed or replaced` : changes.length}
      state={risky.length > 0 ? "attention" : undefined}
      open={eyes || changes.length <= 5}
    >
      <ResourceChanges changes={changes} />
      <div className="border-line border-t px-4 py-3 text-sm">
        <Facts
          facts={[
            ["Stack", changeSet.stackName],
            ["Change set", <Copyable key="v" text={changeSet.arn} label="change set ARN" />],
          ]}
        />
      </div>
    </Section>
  );
}

function Standards({ release: { service, tests } }: { release: ReleaseDetail }) {
  const report = standardsReport(service, tests);
  // A candidate that was built before pipelines judged has none.
  if (!report) return null;
  const state = report.failed > 0 ? "failing" : report.skipped > 0 ? "attention" : "healthy";
  return (
    <Section title="Standards" line={standardsLine(report)} state={state} open={state !== "healthy"}>
      <StandardsResults report={report} />
    </Section>
  );
}

function Tests({ release }: { release: ReleaseDetail }) {
  const standards = standardsReport(release.service, release.tests);
  const tests = release.tests.filter((report) => report !== standards);
  const sum = (of: "passed" | "failed" | "skipped") => tests.reduce((total, report) => total + report[of], 0);
  const failed = sum("failed");
  const line = [
    `${sum("passed")} passed`,
    failed > 0 && `${failed} failed`,
    sum("skipped") > 0 && `${sum("skipped")} skipped`,
  ];
  return (
    <Section
      title="Tests"
      line={tests.length === 0 ? "no reports" : line.filter(Boolean).join(", ")}
      state={tests.length === 0 ? "unknown" : failed > 0 ? "failing" : "healthy"}
      open={failed > 0}
    >
      <TestResults reports={tests} />
    </Section>
  );
}

function Artifact({ release }: { release: ReleaseDetail }) {
  return (
    <Section title="Artifact" line={release.artifactDigest.replace("sha256:", "").slice(0, 12)} open={false}>
      <div className="p-4">
        <Facts
          facts={[
            ["Digest", <Copyable key="v" text={release.artifactDigest} label="artifact digest" />],
            ["Account", <Copyable key="v" text={release.accountId} label="account" />],
            ["Region", release.region],
            ["Execution", <Copyable key="v" text={release.executionId} label="execution id" />],
            ["Release", <Copyable key="v" text={release.id} label="release id" />],
            ["Fingerprint", <Copyable key="v" text={release.fingerprint} label="fingerprint" />],
          ]}
        />
        <p className="mt-3 text-muted text-sm">
          The bytes that ran in dev are the ones that {release.environment} gets. The fingerprint binds all of this
          page: if any of it changes, a decision for it is void.
        </p>
      </div>
    </Section>
  );
}

function Decisions({ release: { decisions } }: { release: ReleaseDetail }) {
  return (
    <Section title="Decisions" line={decisions.length} open>
      <ul className="divide-y divide-line">
        {decisions.map((decision) => (
          <li key={`${decision.by.email} ${decision.at.toISOString()}`} className="flex flex-col gap-1 px-4 py-3">
            <p className="flex flex-wrap items-center gap-x-3">
              <span className="font-medium">{decision.decision === "approve" ? "Approved" : "Rejected"}</span>
              <span>
                by {decision.by.name} ({decision.by.email})
              </span>
              <span className="text-muted text-sm">
                <RelativeTime at={decision.at} />
              </span>
            </p>
            {decision.comment && <p className="whitespace-pre-wrap break-words text-muted">{decision.comment}</p>}
          </li>
        ))}
      </ul>
    </Section>
  );
}

import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  BatchGetBuildsCommand,
  BatchGetReportsCommand,
  CodeBuildClient,
  DescribeTestCasesCommand,
  type TestCase,
} from "@aws-sdk/client-codebuild";
import { type LogChunk, PipelineUnavailableError, type TestReport } from "@turnpike/domain/pipelines";
import { type Accounts, errorName } from "./accounts.ts";

async function buildOf(accounts: Accounts, buildId: string) {
  try {
    const { builds } = await accounts.tooling(CodeBuildClient).send(new BatchGetBuildsCommand({ ids: [buildId] }));
    return builds?.[0];
  } catch (error) {
    throw new PipelineUnavailableError(buildId.split(":")[0] ?? buildId, { cause: error });
  }
}

/**
 * What a build wrote after `cursor`, in order. `ended` once the build is over and nothing is left.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 */
export async function readBuildLog(accounts: Accounts, buildId: string, cursor: string | undefined): Promise<LogChunk> {
  const build = await buildOf(accounts, buildId);
  const { groupName, streamName } = build?.logs ?? {};
  const complete = build?.buildComplete ?? !build;
  if (!groupName || !streamName) return { lines: [], cursor, ended: complete };
  try {
    const answer = await accounts.tooling(CloudWatchLogsClient).send(
      new GetLogEventsCommand({
        logGroupName: groupName,
        logStreamName: streamName,
        startFromHead: true,
        limit: 2000,
        ...(cursor ? { nextToken: cursor } : {}),
      }),
    );
    const lines = (answer.events ?? []).map((event) => ({
      at: new Date(event.timestamp ?? 0),
      text: event.message?.replace(/\n$/, "") ?? "",
    }));
    const next = answer.nextForwardToken ?? cursor;
    // The same token again means that nothing came after it.
    return { lines, cursor: next, ended: complete && lines.length === 0 && next === cursor };
  } catch (error) {
    // The stream appears with the build's first line.
    if (errorName(error) === "ResourceNotFoundException") return { lines: [], cursor, ended: complete };
    throw new PipelineUnavailableError(buildId.split(":")[0] ?? buildId, { cause: error });
  }
}

const statuses: Record<string, "passed" | "failed" | "skipped"> = {
  SUCCEEDED: "passed",
  FAILED: "failed",
  ERROR: "failed",
  SKIPPED: "skipped",
  UNKNOWN: "skipped",
};

function testCase(found: TestCase): TestReport["cases"][number] {
  return {
    name: found.name ?? "",
    suite: found.prefix,
    status: statuses[found.status ?? "UNKNOWN"] ?? "failed",
    durationMs: found.durationInNanoSeconds === undefined ? undefined : found.durationInNanoSeconds / 1e6,
    message: found.message || undefined,
  };
}

/** The test reports that a build uploaded, with their cases, failed ones first. Empty while there is none. */
export async function readTestReports(accounts: Accounts, buildId: string): Promise<TestReport[]> {
  const client = accounts.tooling(CodeBuildClient);
  const build = await buildOf(accounts, buildId);
  const reportArns = build?.reportArns ?? [];
  if (reportArns.length === 0) return [];
  try {
    const { reports } = await client.send(new BatchGetReportsCommand({ reportArns }));
    return await Promise.all(
      (reports ?? []).map(async (report): Promise<TestReport> => {
        const cases: TestReport["cases"][number][] = [];
        let nextToken: string | undefined;
        do {
          const page = await client.send(
            new DescribeTestCasesCommand({ reportArn: report.arn, ...(nextToken ? { nextToken } : {}) }),
          );
          cases.push(...(page.testCases ?? []).map(testCase));
          nextToken = page.nextToken;
        } while (nextToken);
        const count = (status: string) => cases.filter((found) => found.status === status).length;
        return {
          name: report.reportGroupArn?.split("/").pop() ?? report.name ?? "tests",
          passed: count("passed"),
          failed: count("failed"),
          skipped: count("skipped"),
          cases: cases.sort((a, b) => Number(b.status === "failed") - Number(a.status === "failed")),
        };
      }),
    );
  } catch (error) {
    throw new PipelineUnavailableError(buildId.split(":")[0] ?? buildId, { cause: error });
  }
}

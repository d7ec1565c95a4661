import { DescribeResourcePoliciesCommand } from "@aws-sdk/client-cloudwatch-logs";
import type * as sdk from "@aws-sdk/client-xray";
import type { IndexingRule } from "@aws-sdk/client-xray";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import type { Segment } from "./segments.ts";

interface Settings {
  readonly destination: "XRay" | "CloudWatchLogs";
  readonly changedAtMs: number;
  /** Per cent of traces that become summaries when spans go to the log group. */
  readonly indexed: number;
  readonly indexedChangedAtMs: number;
}

const INITIAL: Settings = { destination: "XRay", changedAtMs: 0, indexed: 1, indexedChangedAtMs: 0 };
/** In realistic mode a new destination is pending for so long. */
const PENDING_MS = 60_000;

const settings = (context: Context) => context.collection<Settings>("settings");
const read = (context: Context) => settings(context).get("transaction-search") ?? INITIAL;
const isActive = (context: Context, { changedAtMs }: Settings) =>
  !context.clock.isRealistic || context.clock.now().getTime() >= changedAtMs + PENDING_MS;

/**
 * Transaction Search: once an account's segments go to CloudWatch Logs, every span is a line of the group `aws/spans`,
 * and only the indexed share of traces is found by X-Ray's own operations.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Transaction-Search.html
 */
export const transactionSearchOperations: Operations<typeof sdk> = {
  GetTraceSegmentDestination(context) {
    const now = read(context);
    return { Destination: now.destination, Status: isActive(context, now) ? "ACTIVE" : "PENDING" };
  },

  /** CloudWatch Logs must let X-Ray write, by a resource policy. */
  async UpdateTraceSegmentDestination(context, { Destination, CloudWatchLogsConfiguration }) {
    if (CloudWatchLogsConfiguration) {
      const message = "sandbox: X-Ray trace destinations with a CloudWatchLogsConfiguration are not implemented";
      throw new AwsError("NotImplemented", message, { status: 501 });
    }
    if (Destination !== "XRay" && Destination !== "CloudWatchLogs") {
      throw invalid("Destination must be one of XRay, CloudWatchLogs.");
    }
    if (Destination === "CloudWatchLogs" && !(await mayWriteSpans(context))) {
      throw invalid(
        "XRay does not have permission to call PutLogEvents on the aws/spans Log Group. Create a CloudWatch Logs resource policy that allows xray.amazonaws.com to do so.",
      );
    }
    const changedAtMs = context.clock.now().getTime();
    const now = { ...read(context), destination: Destination, changedAtMs };
    settings(context).put("transaction-search", now);
    return { Destination, Status: isActive(context, now) ? "ACTIVE" : "PENDING" };
  },

  GetIndexingRules: (context) => ({ IndexingRules: [show(read(context))] }),

  UpdateIndexingRule(context, { Name, Rule }) {
    if (Name !== "Default") throw new AwsError("ResourceNotFoundException", `Indexing rule ${Name} not found.`);
    const percent = Rule?.Probabilistic?.DesiredSamplingPercentage;
    if (percent === undefined || percent < 0 || percent > 100) {
      throw invalid("DesiredSamplingPercentage must be from 0 to 100.");
    }
    const now = { ...read(context), indexed: percent, indexedChangedAtMs: context.clock.now().getTime() };
    settings(context).put("transaction-search", now);
    return { IndexingRule: show(now) };
  },
};

const show = ({ indexed, indexedChangedAtMs }: Settings): IndexingRule => ({
  Name: "Default",
  ModifiedAt: new Date(indexedChangedAtMs),
  Rule: { Probabilistic: { DesiredSamplingPercentage: indexed, ActualSamplingPercentage: indexed } },
});

async function mayWriteSpans(context: Context): Promise<boolean> {
  const { resourcePolicies = [] } = await context.send(new DescribeResourcePoliciesCommand({}));
  return resourcePolicies.some(({ policyDocument = "" }) => {
    const { Statement = [] } = JSON.parse(policyDocument) as { Statement?: unknown };
    return [Statement].flat().some((given) => {
      const { Effect, Principal, Action } = given as { Effect?: string; Principal?: unknown; Action?: unknown };
      const services = [(Principal as { Service?: unknown } | undefined)?.Service].flat();
      const actions = [Action].flat();
      return (
        Effect === "Allow" &&
        services.includes("xray.amazonaws.com") &&
        actions.some((action) => action === "logs:PutLogEvents" || action === "logs:*")
      );
    });
  });
}

/** Where segments go: all to the log group or none, and which of them X-Ray itself keeps. */
export function routeSegments(context: Context, segments: readonly Segment[]) {
  const now = read(context);
  if (now.destination === "XRay" || !isActive(context, now)) return { kept: segments, spans: [] };
  return { kept: segments.filter(({ trace_id }) => isIndexed(trace_id, now.indexed)), spans: segments };
}

/** All of a trace or nothing of it: its id decides. */
const isIndexed = (traceId: string, percent: number) =>
  Number.parseInt(traceId.slice(-8), 16) / 0x1_0000_0000 < percent / 100;

const invalid = (message: string) => new AwsError("InvalidRequestException", message);

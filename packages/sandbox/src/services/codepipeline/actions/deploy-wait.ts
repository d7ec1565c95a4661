import {
  DescribeChangeSetCommand,
  type DescribeChangeSetOutput,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type Stack,
} from "@aws-sdk/client-cloudformation";
import { AwsError } from "../../../core/errors.ts";
import type { ActionRun } from "./action.ts";

/** How often a change set that is being made is looked at. */
const CHANGE_SET_MS = 25;
/** A stack tells when it has settled; one that couldn't, because its service was restarted, is looked at again. */
const STACK_MS = 5000;

const scopeOf = ({ roleArn, record }: ActionRun) => ({ roleArn, region: record.region });

export async function findStack(run: ActionRun, StackName: string): Promise<Stack | undefined> {
  try {
    const { Stacks } = await run.context.send(new DescribeStacksCommand({ StackName }), scopeOf(run));
    return Stacks?.[0];
  } catch (error) {
    if (error instanceof AwsError && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
}

/** The change set, once CloudFormation has worked it out. */
export async function changeSetMade(run: ActionRun, ChangeSetName: string): Promise<DescribeChangeSetOutput> {
  for (;;) {
    const set = await run.context.send(new DescribeChangeSetCommand({ ChangeSetName }), scopeOf(run));
    if (set.Status !== "CREATE_PENDING" && set.Status !== "CREATE_IN_PROGRESS") return set;
    await run.context.clock.sleep(CHANGE_SET_MS, run.signal);
  }
}

/** The stack, once nothing goes on in it. Listens before it looks, so that an end between the two isn't missed. */
export async function stackSettled(run: ActionRun, nameOrId: string): Promise<Stack | undefined> {
  for (;;) {
    const listening = new AbortController();
    const told = new Promise<void>((resolve) => {
      const off = run.context.signals.on("cloudformation.settled", ({ stackName, stackId }) => {
        if (stackName === nameOrId || stackId === nameOrId) resolve();
      });
      listening.signal.addEventListener("abort", off, { once: true });
    });
    try {
      const stack = await findStack(run, nameOrId);
      const status = stack?.StackStatus ?? "";
      if (!status.endsWith("_IN_PROGRESS") || status === "REVIEW_IN_PROGRESS") return stack;
      const waiting = AbortSignal.any([run.signal, listening.signal]);
      await Promise.race([told, run.context.clock.sleep(STACK_MS, waiting)]);
    } finally {
      listening.abort(new Error("No longer waiting."));
    }
  }
}

/** Why a stack isn't where it should be: its state, and the first resource that failed since this action began. */
export async function stackFailure(run: ActionRun, stack: Stack | undefined): Promise<string> {
  if (!stack) return "The stack is gone.";
  const state = `Current stack status: ${stack.StackStatus}.`;
  const since = Date.parse(run.record.startedAt);
  try {
    const { StackEvents = [] } = await run.context.send(
      new DescribeStackEventsCommand({ StackName: stack.StackId ?? stack.StackName }),
      scopeOf(run),
    );
    const first = StackEvents.filter(
      ({ Timestamp, ResourceStatus, ResourceStatusReason }) =>
        (Timestamp?.getTime() ?? 0) >= since &&
        ResourceStatus?.endsWith("_FAILED") &&
        !/cancelled$/.test(ResourceStatusReason ?? ""),
    ).at(-1);
    if (!first) return `${state} Reason: ${stack.StackStatusReason ?? "unknown"}`;
    return `${state} Reason: ${first.LogicalResourceId} (${first.ResourceType}) ${first.ResourceStatus}: ${first.ResourceStatusReason}`;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return `${state} Reason: ${stack.StackStatusReason ?? "unknown"}`;
  }
}

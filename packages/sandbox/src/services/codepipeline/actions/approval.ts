import { ActionFailure, type ActionRun, type ActionSuccess } from "./action.ts";

const SEVEN_DAYS_MINUTES = 7 * 24 * 60;

/**
 * A manual approval waits: `PutApprovalResult` ends the action, not this. What ends here is its time.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals.html
 */
export async function approve({ context, action, record, signal }: ActionRun): Promise<ActionSuccess> {
  const minutes = action.timeoutInMinutes ?? SEVEN_DAYS_MINUTES;
  const untilMs = Date.parse(record.startedAt) + minutes * 60_000;
  await context.clock.sleep(untilMs - context.clock.now().getTime(), signal);
  throw new ActionFailure("JobFailed", `The approval was not given within ${minutes} minutes`);
}

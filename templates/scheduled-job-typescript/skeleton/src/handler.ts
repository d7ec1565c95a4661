import type { Context } from "aws-lambda";
import { job } from "./job.ts";
import { runOnce } from "./lease.ts";
import { logger } from "./logger.ts";
import { flushTraces, inSpan } from "./telemetry.ts";

/** What the schedule hands over. Without a time it is only asked whether it comes up. */
interface Due {
  readonly scheduledTime?: string;
}

interface Result {
  /** False when there was nothing to do: the time's run succeeded before. */
  readonly ran: boolean;
}

/** One run. What it throws is counted as an error, and tried again by Lambda. */
export async function handler({ scheduledTime: due }: Due, context: Context): Promise<Result> {
  logger.addContext(context);
  if (due === undefined) return { ran: false };
  const scheduledTime = new Date(due);
  if (Number.isNaN(scheduledTime.getTime())) throw new TypeError(`${due} is no time.`);
  const run = { scheduled_time: scheduledTime.toISOString() };
  const lease = {
    ...{ scheduledTime, holder: context.awsRequestId },
    untilMs: Date.now() + context.getRemainingTimeInMillis(),
  };
  try {
    const ran = await inSpan("run", { "faas.time": run.scheduled_time }, () =>
      runOnce(lease, () => job(scheduledTime)),
    );
    logger.info(ran ? "run succeeded" : "run was done before", run);
    return { ran };
  } catch (error) {
    logger.error("run failed", { ...run, error: error as Error });
    throw error;
  } finally {
    await flushTraces();
  }
}

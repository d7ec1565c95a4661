import { logger } from "./logger.ts";

/**
 * What is to be done at a time of the schedule. It is called once for a time that succeeded; one that throws is called again
 * for the same time, so that whatever it does must bear a repetition up to the point where it failed.
 *
 * @param scheduledTime when it was due, not when it began
 */
export async function job(scheduledTime: Date): Promise<void> {
  logger.info("nothing to do yet", { due: scheduledTime.toISOString() });
}

import * as sdk from "@aws-sdk/client-scheduler";
import { defineService } from "../../core/service.ts";
import { startFiring } from "./fire.ts";
import { groupOperations } from "./group-operations.ts";
import { scheduleOperations } from "./schedule-operations.ts";

/**
 * Amazon EventBridge Scheduler: schedules by rate, cron and at, in any time zone, with start, end and flexible windows, in
 * groups; on the sandbox's clock, so that advancing it fires what is due, and armed again after a restart. Targets are
 * queues, functions, topics, state machines, buses, pipelines, builds and the operations of a dozen services, called as the
 * schedule's role, with retries kept on disk and dead-letter queues; schedules may delete themselves at their end.
 *
 * Gaps, answered with 501: ECS, Kinesis and SageMaker targets, customers' keys, universal targets of other services. Of
 * occurrences that passed while the sandbox was off one is made up for; of those that a leap of the clock passes, the
 * first hundred happen. A flexible window is used by whole minutes.
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/
 */
export const scheduler = defineService({
  sdk,
  client: "SchedulerClient",
  operations: { ...scheduleOperations, ...groupOperations },
  start(runtime) {
    const { outbox, loop } = startFiring(runtime);
    return {
      async stop() {
        outbox.stop();
        await loop.stop();
      },
    };
  },
});

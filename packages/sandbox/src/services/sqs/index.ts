import * as sdk from "@aws-sdk/client-sqs";
import { defineService } from "../../core/service.ts";
import { messageOperations } from "./message-operations.ts";
import { engineOf } from "./messages.ts";
import { moveOperations, resumeMoves } from "./move-tasks.ts";
import { queueOperations } from "./queue-operations.ts";
import type { QueueRecord } from "./queues.ts";

/**
 * Amazon SQS: standard and FIFO queues (groups in order, deduplication within five minutes, sequence numbers) with
 * visibility timeouts by the sandbox's clock, delays, long polling that wakes at once, dead-letter queues and the tasks
 * that move messages back, message attributes with their digests, retention, purging, permissions, queue policies for
 * other accounts and services. Clients may speak JSON 1.0 or query.
 *
 * Gaps: messages of a standard queue come in the order they were sent and once per visibility timeout, where AWS promises
 * neither; a queue's deletion works at once, and its name is free at once; messages aren't really encrypted under a
 * queue's key; ReceiveRequestAttemptId answers 501; throughput has no quota.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
 */
export const sqs = defineService({
  sdk,
  client: "SQSClient",
  operations: { ...queueOperations, ...messageOperations, ...moveOperations },
  policyOf(runtime, arn) {
    const [, , , region = "", account = "", name = ""] = arn.split(":");
    return runtime.storeOf(account, region).collection<QueueRecord>("queues").get(name)?.attributes.Policy;
  },
  start(runtime) {
    const engine = engineOf(runtime);
    resumeMoves(runtime);
    return { stop: async () => engine.stop() };
  },
});

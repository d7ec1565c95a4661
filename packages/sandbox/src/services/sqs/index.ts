import * as sdk from "@aws-sdk/client-sqs";
import { defineService } from "../../core/service.ts";
import { messageOperations } from "./message-operations.ts";
import { engineOf } from "./messages.ts";
import { queueOperations } from "./queue-operations.ts";

/**
 * Amazon SQS: standard queues with visibility timeouts by the sandbox's clock, delays, long polling that wakes at once,
 * dead-letter queues, message attributes with their digests, retention, queue policies for other accounts and services.
 * Clients may speak JSON 1.0 or query.
 *
 * Gaps: no FIFO queues (501); messages come in the order they were sent and once per visibility timeout, where AWS
 * promises neither; a queue's deletion and purge work at once; no message move tasks.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
 */
export const sqs = defineService({
  sdk,
  client: "SQSClient",
  operations: { ...queueOperations, ...messageOperations },
  start(runtime) {
    const engine = engineOf(runtime);
    return { stop: async () => engine.stop() };
  },
});

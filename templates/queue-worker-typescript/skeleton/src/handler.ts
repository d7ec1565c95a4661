import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { setAside } from "./dead-letters.ts";
import { logger } from "./logger.ts";
import { PoisonError, parseMessage } from "./message.ts";
import { once } from "./once.ts";
import { flushTraces, inSpan } from "./telemetry.ts";
import { placeOrder } from "./work.ts";

const processor = new BatchProcessor(EventType.SQS);

/**
 * Works on a batch, message by message, and says which of them failed: only those come again. A message that is none goes to
 * the dead letters at once.
 */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  logger.addContext(context);
  try {
    return await processPartialResponse(event, (record: SQSRecord) => handle(record, context), processor, {
      context,
      throwOnFullBatchFailure: false,
    });
  } finally {
    await flushTraces();
  }
}

async function handle(record: SQSRecord, context: Context): Promise<void> {
  const attributes = {
    "messaging.system": "aws_sqs",
    "messaging.message.id": record.messageId,
    "faas.invocation_id": context.awsRequestId,
  };
  await inSpan("process message", attributes, async () => {
    try {
      const order = parseMessage(record.body);
      await once(order.id, context, () => placeOrder(order));
    } catch (error) {
      const about = { message_id: record.messageId, receives: Number(record.attributes.ApproximateReceiveCount) };
      if (error instanceof PoisonError) {
        logger.error("message set aside", { ...about, reason: error.message });
        await setAside(record, error.message);
        return;
      }
      logger.warn("message failed", { ...about, error: error as Error });
      throw error;
    }
  });
}

import type * as sdk from "@aws-sdk/client-sqs";
import type { BatchResultErrorEntry } from "@aws-sdk/client-sqs";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { engine, type StoredMessage } from "./messages.ts";
import { isFifo, openQueue, type QueueRecord } from "./queues.ts";
import { receive } from "./receive.ts";
import { sizeOf, store } from "./send.ts";

const LONGEST_VISIBILITY_S = 43_200;
const MOST_IN_BATCH = 10;
const LARGEST_BATCH_BYTES = 1_048_576;
const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

/** The message of a receipt handle, if that handle is still the latest; raises `ReceiptHandleIsInvalid`. */
function received(context: Context, queue: QueueRecord, handle = ""): StoredMessage | undefined {
  const [id = "", receipt] = Buffer.from(handle, "base64url").toString().split(":");
  if (!/^\d+$/.test(id) || !receipt) {
    throw new AwsError("ReceiptHandleIsInvalid", `The input receipt handle "${handle}" is not a valid receipt handle.`);
  }
  const message = engine(context).messages.byId(Number(id));
  return message?.queue === queue.arn && message.receipt === receipt ? message : undefined;
}

function remove(context: Context, queue: QueueRecord, handle: string | undefined): void {
  // A handle that a later receipt replaced deletes nothing, and the caller isn't told: as SQS does.
  const message = received(context, queue, handle);
  if (message && isFifo(queue) && message.visibleAtMs <= context.clock.now().getTime()) {
    const reason = "Reason: The receipt handle has expired.";
    throw new AwsError("InvalidParameterValue", `Value ${handle} for parameter ReceiptHandle is invalid. ${reason}`);
  }
  if (message) engine(context).messages.delete(message.id);
}

function changeVisibility(context: Context, queue: QueueRecord, handle: string | undefined, seconds = 0): void {
  checkSeconds("VisibilityTimeout", seconds, LONGEST_VISIBILITY_S);
  const message = received(context, queue, handle);
  const nowMs = context.clock.now().getTime();
  if (!message) {
    const reason = "Reason: Message does not exist or is not available for visibility timeout change.";
    throw new AwsError("InvalidParameterValue", `Value ${handle} for parameter ReceiptHandle is invalid. ${reason}`);
  }
  engine(context).messages.setVisibleAt(message.id, nowMs + seconds * 1000);
  if (seconds === 0) engine(context).wake(queue.arn);
}

/** Runs each entry of a batch by itself: one that fails is reported, the others happen. */
function batch<E extends { Id?: string | undefined }, R>(entries: readonly E[], run: (entry: E) => R) {
  if (entries.length === 0) throw new AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.");
  if (entries.length > MOST_IN_BATCH) {
    const message = `Maximum number of entries per request are ${MOST_IN_BATCH}. You have sent ${entries.length}.`;
    throw new AwsError("TooManyEntriesInBatchRequest", message);
  }
  if (!entries.every(({ Id = "" }) => ENTRY_ID.test(Id))) {
    const message =
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
    throw new AwsError("InvalidBatchEntryId", message);
  }
  if (new Set(entries.map((entry) => entry.Id)).size < entries.length) {
    throw new AwsError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.");
  }
  const Successful: (R & { Id: string })[] = [];
  const Failed: BatchResultErrorEntry[] = [];
  for (const entry of entries) {
    const Id = entry.Id ?? "";
    try {
      Successful.push({ ...run(entry), Id });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      // In a batch SQS says the same of parameters in other words.
      const Message = error.message.replace("parameters are invalid.", "parameters cannot be validated.");
      Failed.push({ Id, Code: error.code, Message, SenderFault: true });
    }
  }
  // What is empty isn't in the answer.
  return {
    Successful: Successful.length > 0 ? Successful : undefined,
    Failed: Failed.length > 0 ? Failed : undefined,
  };
}

function checkSeconds(name: string, seconds: number, longest: number): void {
  if (seconds >= 0 && seconds <= longest) return;
  const message = `Value ${seconds} for parameter ${name} is invalid. Reason: Must be between 0 and ${longest}.`;
  throw new AwsError("InvalidParameterValue", message);
}

export const messageOperations: Operations<typeof sdk> = {
  SendMessage(context, input) {
    const queue = openQueue(context, input.QueueUrl, "sqs:SendMessage");
    const sent = store(context, queue, input);
    engine(context).wake(queue.arn);
    return sent;
  },

  SendMessageBatch(context, { QueueUrl, Entries = [] }) {
    const queue = openQueue(context, QueueUrl, "sqs:SendMessage");
    const bytes = Entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
    if (bytes > LARGEST_BATCH_BYTES) {
      const message = `Batch requests cannot be longer than ${LARGEST_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`;
      throw new AwsError("BatchRequestTooLong", message);
    }
    const results = context.store.transaction(() => batch(Entries, (entry) => store(context, queue, entry)));
    engine(context).wake(queue.arn);
    return results;
  },

  ReceiveMessage: receive,

  DeleteMessage(context, { QueueUrl, ReceiptHandle }) {
    remove(context, openQueue(context, QueueUrl, "sqs:DeleteMessage"), ReceiptHandle);
    return {};
  },

  DeleteMessageBatch(context, { QueueUrl, Entries = [] }) {
    const queue = openQueue(context, QueueUrl, "sqs:DeleteMessage");
    return batch(Entries, ({ ReceiptHandle }) => remove(context, queue, ReceiptHandle) ?? {});
  },

  ChangeMessageVisibility(context, { QueueUrl, ReceiptHandle, VisibilityTimeout }) {
    const queue = openQueue(context, QueueUrl, "sqs:ChangeMessageVisibility");
    changeVisibility(context, queue, ReceiptHandle, VisibilityTimeout);
    return {};
  },

  ChangeMessageVisibilityBatch(context, { QueueUrl, Entries = [] }) {
    const queue = openQueue(context, QueueUrl, "sqs:ChangeMessageVisibility");
    return batch(
      Entries,
      ({ ReceiptHandle, VisibilityTimeout }) =>
        changeVisibility(context, queue, ReceiptHandle, VisibilityTimeout) ?? {},
    );
  },
};

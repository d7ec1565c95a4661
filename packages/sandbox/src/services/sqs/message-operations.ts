import type * as sdk from "@aws-sdk/client-sqs";
import type { BatchResultErrorEntry, MessageAttributeValue } from "@aws-sdk/client-sqs";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { md5, md5OfAttributes } from "./digest.ts";
import { engine, type StoredMessage } from "./messages.ts";
import { numberAttribute, openQueue, type QueueRecord } from "./queues.ts";
import { receive } from "./receive.ts";

const LONGEST_DELAY_S = 900;
const LONGEST_VISIBILITY_S = 43_200;
const MOST_IN_BATCH = 10;

/** What XML 1.0 can't carry, SQS doesn't take. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

interface NewMessage {
  readonly MessageBody?: string | undefined;
  readonly DelaySeconds?: number | undefined;
  readonly MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
  readonly MessageSystemAttributes?: Record<string, { StringValue?: string | undefined }> | undefined;
}

function store(context: Context, queue: QueueRecord, message: NewMessage) {
  const { MessageBody: body = "", MessageAttributes: attributes, MessageSystemAttributes: system = {} } = message;
  if (body === "" || FORBIDDEN.test(body)) {
    throw new AwsError("InvalidMessageContents", "The message contains characters outside the allowed set.");
  }
  const limit = numberAttribute(queue, "MaximumMessageSize");
  if (Buffer.byteLength(body) > limit) {
    const reason = `Message must be shorter than ${limit} bytes.`;
    throw new AwsError("InvalidParameterValue", `One or more parameters are invalid. Reason: ${reason}`);
  }
  const delaySeconds = message.DelaySeconds ?? numberAttribute(queue, "DelaySeconds");
  checkSeconds("DelaySeconds", delaySeconds, LONGEST_DELAY_S);
  const nowMs = context.clock.now().getTime();
  const messageId = context.random.uuid();
  const systemAttributes = Object.entries(system).map(([name, value]) => [name, value.StringValue ?? ""]);
  engine(context).messages.add({
    queue: queue.arn,
    messageId,
    body,
    attributes: JSON.stringify(attributes ?? {}, (_, value) =>
      value instanceof Uint8Array ? { base64: Buffer.from(value).toString("base64") } : value,
    ),
    systemAttributes: JSON.stringify({ ...Object.fromEntries(systemAttributes), SenderId: context.caller.arn }),
    sentAtMs: nowMs,
    visibleAtMs: nowMs + delaySeconds * 1000,
  });
  return { MessageId: messageId, MD5OfMessageBody: md5(body), MD5OfMessageAttributes: md5OfAttributes(attributes) };
}

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
  if (message) engine(context).messages.delete(message.id);
}

function changeVisibility(context: Context, queue: QueueRecord, handle: string | undefined, seconds = 0): void {
  checkSeconds("VisibilityTimeout", seconds, LONGEST_VISIBILITY_S);
  const message = received(context, queue, handle);
  const nowMs = context.clock.now().getTime();
  if (!message || message.visibleAtMs <= nowMs) {
    throw new AwsError("MessageNotInflight", "The specified message isn't in flight.");
  }
  engine(context).messages.setVisibleAt(message.id, nowMs + seconds * 1000);
  if (seconds === 0) engine(context).wake(queue.arn);
}

/** Runs each entry of a batch by itself: one that fails is reported, the others happen. */
function batch<E extends { Id?: string | undefined }, R>(entries: readonly E[], run: (entry: E) => R) {
  if (entries.length === 0) throw new AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.");
  if (entries.length > MOST_IN_BATCH) {
    throw new AwsError("TooManyEntriesInBatchRequest", `Maximum number of entries per request are ${MOST_IN_BATCH}.`);
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
      Failed.push({ Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
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

import { createHash } from "node:crypto";
import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { md5, md5OfAttributes } from "./digest.ts";
import { engine } from "./messages.ts";
import { fifoAttribute, isFifo, numberAttribute, type QueueRecord } from "./queues.ts";

const LONGEST_DELAY_S = 900;
const DEDUPLICATION_MS = 300_000;
const ID = /^[A-Za-z0-9!-/:-@[-`{-~]{1,128}$/;

/** What XML 1.0 can't carry, SQS doesn't take. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

export interface NewMessage {
  readonly MessageBody?: string | undefined;
  readonly DelaySeconds?: number | undefined;
  readonly MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
  readonly MessageSystemAttributes?: Record<string, { StringValue?: string | undefined }> | undefined;
  readonly MessageGroupId?: string | undefined;
  readonly MessageDeduplicationId?: string | undefined;
}

const invalid = (message: string) => new AwsError("InvalidParameterValue", message);

/** Bytes of the body and of the attributes' names, types and values. */
export function sizeOf({ MessageBody = "", MessageAttributes = {} }: NewMessage): number {
  let bytes = Buffer.byteLength(MessageBody);
  for (const [name, { DataType = "", StringValue = "", BinaryValue }] of Object.entries(MessageAttributes)) {
    bytes += Buffer.byteLength(name + DataType + StringValue) + (BinaryValue?.length ?? 0);
  }
  return bytes;
}

/** Puts a message into its queue; one that a FIFO queue has had already is answered as it was, and not put again. */
export function store(context: Context, queue: QueueRecord, message: NewMessage) {
  const { MessageBody: body = "", MessageAttributes: attributes, MessageSystemAttributes: system = {} } = message;
  check(queue, message);
  const { messages } = engine(context);
  const nowMs = context.clock.now().getTime();
  const order = isFifo(queue) ? ordered(queue, message) : undefined;
  const answer = { MD5OfMessageBody: md5(body), MD5OfMessageAttributes: md5OfAttributes(attributes) };
  const before = order && messages.sentBefore(queue.arn, order.scope, order.deduplicationId, nowMs);
  if (before) return { ...answer, MessageId: before.messageId, SequenceNumber: before.sequence };

  const messageId = context.random.uuid();
  const texts = Object.entries(system).map(([name, value]) => [name, value.StringValue ?? ""]);
  // A caller that goes on with a trace hands it on in a header.
  const trace = context.traceHeader === undefined ? {} : { AWSTraceHeader: context.traceHeader };
  const delaySeconds = (isFifo(queue) ? undefined : message.DelaySeconds) ?? numberAttribute(queue, "DelaySeconds");
  return context.store.transaction(() => {
    const sequence = order ? nextSequence(context) : undefined;
    messages.add({
      queue: queue.arn,
      messageId,
      body,
      attributes: JSON.stringify(attributes ?? {}, (_, value) =>
        value instanceof Uint8Array ? { base64: Buffer.from(value).toString("base64") } : value,
      ),
      systemAttributes: JSON.stringify({ ...trace, ...Object.fromEntries(texts), SenderId: context.caller.arn }),
      sentAtMs: nowMs,
      visibleAtMs: nowMs + delaySeconds * 1000,
      groupId: message.MessageGroupId ?? null,
      deduplicationId: order?.deduplicationId ?? null,
      sequence: sequence ?? null,
    });
    if (order && sequence !== undefined) {
      const sent = { messageId, sequence };
      messages.remember(queue.arn, order.scope, order.deduplicationId, sent, nowMs + DEDUPLICATION_MS);
    }
    return { ...answer, MessageId: messageId, SequenceNumber: sequence };
  });
}

function check(queue: QueueRecord, message: NewMessage): void {
  const { MessageBody: body = "", MessageAttributes = {}, DelaySeconds: delay } = message;
  if (body === "") throw new AwsError("MissingParameter", "The request must contain the parameter MessageBody.");
  if (FORBIDDEN.test(body)) {
    throw new AwsError("InvalidMessageContents", "The message contains characters outside the allowed set.");
  }
  for (const [name, { DataType = "", StringValue, BinaryValue }] of Object.entries(MessageAttributes)) {
    if (!/^(String|Number|Binary)(\..+)?$/.test(DataType)) {
      throw invalid(
        `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
      );
    }
    const value = DataType.startsWith("Binary") ? BinaryValue : StringValue;
    if (value?.length) continue;
    throw invalid(`Message (user) attribute '${name}' must contain a non-empty value of type '${DataType}'.`);
  }
  const limit = numberAttribute(queue, "MaximumMessageSize");
  if (sizeOf(message) > limit) {
    throw invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`);
  }
  if (delay !== undefined && (delay < 0 || delay > LONGEST_DELAY_S)) {
    const reason = `Must be between 0 and ${LONGEST_DELAY_S}, if provided.`;
    throw invalid(`Value ${delay} for parameter DelaySeconds is invalid. Reason: ${reason}`);
  }
  for (const name of ["MessageGroupId", "MessageDeduplicationId"] as const) {
    const id = message[name];
    if (id === undefined || ID.test(id)) continue;
    const reason = `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`;
    throw invalid(`Value ${id} for parameter ${name} is invalid. Reason: ${reason}`);
  }
  const misplaced = isFifo(queue)
    ? ([["DelaySeconds", delay || undefined]] as const)
    : ([["MessageDeduplicationId", message.MessageDeduplicationId]] as const);
  for (const [name, value] of misplaced) {
    if (value === undefined) continue;
    const reason = "The request include parameter that is not valid for this queue type.";
    throw invalid(`Value ${value} for parameter ${name} is invalid. Reason: ${reason}`);
  }
}

/** What decides whether a FIFO queue has had a message already. */
function ordered(queue: QueueRecord, message: NewMessage): { deduplicationId: string; scope: string } {
  const { MessageGroupId: group, MessageDeduplicationId: given, MessageBody: body = "" } = message;
  if (group === undefined) {
    throw new AwsError("MissingParameter", "The request must contain the parameter MessageGroupId.");
  }
  const byContent = fifoAttribute(queue, "ContentBasedDeduplication") === "true";
  if (given === undefined && !byContent) {
    throw invalid(
      "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    );
  }
  const deduplicationId = given ?? createHash("sha256").update(body).digest("hex");
  return { deduplicationId, scope: fifoAttribute(queue, "DeduplicationScope") === "messageGroup" ? group : "" };
}

const SEQUENCE_START = 18_000_000_000_000_000_000n;

/** Twenty digits that only grow. */
function nextSequence(context: Context): string {
  const counters = context.globalStore.collection<{ last: number }>("sequence");
  const last = (counters.get("fifo")?.last ?? 0) + 1;
  counters.put("fifo", { last });
  return String(SEQUENCE_START + BigInt(last) * 256n);
}

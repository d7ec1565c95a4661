import type { Message, MessageAttributeValue, ReceiveMessageRequest, ReceiveMessageResult } from "@aws-sdk/client-sqs";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { md5, md5OfAttributes } from "./digest.ts";
import { engine, type StoredMessage } from "./messages.ts";
import { isFifo, numberAttribute, openQueue, type QueueRecord, redrivePolicy } from "./queues.ts";

const MOST_MESSAGES = 10;
const LONGEST_WAIT_S = 20;

/** Receives what is visible; where nothing is, waits (`WaitTimeSeconds` of sandbox time) and returns the moment something comes. */
export async function receive(context: Context, input: ReceiveMessageRequest): Promise<ReceiveMessageResult> {
  const queue = openQueue(context, input.QueueUrl, "sqs:ReceiveMessage");
  const size = inRange("MaxNumberOfMessages", input.MaxNumberOfMessages ?? 1, 1, MOST_MESSAGES);
  const standardWait = numberAttribute(queue, "ReceiveMessageWaitTimeSeconds");
  const waitSeconds = input.WaitTimeSeconds ?? standardWait;
  if (waitSeconds < 0 || waitSeconds > LONGEST_WAIT_S) {
    const reason = `Must be >= 0 and <= ${LONGEST_WAIT_S}, if provided.`;
    const message = `Value ${waitSeconds} for parameter WaitTimeSeconds is invalid. Reason: ${reason}`;
    throw new AwsError("InvalidParameterValue", message);
  }
  if (input.ReceiveRequestAttemptId !== undefined) {
    throw new AwsError("NotImplemented", "sandbox: SQS ReceiveRequestAttemptId is not implemented", { status: 501 });
  }
  const untilMs = context.clock.now().getTime() + waitSeconds * 1000;
  const { messages, wait } = engine(context);
  for (;;) {
    if (context.signal.aborted) return {};
    // Looked up each time: a queue may be changed, or deleted, while somebody waits at it.
    const current = openQueue(context, input.QueueUrl, "sqs:ReceiveMessage");
    const taken = take(context, current, input, size);
    const nowMs = context.clock.now().getTime();
    if (taken.length > 0) return { Messages: taken.map((message) => show(message, input)) };
    if (nowMs >= untilMs || engine(context).stopping) return {};
    const nextMs = messages.nextVisibleAtMs(queue.arn, nowMs) ?? untilMs;
    await wait(queue.arn, Math.min(untilMs, nextMs) - nowMs, context.signal);
  }
}

/** Takes up to `size` messages; those received too often go to the dead-letter queue instead. All in one transaction. */
function take(context: Context, queue: QueueRecord, input: ReceiveMessageRequest, size: number): StoredMessage[] {
  const { messages, wake } = engine(context);
  const nowMs = context.clock.now().getTime();
  const visibility = input.VisibilityTimeout ?? numberAttribute(queue, "VisibilityTimeout");
  const redrive = redrivePolicy(queue);
  const taken: StoredMessage[] = [];
  let buried = false;
  let hasMoved = false;
  context.store.transaction(() => {
    messages.purge(queue.arn, nowMs - numberAttribute(queue, "MessageRetentionPeriod") * 1000);
    messages.forgetDuplicates(queue.arn, nowMs);
    // Of a FIFO queue all at once: what this very call takes doesn't hold up what stands behind it.
    let line = isFifo(queue) ? messages.inOrder(queue.arn, nowMs, size) : undefined;
    while (taken.length < size) {
      const [candidate] = line ?? messages.visible(queue.arn, nowMs, 1);
      line = line?.slice(1);
      if (!candidate) {
        if (!line || !hasMoved) return;
        // What stood behind those that went to the dead-letter queue.
        line = messages.inOrder(queue.arn, nowMs, size - taken.length);
        hasMoved = false;
        continue;
      }
      if (redrive && candidate.receiveCount >= redrive.maxReceiveCount) {
        messages.moveTo(candidate.id, redrive.deadLetterTargetArn, queue.arn, nowMs);
        buried = true;
        hasMoved = true;
        continue;
      }
      // Visible again at once (a timeout of 0), it must still not be taken twice by one call.
      const visibleAtMs = Math.max(nowMs + visibility * 1000, nowMs + 1);
      messages.receive(candidate.id, context.random.hex(32), nowMs, visibleAtMs);
      const message = messages.byId(candidate.id);
      if (message) taken.push(message);
    }
  });
  if (buried && redrive) wake(redrive.deadLetterTargetArn);
  return taken;
}

function show(message: StoredMessage, input: ReceiveMessageRequest): Message {
  const attributes = wantedAttributes(message, input.MessageAttributeNames ?? []);
  const wanted = new Set<string>([...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])]);
  const system: Record<string, string> = {
    ...(JSON.parse(message.systemAttributes) as Record<string, string>),
    SentTimestamp: String(message.sentAtMs),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs),
    ...(message.deadLetterSource ? { DeadLetterQueueSourceArn: message.deadLetterSource } : {}),
    ...(message.groupId === null ? {} : { MessageGroupId: message.groupId }),
    ...(message.deduplicationId === null ? {} : { MessageDeduplicationId: message.deduplicationId }),
    ...(message.sequence === null ? {} : { SequenceNumber: message.sequence }),
  };
  const shown = Object.entries(system).filter(([name]) => wanted.has("All") || wanted.has(name));
  return {
    MessageId: message.messageId,
    ReceiptHandle: Buffer.from(`${message.id}:${message.receipt}`).toString("base64url"),
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(shown.length > 0 ? { Attributes: Object.fromEntries(shown) } : {}),
    ...(Object.keys(attributes).length > 0
      ? { MessageAttributes: attributes, MD5OfMessageAttributes: md5OfAttributes(attributes) }
      : {}),
  };
}

/** `All`, `.*`, a name, or a prefix that ends in `.*`. */
function wantedAttributes(message: StoredMessage, names: readonly string[]): Record<string, MessageAttributeValue> {
  const all = JSON.parse(message.attributes, (_, value: unknown) => {
    const { base64 } = (value ?? {}) as { base64?: string };
    return base64 === undefined ? value : new Uint8Array(Buffer.from(base64, "base64"));
  }) as Record<string, MessageAttributeValue>;
  const isWanted = (attribute: string) =>
    names.some(
      (name) =>
        ["All", "*", attribute].includes(name) || (name.endsWith(".*") && attribute.startsWith(name.slice(0, -2))),
    );
  return Object.fromEntries(Object.entries(all).filter(([name]) => isWanted(name)));
}

function inRange(name: string, value: number, from: number, to: number): number {
  if (value >= from && value <= to) return value;
  const message = `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${from} and ${to}, if provided.`;
  throw new AwsError("InvalidParameterValue", message);
}

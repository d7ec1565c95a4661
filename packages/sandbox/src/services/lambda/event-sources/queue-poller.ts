import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import type { ServiceRuntime } from "../../../core/context.ts";
import type { JsonObject } from "../../../core/pattern.ts";
import { type CallResult, callFunction, type Place, reportedFailures, roleOf } from "./call.ts";
import { readFilters } from "./filter.ts";
import type { MappingRecord } from "./records.ts";

const LONGEST_POLL_S = 20;
const MOST_AT_ONCE = 10;
/** Batches that run side by side, where the mapping sets no limit. */
const DEFAULT_CONCURRENCY = 10;
/** A queue or function that answers with an error is asked again after this long. */
const PAUSE_MS = 5000;

/**
 * Takes messages from a queue for a function, as the function's role: long polls, which cost nothing while the queue is
 * empty; gathers a batch within the window; deletes what was done. What failed stays in the queue and comes back when
 * its visibility timeout is over, so nothing is lost in a crash either.
 */
export async function pollQueue(
  runtime: ServiceRuntime,
  place: Place,
  mapping: MappingRecord,
  signal: AbortSignal,
): Promise<void> {
  const queue = queueOf(runtime, place, mapping);
  const passes = readFilters(mapping.filters, ["body"]);
  const limit = mapping.scaling?.MaximumConcurrency ?? DEFAULT_CONCURRENCY;
  const running = new Set<Promise<void>>();
  while (!signal.aborted) {
    try {
      if (running.size >= limit) {
        await Promise.race(running);
        continue;
      }
      const messages = await gather(runtime, queue, mapping, signal);
      if (signal.aborted) {
        // Taken for nobody: back at once, instead of after the visibility timeout.
        await queue.giveBack(messages);
        return;
      }
      if (messages.length === 0) continue;
      const work = handle(runtime, place, mapping, queue, messages, passes)
        .catch((error: unknown) => runtime.log("event-source.failed", { mapping: mapping.uuid, error: String(error) }))
        .finally(() => running.delete(work));
      running.add(work);
    } catch (error) {
      if (signal.aborted) return;
      runtime.log("event-source.failed", { mapping: mapping.uuid, error: String(error) });
      await runtime.clock.sleep(PAUSE_MS, signal).catch(() => undefined);
    }
  }
}

type Queue = ReturnType<typeof queueOf>;

function queueOf(runtime: ServiceRuntime, place: Place, mapping: MappingRecord) {
  const [, , , region = "", account = "", name = ""] = mapping.sourceArn.split(":");
  const QueueUrl = `${runtime.surroundings.awsUrl}/${account}/${name}`;
  const context = runtime.contextFor(place.account, place.region);
  const scope = () => {
    const roleArn = roleOf(runtime, place, mapping);
    return roleArn === undefined ? { region } : { roleArn, region };
  };
  const entries = (messages: readonly Message[]) =>
    messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
  /** Batch calls take ten at most. */
  const inTens = async (messages: readonly Message[], send: (some: readonly Message[]) => Promise<unknown>) => {
    for (let at = 0; at < messages.length; at += MOST_AT_ONCE) await send(messages.slice(at, at + MOST_AT_ONCE));
  };
  return {
    async receive(count: number, seconds: number): Promise<Message[]> {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: Math.min(count, MOST_AT_ONCE),
        WaitTimeSeconds: seconds,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["All"],
      });
      return (await context.send(command, scope())).Messages ?? [];
    },
    delete: (messages: readonly Message[]) =>
      inTens(messages, (some) =>
        context.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: entries(some) }), scope()),
      ),
    giveBack: (messages: readonly Message[]) =>
      inTens(messages, (some) => {
        const Entries = entries(some).map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
        return context.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }), scope());
      }),
  };
}

/** A batch: full, or what came within the window after its first message. */
async function gather(
  runtime: ServiceRuntime,
  queue: Queue,
  mapping: MappingRecord,
  signal: AbortSignal,
): Promise<Message[]> {
  const messages = await queue.receive(mapping.batchSize, LONGEST_POLL_S);
  if (messages.length === 0) return messages;
  const untilMs = runtime.clock.now().getTime() + mapping.windowS * 1000;
  while (messages.length < mapping.batchSize && !signal.aborted) {
    const leftS = Math.ceil((untilMs - runtime.clock.now().getTime()) / 1000);
    if (leftS <= 0) break;
    messages.push(...(await queue.receive(mapping.batchSize - messages.length, Math.min(leftS, LONGEST_POLL_S))));
  }
  return messages;
}

async function handle(
  runtime: ServiceRuntime,
  place: Place,
  mapping: MappingRecord,
  queue: Queue,
  messages: readonly Message[],
  passes: ((record: JsonObject) => boolean) | undefined,
): Promise<void> {
  const records = messages.map((message) => ({ message, record: recordOf(mapping, message) }));
  const wanted = passes ? records.filter(({ record }) => passes(record as unknown as JsonObject)) : records;
  const dropped = records.filter((one) => !wanted.includes(one));
  if (dropped.length > 0) await queue.delete(dropped.map(({ message }) => message));
  if (wanted.length === 0) return;
  const result = await callFunction(
    runtime,
    place,
    mapping,
    wanted.map(({ record }) => record),
  );
  const failed = failedIds(
    mapping,
    result,
    wanted.map(({ record }) => record.messageId),
  );
  if (failed === "all") return;
  await queue.delete(wanted.filter(({ record }) => !failed.includes(record.messageId)).map(({ message }) => message));
}

function failedIds(mapping: MappingRecord, result: CallResult, ids: readonly string[]): readonly string[] | "all" {
  if (result.kind !== "done") return "all";
  return mapping.partialFailures ? reportedFailures(result.payload, ids) : [];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
function recordOf(mapping: MappingRecord, message: Message) {
  return {
    messageId: message.MessageId ?? "",
    receiptHandle: message.ReceiptHandle ?? "",
    body: message.Body ?? "",
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, attributeOf(value)]),
    ),
    md5OfMessageAttributes: message.MD5OfMessageAttributes ?? null,
    md5OfBody: message.MD5OfBody ?? "",
    eventSource: "aws:sqs",
    eventSourceARN: mapping.sourceArn,
    awsRegion: mapping.sourceArn.split(":")[3] ?? "",
  };
}

function attributeOf({ StringValue, BinaryValue, DataType }: MessageAttributeValue) {
  return {
    ...(StringValue === undefined ? {} : { stringValue: StringValue }),
    ...(BinaryValue === undefined ? {} : { binaryValue: Buffer.from(BinaryValue).toString("base64") }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType ?? "String",
  };
}

import type { ServiceRuntime } from "../../../core/context.ts";
import type { JsonObject } from "../../../core/pattern.ts";
import { functionArn } from "../records.ts";
import { type CallResult, callFunction, type Place, reportedFailures, roleOf } from "./call.ts";
import { sendFailure } from "./failure-destination.ts";
import { readFilters } from "./filter.ts";
import { type MappingRecord, positions, type StreamSettings } from "./records.ts";
import { type EventRecord, readStream } from "./stream-reader.ts";

/** Lambda waits longer each time; the sandbox counts on its own clock. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** A stream that answers with an error is asked again after this long. */
const PAUSE_MS = 5000;

interface Work {
  readonly runtime: ServiceRuntime;
  readonly place: Place;
  readonly mapping: MappingRecord;
  readonly settings: StreamSettings;
  readonly signal: AbortSignal;
  shardId: string;
}

/**
 * Reads a table's stream for a function, in order, one batch at a time: a batch that fails holds up what is behind it
 * until it succeeds, is given up, or is too old. How far it came is stored after each batch, so that after a crash only
 * the batch that was under way is run again. While nothing comes it waits for DynamoDB's signal, which costs nothing.
 */
export async function pollStream(
  runtime: ServiceRuntime,
  place: Place,
  mapping: MappingRecord,
  settings: StreamSettings,
  signal: AbortSignal,
): Promise<void> {
  const work: Work = { runtime, place, mapping, settings, signal, shardId: "" };
  const passes = readFilters(mapping.filters, []);
  const bell = bellFor(runtime, mapping.sourceArn, signal);
  while (!signal.aborted) {
    try {
      const rung = bell();
      const { records, isOver } = await read(work);
      if (records.length === 0) {
        if (isOver) return;
        await rung;
        continue;
      }
      const batch = await fill(work, records);
      await handle(work, batch, passes);
    } catch (error) {
      if (signal.aborted) return;
      runtime.log("event-source.failed", { mapping: mapping.uuid, error: String(error) });
      await runtime.clock.sleep(PAUSE_MS, signal).catch(() => undefined);
    }
  }
}

/** Each call gives a promise of the stream's next change, or of the poller's end. */
function bellFor(runtime: ServiceRuntime, streamArn: string, signal: AbortSignal): () => Promise<void> {
  let next = Promise.withResolvers<void>();
  const off = runtime.signals.on("dynamodb.streamed", (change) => {
    if (change.streamArn !== streamArn) return;
    next.resolve();
    next = Promise.withResolvers();
  });
  signal.addEventListener("abort", () => {
    off();
    next.resolve();
  });
  return () => (signal.aborted ? Promise.resolve() : next.promise);
}

async function read(work: Work) {
  const { runtime, place, mapping } = work;
  const context = runtime.contextFor(place.account, place.region);
  const after = positions(context).get(mapping.uuid)?.after;
  const found = await readStream(context, mapping.sourceArn, after, mapping.batchSize, roleOf(runtime, place, mapping));
  work.shardId = found.shardId;
  return found;
}

/** Waits out the window for a batch that isn't full. */
async function fill(work: Work, records: EventRecord[]): Promise<EventRecord[]> {
  const { runtime, mapping, signal } = work;
  if (mapping.windowS === 0 || records.length >= mapping.batchSize) return records;
  await runtime.clock.sleep(mapping.windowS * 1000, signal);
  return (await read(work)).records;
}

async function handle(
  work: Work,
  batch: readonly EventRecord[],
  passes: ((record: JsonObject) => boolean) | undefined,
): Promise<void> {
  const wanted = passes ? batch.filter(({ body }) => passes(body as JsonObject)) : batch;
  const last = batch.at(-1);
  const parts = wanted.length > 0 ? [wanted] : [];
  for (let part = parts.shift(); part; part = parts.shift()) parts.unshift(...(await settle(work, part)));
  // Behind the batch as a whole: what was filtered out at its end is done too.
  if (last) advance(work, last, wanted.length > 0 ? undefined : "No records processed");
}

/** Tries a part until it is done or given up. Returns the halves that are left when it is bisected. */
async function settle(work: Work, given: readonly EventRecord[]): Promise<(readonly EventRecord[])[]> {
  const { runtime, place, mapping, settings, signal } = work;
  let part = given;
  for (let attempt = 1; ; attempt++) {
    part = await dropOld(work, part, attempt);
    if (part.length === 0) return [];
    const bodies = part.map(({ body }) => body);
    const result = await callFunction(runtime, place, mapping, bodies);
    signal.throwIfAborted();
    const failedAt = firstFailure(mapping, result, part);
    const done = part[failedAt - 1];
    if (done) advance(work, done, "OK");
    if (failedAt === part.length) return [];
    part = part.slice(failedAt);
    note(work, result.kind === "refused" ? `PROBLEM: ${result.reason}` : "PROBLEM: Function call failed");
    if (result.kind !== "refused") {
      if (settings.bisects && part.length > 1) {
        const middle = Math.ceil(part.length / 2);
        return [part.slice(0, middle), part.slice(middle)];
      }
      if (settings.retries >= 0 && attempt > settings.retries) {
        await giveUp(work, part, "RetryAttemptsExhausted", attempt, result);
        return [];
      }
    }
    await runtime.clock.sleep(Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS), signal);
  }
}

/** Where the first failure is; the part's length where there is none. */
function firstFailure(mapping: MappingRecord, result: CallResult, part: readonly EventRecord[]): number {
  if (result.kind !== "done") return 0;
  if (!mapping.partialFailures) return part.length;
  const failed = reportedFailures(
    result.payload,
    part.map(({ sequence }) => sequence),
  );
  if (failed === "all") return 0;
  const index = part.findIndex(({ sequence }) => failed.includes(sequence));
  return index < 0 ? part.length : index;
}

async function dropOld(work: Work, part: readonly EventRecord[], attempt: number): Promise<readonly EventRecord[]> {
  const { longestAgeS } = work.settings;
  if (longestAgeS < 0) return part;
  const oldestMs = work.runtime.clock.now().getTime() - longestAgeS * 1000;
  const left = part.filter(({ createdAtMs }) => createdAtMs >= oldestMs);
  const old = part.slice(0, part.length - left.length);
  if (old.length > 0) await giveUp(work, old, "RecordAgeExceeded", attempt - 1, undefined);
  return left;
}

async function giveUp(
  work: Work,
  part: readonly EventRecord[],
  condition: string,
  invocations: number,
  result: CallResult | undefined,
): Promise<void> {
  const { runtime, place, mapping, settings } = work;
  const [first] = part;
  const last = part.at(-1);
  if (!first || !last) return;
  const ran = result && result.kind !== "refused" ? result : undefined;
  const at = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  const failure = {
    requestContext: {
      requestId: ran?.requestId ?? runtime.random.uuid(),
      functionArn: functionArn(place, mapping.functionName, mapping.qualifier),
      condition,
      approximateInvokeCount: invocations,
    },
    ...(ran
      ? {
          responseContext: {
            statusCode: 200,
            executedVersion: ran.version,
            functionError: ran.kind === "failed" ? "Unhandled" : null,
          },
        }
      : {}),
    version: "1.0",
    timestamp: runtime.clock.now().toISOString(),
    DDBStreamBatchInfo: {
      shardId: work.shardId,
      startSequenceNumber: first.sequence,
      endSequenceNumber: last.sequence,
      approximateArrivalOfFirstRecord: at(first.createdAtMs),
      approximateArrivalOfLastRecord: at(last.createdAtMs),
      batchSize: part.length,
      streamArn: mapping.sourceArn,
    },
  };
  const target = settings.onFailure?.OnFailure?.Destination;
  if (target) await sendFailure(runtime, place, mapping, target, failure);
  runtime.log("event-source.given-up", { mapping: mapping.uuid, condition, records: part.length });
  advance(work, last, "PROBLEM: Function call failed");
}

function advance(work: Work, record: EventRecord, result: string | undefined): void {
  const { runtime, place, mapping } = work;
  const stored = positions(runtime.storeOf(place.account, place.region));
  const before = stored.get(mapping.uuid);
  const isFurther = (before?.after ?? "") < record.sequence;
  stored.put(mapping.uuid, {
    after: isFurther ? record.sequence : before?.after,
    result: result ?? before?.result ?? "OK",
  });
}

function note(work: Work, result: string): void {
  const stored = positions(work.runtime.storeOf(work.place.account, work.place.region));
  stored.put(work.mapping.uuid, { after: stored.get(work.mapping.uuid)?.after, result });
}

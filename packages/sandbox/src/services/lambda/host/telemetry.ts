import { type MetricDatum, PutMetricDataCommand, type StandardUnit } from "@aws-sdk/client-cloudwatch";
import { CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { PutTraceSegmentsCommand } from "@aws-sdk/client-xray";
import type { Context, ServiceRuntime } from "../../../core/context.ts";
import { AwsError } from "../../../core/errors.ts";

export interface Scope {
  readonly account: string;
  readonly region: string;
}

interface Sample {
  readonly name: string;
  readonly value: number;
  readonly unit: StandardUnit;
  readonly dimensions: Readonly<Record<string, string>>;
}

/**
 * What invocations leave behind, on its way to Logs, CloudWatch and X-Ray. It is collected for a moment and written
 * together: on AWS too it arrives after the answer, and a disk write for each line would be slower than the function.
 */
export interface Telemetry {
  log(scope: Scope, group: string, stream: string, message: string): void;
  metric(scope: Scope, sample: Sample): void;
  /** A segment document, as JSON or as `T1S` text. */
  segment(scope: Scope, document: string): void;
  /** While more lines are collected than memory should hold: resolves when they are written. */
  drained(): Promise<void> | undefined;
  /** Writes everything collected so far. */
  flush(): Promise<void>;
}

const COLLECT_MS = 100;
/** Writing may take this share of the time, where the disk is slow: what is waited for longer is written together. */
const WRITING_SHARE = 0.1;
const LONGEST_COLLECT_MS = 1000;
/** A function that floods its output is read no further until this much is written; it waits in its pipe. */
const MOST_HELD_CHARACTERS = 4_194_304;
/** Of one PutLogEvents, PutMetricData, datum and PutTraceSegments. */
const LOG_EVENTS = 10_000;
const METRIC_DATA = 1000;
const VALUES = 150;
const SEGMENTS = 50;

interface Lines {
  readonly group: string;
  readonly stream: string;
  readonly events: { timestamp: number; message: string }[];
}

interface Collected {
  readonly scope: Scope;
  readonly lines: Map<string, Lines>;
  /** By metric, dimensions and second; then how often each value was seen. */
  readonly samples: Map<string, { sample: Sample; atMs: number; counts: Map<number, number> }>;
  readonly segments: string[];
  /** Of the lines. */
  characters: number;
}

export function createTelemetry(runtime: ServiceRuntime): Telemetry {
  let collected = new Map<string, Collected>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let heldCharacters = 0;
  let lastWriteMs = 0;

  const of = (scope: Scope): Collected => {
    const key = `${scope.account}/${scope.region}`;
    const known = collected.get(key);
    if (known) return known;
    const fresh: Collected = { scope, lines: new Map(), samples: new Map(), segments: [], characters: 0 };
    collected.set(key, fresh);
    const waitMs = Math.min(Math.max(COLLECT_MS, lastWriteMs / WRITING_SHARE), LONGEST_COLLECT_MS);
    timer ??= setTimeout(() => void flush(), waitMs);
    return fresh;
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const batch = collected;
    collected = new Map();
    writing = writing.then(async () => {
      const startedAt = performance.now();
      for (const one of batch.values()) await write(one);
      lastWriteMs = performance.now() - startedAt;
      for (const { characters } of batch.values()) heldCharacters -= characters;
    });
    return writing;
  };

  const attempt = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      // Whoever invoked has long been answered: what is lost is said in the sandbox's own log.
      runtime.log("telemetry.lost", { what, error: String(error) });
    }
  };

  const write = async ({ scope, lines, samples, segments }: Collected) => {
    const context = runtime.contextFor(scope.account, scope.region);
    for (const given of lines.values()) {
      for (const events of chunks(given.events, LOG_EVENTS))
        await attempt("logs", () => putLines(context, given, events));
    }
    const data = [...samples.values()].flatMap(toData);
    for (const MetricData of chunks(data, METRIC_DATA)) {
      await attempt("metrics", () => context.send(new PutMetricDataCommand({ Namespace: "AWS/Lambda", MetricData })));
    }
    for (const TraceSegmentDocuments of chunks(segments, SEGMENTS)) {
      await attempt("traces", () => context.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments })));
    }
  };

  return {
    log(scope, group, stream, message) {
      const collecting = of(scope);
      const { lines } = collecting;
      collecting.characters += message.length;
      heldCharacters += message.length;
      const key = `${group}\0${stream}`;
      const known = lines.get(key) ?? { group, stream, events: [] };
      lines.set(key, known);
      known.events.push({ timestamp: runtime.clock.now().getTime(), message });
    },
    metric(scope, sample) {
      const atMs = Math.floor(runtime.clock.now().getTime() / 1000) * 1000;
      const { samples } = of(scope);
      const key = `${atMs} ${sample.name} ${JSON.stringify(sample.dimensions)}`;
      const known = samples.get(key) ?? { sample, atMs, counts: new Map<number, number>() };
      samples.set(key, known);
      known.counts.set(sample.value, (known.counts.get(sample.value) ?? 0) + 1);
    },
    segment: (scope, document) => void of(scope).segments.push(document),
    drained: () => (heldCharacters > MOST_HELD_CHARACTERS ? flush() : undefined),
    flush,
  };
}

function toData({
  sample,
  atMs,
  counts,
}: {
  sample: Sample;
  atMs: number;
  counts: Map<number, number>;
}): MetricDatum[] {
  return chunks([...counts], VALUES).map((part) => ({
    MetricName: sample.name,
    Unit: sample.unit,
    Timestamp: new Date(atMs),
    Dimensions: Object.entries(sample.dimensions).map(([Name, Value]) => ({ Name, Value })),
    Values: part.map(([value]) => value),
    Counts: part.map(([, count]) => count),
  }));
}

async function putLines(context: Context, { group, stream }: Lines, logEvents: Lines["events"]): Promise<void> {
  const names = { logGroupName: group, logStreamName: stream };
  const put = () => context.send(new PutLogEventsCommand({ ...names, logEvents }));
  try {
    await put();
  } catch (error) {
    if (!isCode(error, "ResourceNotFoundException")) throw error;
    // Lambda makes both on first use; the group may have been made by the stack, or deleted by someone.
    for (const command of [new CreateLogGroupCommand({ logGroupName: group }), new CreateLogStreamCommand(names)]) {
      try {
        await context.send(command as CreateLogStreamCommand);
      } catch (refused) {
        if (!isCode(refused, "ResourceAlreadyExistsException")) throw refused;
      }
    }
    await put();
  }
}

const isCode = (error: unknown, code: string) => error instanceof AwsError && error.code === code;

function chunks<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let from = 0; from < items.length; from += size) parts.push(items.slice(from, from + size));
  return parts;
}

/** What an expression of a query comes to: nothing, a text, a number or a truth. */
export type Value = string | number | boolean | undefined;

/** A line, as a query sees it: its own fields, those that Insights discovers in it, and those that commands made. */
export interface LogRecord {
  get(field: string): Value;
  /** The same line with further fields. */
  with(fields: ReadonlyMap<string, Value>): LogRecord;
}

interface Line {
  readonly ordinal: number;
  readonly atMs: number;
  readonly ingestedMs: number;
  readonly message: string;
  readonly stream: string;
  /** `<account>:<log group>`. */
  readonly log: string;
}

/** `2026-03-02 10:00:00.000` */
export const formatTime = (atMs: number) => new Date(atMs).toISOString().replace("T", " ").replace("Z", "");

/** A field of time, which is a number to compute with and a text to show. */
export const TIME_FIELDS = new Set(["@timestamp", "@ingestionTime"]);

/** A line's message is taken apart only when a field is asked for that it could hold. */
export function lineRecord(line: Line): LogRecord {
  let discovered: ((field: string) => Value) | undefined;
  const get = (field: string): Value => {
    switch (field) {
      case "@timestamp":
        return line.atMs;
      case "@ingestionTime":
        return line.ingestedMs;
      case "@message":
        return line.message;
      case "@logStream":
        return line.stream;
      case "@log":
        return line.log;
      case "@ptr":
        return String(line.ordinal);
      default:
        discovered ??= discover(line.message);
        return discovered(field);
    }
  };
  const record: LogRecord = { get, with: (fields) => derived(record, fields) };
  return record;
}

function derived(base: LogRecord, fields: ReadonlyMap<string, Value>): LogRecord {
  return {
    get: (field) => (fields.has(field) ? fields.get(field) : base.get(field)),
    with: (further) => derived(base, new Map([...fields, ...further])),
  };
}

/** A record of made fields alone: what `stats` leaves. */
export const madeRecord = (fields: ReadonlyMap<string, Value>): LogRecord =>
  derived({ get: () => undefined, with: (further) => madeRecord(further) }, fields);

/**
 * The fields of a JSON document by their paths (`order.items.0.id`), and those of Lambda's own lines.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
 */
function discover(message: string): (field: string) => Value {
  const text = message.trimStart();
  if (text.startsWith("{")) {
    try {
      const document: unknown = JSON.parse(text);
      return (field) => fieldOf(document, field);
    } catch {
      // A line that only begins like JSON has no fields.
      return () => undefined;
    }
  }
  const lambda = /^(START|END|REPORT) RequestId: (\S+)/.exec(text);
  if (!lambda) return () => undefined;
  const fields = new Map<string, Value>([
    ["@type", lambda[1]],
    ["@requestId", lambda[2]],
  ]);
  for (const [pattern, name, factor] of REPORTED) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) fields.set(name, Number(found) * factor);
  }
  return (field) => fields.get(field);
}

const MEGABYTE = 1_000_000;
const REPORTED: readonly (readonly [RegExp, string, number])[] = [
  [/\tDuration: ([\d.]+) ms/, "@duration", 1],
  [/Billed Duration: ([\d.]+) ms/, "@billedDuration", 1],
  [/Init Duration: ([\d.]+) ms/, "@initDuration", 1],
  [/Memory Size: ([\d.]+) MB/, "@memorySize", MEGABYTE],
  [/Max Memory Used: ([\d.]+) MB/, "@maxMemoryUsed", MEGABYTE],
];

/** A dot parts a path, unless a key has it in its name. */
function fieldOf(value: unknown, path: string): Value {
  if (typeof value !== "object" || value === null) return undefined;
  const members = value as Record<string, unknown>;
  if (Object.hasOwn(members, path)) {
    const found = members[path];
    if (typeof found === "boolean") return found ? 1 : 0;
    return typeof found === "string" || typeof found === "number" ? found : undefined;
  }
  for (let dot = path.indexOf("."); dot >= 0; dot = path.indexOf(".", dot + 1)) {
    const head = path.slice(0, dot);
    const found = Object.hasOwn(members, head) ? fieldOf(members[head], path.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

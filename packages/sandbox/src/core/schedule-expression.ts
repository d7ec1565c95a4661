import { type Cron, parseCron } from "./cron.ts";

/** When something recurs, or happens once. Times are sandbox milliseconds. */
export interface Schedule {
  readonly kind: "rate" | "cron" | "at";
  /** The first occurrence after `afterMs`, for a schedule that began at `startMs`; undefined when there is none any more. */
  next(afterMs: number, startMs: number): number | undefined;
}

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
const DAY_MS = UNIT_MS.day;

/**
 * Parses `rate(5 minutes)`, `cron(0 18 ? * MON-FRI *)` and `at(2026-11-24T09:00:00)`; undefined when it is none of them.
 * Times of `cron` and `at` are those of the zone: one that a change of clocks leaves out doesn't happen, one that comes
 * twice happens once.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export function parseSchedule(
  text: string,
  { zone = "UTC", strictUnits = false }: { zone?: string | undefined; strictUnits?: boolean } = {},
): Schedule | undefined {
  const [, kind, body = ""] = /^(rate|cron|at)\((.*)\)$/.exec(text) ?? [];
  if (kind === "rate") return parseRate(body, strictUnits);
  if (kind === "at") return parseAt(body, zone);
  const cron = kind === "cron" ? parseCron(body) : undefined;
  return cron && { kind: "cron", next: (afterMs) => nextOf(cron, afterMs, zone) };
}

/** EventBridge's rules want `1 minute` and `2 minutes`; the Scheduler doesn't mind. */
function parseRate(body: string, strictUnits: boolean): Schedule | undefined {
  const [, count, unit, plural] = /^([1-9]\d*) (minute|hour|day)(s?)$/.exec(body) ?? [];
  if (count === undefined || (strictUnits && (count === "1") !== (plural === ""))) return undefined;
  const everyMs = Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return {
    kind: "rate",
    next: (afterMs, startMs) => startMs + (Math.floor(Math.max(afterMs - startMs, 0) / everyMs) + 1) * everyMs,
  };
}

function parseAt(body: string, zone: string): Schedule | undefined {
  const fields = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(body)?.slice(1).map(Number);
  if (!fields) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  if (Number.isNaN(local) || new Date(local).toISOString().slice(0, 19) !== body) return undefined;
  const atMs = toInstant(local, zone) ?? local;
  return { kind: "at", next: (afterMs) => (atMs > afterMs ? atMs : undefined) };
}

function nextOf(cron: Cron, afterMs: number, zone: string): number | undefined {
  const hours = [...cron.hours].sort((a, b) => a - b);
  const minutes = [...cron.minutes].sort((a, b) => a - b);
  // The zone's own day on which `afterMs` lies, as if it were UTC.
  const start = Math.floor((afterMs + offsetOf(afterMs, zone)) / DAY_MS) * DAY_MS;
  for (let day = start; new Date(day).getUTCFullYear() <= cron.lastYear; day += DAY_MS) {
    const date = new Date(day);
    if (!cron.matchesDay(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())) continue;
    for (const hour of hours) {
      for (const minute of minutes) {
        const atMs = toInstant(day + hour * UNIT_MS.hour + minute * UNIT_MS.minute, zone);
        if (atMs !== undefined && atMs > afterMs) return atMs;
      }
    }
  }
  return undefined;
}

/** The instant of a local time (given as if it were UTC); undefined where the zone's clocks leave it out. */
function toInstant(local: number, zone: string): number | undefined {
  if (zone === "UTC") return local;
  // Before and after a change of clocks the offset differs; the earlier of two instants is taken.
  const offsets = [offsetOf(local - DAY_MS, zone), offsetOf(local + DAY_MS, zone)];
  const instants = offsets.map((offset) => local - offset).filter((at) => at + offsetOf(at, zone) === local);
  return instants.length > 0 ? Math.min(...instants) : undefined;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far a zone's clocks are ahead of UTC at an instant, in milliseconds. */
function offsetOf(atMs: number, zone: string): number {
  if (zone === "UTC") return 0;
  const format = formats.get(zone) ?? formatOf(zone);
  formats.set(zone, format);
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const local = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return local - Math.floor(atMs / 1000) * 1000;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const digits = { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  return new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", year: "numeric", ...digits });
}

export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

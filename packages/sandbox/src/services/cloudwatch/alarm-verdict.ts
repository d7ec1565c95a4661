import type { StateName } from "./alarm-records.ts";

/** One period of an alarm's metric. */
export interface Slot {
  readonly atMs: number;
  /** Undefined: the period is missing. */
  readonly value: number | undefined;
}

export interface AlarmRule {
  readonly evaluationPeriods: number;
  /** Undefined: as many as `evaluationPeriods`, and the reason is worded without them. */
  readonly datapointsToAlarm: number | undefined;
  readonly operator: string;
  readonly threshold: number;
  readonly missingData: "missing" | "ignore" | "breaching" | "notBreaching";
}

interface Verdict {
  readonly state: StateName;
  readonly reason: string;
  /** Newest first: what was looked at, periods without data included. */
  readonly evaluated: readonly Slot[];
}

/** AWS looks at some more periods than it evaluates, to have data where some is missing: two more in its own tables. */
export const evaluationRange = (evaluationPeriods: number) => evaluationPeriods + 2;

const OPERATORS: Readonly<
  Record<string, { readonly words: string; readonly holds: (a: number, b: number) => boolean }>
> = {
  GreaterThanOrEqualToThreshold: { words: "greater than or equal to", holds: (a, b) => a >= b },
  GreaterThanThreshold: { words: "greater than", holds: (a, b) => a > b },
  LessThanThreshold: { words: "less than", holds: (a, b) => a < b },
  LessThanOrEqualToThreshold: { words: "less than or equal to", holds: (a, b) => a <= b },
};

export const isOperator = (name: string) => Object.hasOwn(OPERATORS, name);

/**
 * The state of an alarm over the periods of its evaluation range, oldest first. Undefined: it keeps the state that it
 * has. Follows both of AWS's tables of missing data, and its rule against alarms that come too early.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function judge(slots: readonly Slot[], rule: AlarmRule): Verdict | undefined {
  const { evaluationPeriods: periods, missingData } = rule;
  const needed = rule.datapointsToAlarm ?? periods;
  const operator = OPERATORS[rule.operator];
  if (!operator) return undefined;
  const isBreaching = (slot: Slot) => slot.value !== undefined && operator.holds(slot.value, rule.threshold);
  const newestFirst = [...slots].reverse();
  const real = newestFirst.filter(({ value }) => value !== undefined).slice(0, periods);
  const filled = periods - real.length;
  const breaching = real.filter(isBreaching);
  const healthy = real.filter((slot) => !isBreaching(slot));
  const window = newestFirst.slice(0, periods);
  const evaluated = filled > 0 && real.every((slot) => window.includes(slot)) ? window : real;
  const verdict = (state: StateName): Verdict => ({ state, reason: reasonOf(state), evaluated });

  const reasonOf = (state: StateName): string => {
    const [shown, not] = state === "ALARM" ? [breaching, ""] : [healthy, "not "];
    if (state === "INSUFFICIENT_DATA") {
      return `Insufficient Data: ${periods} ${periods === 1 ? "datapoint was" : "datapoints were"} unknown.`;
    }
    const treatment = missingData === "breaching" ? "Breaching" : missingData === "notBreaching" ? "NonBreaching" : "";
    const missing = `${filled} missing ${filled === 1 ? "datapoint was" : "datapoints were"} treated as [${treatment}]`;
    if (real.length === 0) {
      const word = periods === 1 ? "period" : "periods";
      return `Threshold Crossed: no datapoints were received for ${periods} ${word} and ${missing}.`;
    }
    const list = shown.map(({ value = 0, atMs }) => `${javaDouble(value)} (${shortTime(atMs)})`).join(", ");
    const was = shown.length === 1 ? "was" : "were";
    const compared = `[${list}] ${was} ${not}${operator.words} the threshold (${javaDouble(rule.threshold)})`;
    const rest = filled > 0 && treatment !== "" ? ` and ${missing}` : "";
    if (rule.datapointsToAlarm === undefined) {
      const word = shown.length === 1 ? "datapoint" : "datapoints";
      return `Threshold Crossed: ${shown.length} ${word} ${compared}${rest}.`;
    }
    const [least, change] = state === "ALARM" ? [needed, "OK -> ALARM"] : [periods - needed + 1, "ALARM -> OK"];
    const minimum = `minimum ${least} ${least === 1 ? "datapoint" : "datapoints"} for ${change} transition`;
    return `Threshold Crossed: ${shown.length} out of the last ${periods} datapoints ${compared}${rest} (${minimum}).`;
  };

  if (real.length === 0) {
    if (missingData === "breaching") return verdict("ALARM");
    if (missingData === "notBreaching") return verdict("OK");
    return missingData === "missing" ? verdict("INSUFFICIENT_DATA") : undefined;
  }
  if (breaching.length + (missingData === "breaching" ? filled : 0) >= needed) return verdict("ALARM");
  if (filled === 0 || missingData === "breaching" || missingData === "notBreaching" || healthy.length > 0) {
    return verdict("OK");
  }
  // Nothing but breaching points, too few of them: an alarm once the oldest is as old as the points that it takes.
  const oldest = window.findLastIndex(isBreaching) + 1;
  return oldest >= needed && missingData === "missing" ? verdict("ALARM") : undefined;
}

/** As Java's `Double.toString` writes it: `5.0`, `0.0666`, `1.2E7`. */
function javaDouble(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [mantissa = "", exponent = ""] = value.toExponential().split("e");
    return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** `02/10/19 16:59:00` */
function shortTime(atMs: number): string {
  const [year = "", month = "", day = "", time = ""] = new Date(atMs).toISOString().split(/[-T.]/);
  return `${day}/${month}/${year.slice(2)} ${time}`;
}

import { isObject, type Json, type JsonObject } from "./json.ts";

/** A failure of a state, as Retry and Catch see it: `States.Timeout`, `Lambda.TooManyRequestsException`, `MyError`. */
export class StateFailure extends Error {
  readonly error: string | undefined;
  readonly reason: string | undefined;

  constructor(error: string | undefined, reason: string | undefined) {
    super(`${error}: ${reason}`);
    this.name = "StateFailure";
    this.error = error;
    this.reason = reason;
  }

  /** What a catcher's state is given. */
  get output(): JsonObject {
    return {
      Error: this.error ?? "States.Unknown",
      ...(this.reason === undefined ? {} : { Cause: this.reason }),
    };
  }
}

/** A failure of a branch or an iteration, after which Parallel and Map tell of their own. */
export class ChildFailure extends Error {
  readonly failure: StateFailure;

  constructor(failure: StateFailure) {
    super(failure.message);
    this.name = "ChildFailure";
    this.failure = failure;
  }
}

/** Raised by what a definition asks of data that isn't so; the state's name and its event are added where they are known. */
export class RuntimeFailure extends Error {
  readonly error: string;

  constructor(message: string, error = "States.Runtime") {
    super(message);
    this.name = "RuntimeFailure";
    this.error = error;
  }
}

/**
 * Whether a Retry or Catch names this error. `States.ALL` leaves out what no repetition mends.
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
export function catches(rule: JsonObject, error: string | undefined): boolean {
  const names = Array.isArray(rule.ErrorEquals) ? rule.ErrorEquals : [];
  const name = error ?? "";
  if (names.includes(name)) return true;
  const isHopeless = name === "States.Runtime" || name === "States.DataLimitExceeded";
  if (names.includes("States.ALL")) return !isHopeless;
  return names.includes("States.TaskFailed") && name !== "States.Timeout" && !isHopeless;
}

export interface RetryDecision {
  /** Which of the state's retriers it was. */
  readonly index: number;
  readonly delayMs: number;
}

/** When to try again, after `attempts[i]` retries by each of the state's retriers; undefined: no more. `draw`: 0 to 1. */
export function retryAfter(
  retriers: Json | undefined,
  error: string | undefined,
  attempts: readonly number[],
  draw: () => number,
): RetryDecision | undefined {
  const rules = Array.isArray(retriers) ? retriers.filter(isObject) : [];
  const index = rules.findIndex((rule) => catches(rule, error));
  const rule = rules[index];
  const tried = attempts[index] ?? 0;
  if (!rule || tried >= numberOr(rule.MaxAttempts, 3)) return undefined;
  const seconds = numberOr(rule.IntervalSeconds, 1) * numberOr(rule.BackoffRate, 2) ** tried;
  const capped = Math.min(seconds, numberOr(rule.MaxDelaySeconds, Number.POSITIVE_INFINITY));
  return { index, delayMs: 1000 * (rule.JitterStrategy === "FULL" ? capped * draw() : capped) };
}

const numberOr = (value: Json | undefined, fallback: number) => (typeof value === "number" ? value : fallback);

import type { Context } from "../../../core/context.ts";
import type { Machine } from "../asl/definition.ts";
import { StateFailure } from "../asl/failure.ts";
import type { Json, JsonObject } from "../asl/json.ts";
import type { Scope } from "../asl/template.ts";
import type { ExecutionRecord } from "../records.ts";
import type { Journal, Thread } from "./journal.ts";

/** One execution that is being run. */
export interface Run {
  readonly context: Context;
  readonly record: ExecutionRecord;
  readonly journal: Journal;
  /** Runs a branch or an iteration. */
  machine(thread: Thread, machine: Machine, input: Json, map: Json | undefined): Promise<Json>;
  /** Resolves at the next change of a task token or the end of an execution, so that its waiter looks again. */
  changed(key: string): Promise<void>;
}

/** A state that is being run, once or again. */
export interface Visit {
  readonly run: Run;
  readonly thread: Thread;
  readonly name: string;
  readonly state: JsonObject;
  /** The state's raw input. */
  readonly input: Json;
  readonly enteredAtMs: number;
  /** How often it was tried again. */
  readonly retries: number;
  /** `$$.Map` within an iteration. */
  readonly map: Json | undefined;
}

/** The context object of a state. https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
export function scopeOf(visit: Visit, input: Json, task?: { Token: string }): Scope {
  const { record, context } = visit.run;
  const { machine } = record;
  const retried = /^(Task|Parallel|Map)$/.test(String(visit.state.Type)) ? { RetryCount: visit.retries } : {};
  return {
    input,
    random: context.random,
    context: {
      Execution: {
        Id: record.arn,
        Input: JSON.parse(record.input) as Json,
        StartTime: new Date(record.startedAtMs).toISOString(),
        Name: record.name,
        RoleArn: machine.roleArn,
        RedriveCount: 0,
      },
      StateMachine: { Id: machine.arn, Name: machine.name },
      State: { Name: visit.name, EnteredTime: new Date(visit.enteredAtMs).toISOString(), ...retried },
      ...(task ? { Task: task } : {}),
      ...(visit.map === undefined ? {} : { Map: visit.map }),
    },
  };
}

/** Sleeps until then; a time that passed while the sandbox was down has passed. */
export async function sleepUntil(visit: Pick<Visit, "run" | "thread">, atMs: number): Promise<void> {
  const leftMs = atMs - visit.run.context.clock.now().getTime();
  if (leftMs > 0) await visit.run.context.clock.sleep(leftMs, visit.thread.signal);
}

/** The work, or `States.Timeout` when the time comes first. What still runs then is left alone. */
export async function before<T>(visit: Visit, atMs: number | undefined, work: Promise<T>): Promise<T> {
  if (atMs === undefined) return await aborted(visit.thread.signal, work);
  const late = new AbortController();
  const { clock } = visit.run.context;
  const timer = clock
    .sleep(Math.max(0, atMs - clock.now().getTime()), AbortSignal.any([late.signal, visit.thread.signal]))
    .then(() => {
      throw new StateFailure("States.Timeout", undefined);
    });
  try {
    return await Promise.race([work, timer]);
  } finally {
    late.abort(new Error("The work is done."));
    timer.catch(() => undefined);
    work.catch(() => undefined);
  }
}

export async function aborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let stop = () => {};
  const end = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    signal.removeEventListener("abort", stop);
    work.catch(() => undefined);
  }
}

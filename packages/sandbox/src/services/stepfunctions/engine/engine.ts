import type { ExecutionStatus } from "@aws-sdk/client-sfn";
import type { ServiceRuntime } from "../../../core/context.ts";
import type { Machine } from "../asl/definition.ts";
import { StateFailure } from "../asl/failure.ts";
import type { Json } from "../asl/json.ts";
import { type ExecutionRecord, findExecution, putExecution, runningExecutions } from "../records.ts";
import { runMachine } from "./interpreter.ts";
import { type Journal, openJournal, type StoredEvent, type Thread } from "./journal.ts";
import type { Run } from "./run.ts";
import { announceStatus, createLogger } from "./tell.ts";

/** Why an execution ends from outside. */
class Ended extends Error {
  readonly status: ExecutionStatus;
  readonly error: string | undefined;
  readonly reason: string | undefined;

  constructor(status: ExecutionStatus, error?: string | undefined, reason?: string | undefined) {
    super(`The execution is ${status}.`);
    this.name = "Ended";
    this.status = status;
    this.error = error;
    this.reason = reason;
  }
}

/** Runs executions; one for each sandbox. */
export interface Engine {
  /** Runs a new execution, or goes on with one that an earlier start of the sandbox left. */
  run(record: ExecutionRecord): void;
  /** Ends a running execution. Resolves when its end is stored. */
  abort(record: ExecutionRecord, error: string | undefined, cause: string | undefined): Promise<void>;
  /** Wakes who waits for a task token or an execution. */
  wake(key: string): void;
  stop(): Promise<void>;
}

const engines = new WeakMap<ServiceRuntime, Engine>();

export function engineOf(runtime: ServiceRuntime): Engine {
  const known = engines.get(runtime) ?? createEngine(runtime);
  engines.set(runtime, known);
  return known;
}

/** Goes on with every execution that was running when the sandbox ended. */
export function resumeExecutions(runtime: ServiceRuntime): void {
  for (const record of runningExecutions(runtime.storeOf("", "").sql)) engineOf(runtime).run(record);
}

function createEngine(runtime: ServiceRuntime): Engine {
  const stopping = new AbortController();
  const running = new Map<string, { stop: AbortController; done: Promise<void> }>();
  const waiting = new Map<string, { promise: Promise<void>; resolve: () => void }>();
  const { sql } = runtime.storeOf("", "");
  const logger = createLogger(runtime);

  const wake = (key: string) => {
    waiting.get(key)?.resolve();
    waiting.delete(key);
  };
  const changed = (key: string) => {
    const known = waiting.get(key);
    if (known) return known.promise;
    const entry = Promise.withResolvers<void>();
    waiting.set(key, entry);
    return entry.promise;
  };

  const follow = async (record: ExecutionRecord, stop: AbortController) => {
    const [, , , region = "", account = ""] = record.arn.split(":");
    const context = runtime.contextFor(account, region);
    const journal = openJournal(sql, runtime.clock, record.arn, (event) => logger.event(record, event));
    const signal = AbortSignal.any([stop.signal, stopping.signal]);
    const run: Run = {
      context,
      record,
      journal,
      changed,
      machine: (thread, machine, input, map) => runMachine(run, thread, machine, input, map),
    };
    const thread: Thread = { path: "0", previous: 0, events: 0, effects: 0, signal };
    const machine = JSON.parse(record.machine.definition) as Machine;
    const limit = timeLimit(runtime, record, machine, stop);
    let ended: ExecutionRecord | undefined;
    try {
      startEvent(journal, thread, record);
      const output = JSON.stringify(
        await runMachine(run, thread, machine, JSON.parse(record.input) as Json, undefined),
      );
      const event = () => journal.event(thread, "ExecutionSucceeded", { output, outputDetails: { truncated: false } });
      ended = over(record, event(), { status: "SUCCEEDED", output });
    } catch (error) {
      // Stopping: the execution goes on where it was with the next start.
      if (stopping.signal.aborted) return;
      ended = endedBy(record, journal, thread, stop.signal.aborted ? stop.signal.reason : error);
      if (!ended) throw error;
    } finally {
      limit.abort(new Error("The execution is over."));
    }
    putExecution(sql, ended);
    announceStatus(context, ended);
    wake(record.arn);
  };

  return {
    run(record) {
      const stop = new AbortController();
      const done = follow(record, stop)
        .catch((error: unknown) => runtime.log("execution.crashed", { execution: record.arn, error: String(error) }))
        .finally(() => running.delete(record.arn));
      running.set(record.arn, { stop, done });
    },
    async abort(record, error, cause) {
      const entry = running.get(record.arn);
      if (!entry || findExecution(sql, record.arn)?.status !== "RUNNING") return;
      entry.stop.abort(new Ended("ABORTED", error, cause));
      await entry.done;
    },
    wake,
    async stop() {
      stopping.abort(new Error("The sandbox is stopping."));
      await Promise.all([...running.values()].map(({ done }) => done));
      await logger.flush();
    },
  };
}

function startEvent(journal: Journal, thread: Thread, { input, machine }: ExecutionRecord): void {
  const { roleArn } = machine;
  journal.event(thread, "ExecutionStarted", { input, inputDetails: { truncated: false }, roleArn }, { aside: true });
}

function over(
  record: ExecutionRecord,
  event: StoredEvent,
  how: Partial<Pick<ExecutionRecord, "status" | "output" | "error" | "cause">>,
): ExecutionRecord {
  return { ...record, ...how, stoppedAtMs: event.atMs };
}

/** How the execution ended, with its last event; undefined for an error that is the sandbox's own. */
function endedBy(record: ExecutionRecord, journal: Journal, thread: Thread, why: unknown): ExecutionRecord | undefined {
  const details = (error: string | undefined, cause: string | undefined) => ({
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  });
  if (why instanceof StateFailure) {
    const event = journal.event(thread, "ExecutionFailed", details(why.error, why.reason));
    return over(record, event, { status: "FAILED", error: why.error, cause: why.reason });
  }
  if (!(why instanceof Ended)) return undefined;
  // The thread's own signal is aborted: a thread beside it writes the last event, after no other.
  const aside: Thread = { path: "end", previous: 0, events: 0, effects: 0, signal: new AbortController().signal };
  const type = why.status === "TIMED_OUT" ? "ExecutionTimedOut" : "ExecutionAborted";
  const event = journal.event(aside, type, details(why.error, why.reason));
  return over(record, event, { status: why.status, error: why.error, cause: why.reason });
}

/** Ends the execution when the machine's TimeoutSeconds are over; aborting what is returned forgets that. */
function timeLimit(
  runtime: ServiceRuntime,
  record: ExecutionRecord,
  { TimeoutSeconds }: Machine,
  stop: AbortController,
): AbortController {
  const limit = new AbortController();
  if (TimeoutSeconds === undefined) return limit;
  const leftMs = record.startedAtMs + TimeoutSeconds * 1000 - runtime.clock.now().getTime();
  runtime.clock.sleep(Math.max(0, leftMs), limit.signal).then(
    () => stop.abort(new Ended("TIMED_OUT")),
    () => undefined,
  );
  return limit;
}

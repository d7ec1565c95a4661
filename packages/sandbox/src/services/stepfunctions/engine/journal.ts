import type { DatabaseSync } from "node:sqlite";
import type { SandboxClock } from "../../../core/context.ts";
import { StateFailure } from "../asl/failure.ts";
import type { Json } from "../asl/json.ts";

/** https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const MOST_EVENTS = 25_000;

/** One line of work within an execution: the execution itself, a branch, an iteration. */
export interface Thread {
  /** `0`, `0/5.2`: which thread, among all of the execution. */
  readonly path: string;
  /** The event that the next one follows. */
  previous: number;
  /** How many events and effects this thread has come to so far: the same each time that it is run. */
  events: number;
  effects: number;
  readonly signal: AbortSignal;
}

export interface StoredEvent {
  readonly id: number;
  readonly type: string;
  readonly previous: number;
  readonly atMs: number;
  readonly details: { readonly [key: string]: Json };
}

/**
 * What an execution did, so that it can be run again after a crash: the interpreter starts from the beginning, and where
 * the journal knows an event or an effect already, it answers instead of doing it again. Each thread counts its own
 * events and effects; between two of them it does nothing that isn't determined by their results.
 */
export interface Journal {
  /** Adds an event after the thread's last, and returns its id. `aside`: the next event doesn't follow this one. */
  event(thread: Thread, type: string, details?: object, options?: { aside?: boolean }): StoredEvent;
  /** Something that may be different each time (a time, a token), made once. */
  value<T extends Json>(thread: Thread, make: () => T): T;
  /**
   * Something done to the world. One that a crash interrupted fails as `interrupted` says, since nobody knows whether
   * it took effect; left out, it is simply begun again (waiting, for which that is right).
   */
  effect(thread: Thread, work: () => Promise<Json>, interrupted?: () => StateFailure): Promise<Json>;
}

type Result =
  | { readonly ok: Json }
  | { readonly failed: true; readonly error: string | undefined; readonly reason: string | undefined };

export function openJournal(
  sql: DatabaseSync,
  clock: SandboxClock,
  execution: string,
  added: (event: StoredEvent) => void,
): Journal {
  const addEvent = sql.prepare("INSERT INTO sfn_events VALUES (?, ?, ?, ?, ?)");
  const begin = sql.prepare("INSERT INTO sfn_effects VALUES (?, ?, ?, NULL)");
  const finish = sql.prepare("UPDATE sfn_effects SET result = ? WHERE execution = ? AND thread = ? AND ordinal = ?");
  const events = new Map<string, StoredEvent>();
  const effects = new Map<string, Result | undefined>();
  let nextId = 1;
  for (const row of sql.prepare("SELECT * FROM sfn_events WHERE execution = ? ORDER BY id").all(execution)) {
    events.set(`${row.thread}#${row.ordinal}`, JSON.parse(row.event as string) as StoredEvent);
    nextId = (row.id as number) + 1;
  }
  for (const row of sql.prepare("SELECT * FROM sfn_effects WHERE execution = ?").all(execution)) {
    const result = row.result === null ? undefined : (JSON.parse(row.result as string) as Result);
    effects.set(`${row.thread}#${row.ordinal}`, result);
  }

  const settle = (thread: Thread, ordinal: number, result: Result): Result => {
    finish.run(JSON.stringify(result), execution, thread.path, ordinal);
    return result;
  };

  return {
    event(thread, type, details = {}, { aside = false } = {}) {
      const ordinal = thread.events++;
      let event = events.get(`${thread.path}#${ordinal}`);
      if (!event) {
        thread.signal.throwIfAborted();
        if (nextId > MOST_EVENTS && !type.startsWith("Execution")) {
          throw new StateFailure(
            "States.Runtime",
            `The execution reached the maximum number of history events (${MOST_EVENTS}).`,
          );
        }
        const id = nextId++;
        event = {
          id,
          type,
          previous: thread.previous,
          atMs: clock.now().getTime(),
          details: details as StoredEvent["details"],
        };
        addEvent.run(execution, id, thread.path, ordinal, JSON.stringify(event));
        added(event);
      }
      if (!aside) thread.previous = event.id;
      return event;
    },
    value<T extends Json>(thread: Thread, make: () => T): T {
      const ordinal = thread.effects++;
      const known = effects.get(`${thread.path}#${ordinal}`);
      if (known && "ok" in known) return known.ok as T;
      const value = make();
      begin.run(execution, thread.path, ordinal);
      settle(thread, ordinal, { ok: value });
      return value;
    },
    async effect(thread, work, interrupted) {
      const ordinal = thread.effects++;
      const key = `${thread.path}#${ordinal}`;
      const known = effects.get(key);
      if (known) return unwrap(known);
      thread.signal.throwIfAborted();
      const wasBegun = effects.has(key);
      if (!wasBegun) begin.run(execution, thread.path, ordinal);
      if (wasBegun && interrupted) return unwrap(settle(thread, ordinal, failure(interrupted())));
      return unwrap(settle(thread, ordinal, await outcome(work, thread.signal)));
    },
  };
}

function unwrap(result: Result): Json {
  if ("ok" in result) return result.ok;
  throw new StateFailure(result.error, result.reason);
}

const failure = ({ error, reason }: StateFailure): Result => ({ failed: true, error, reason });

/** The work's result, or its failure; what ends it from outside (the sandbox stops, the execution is over) is neither. */
async function outcome(work: () => Promise<Json>, signal: AbortSignal): Promise<Result> {
  try {
    const ok = await work();
    signal.throwIfAborted();
    return { ok };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StateFailure) return failure(error);
    throw error;
  }
}

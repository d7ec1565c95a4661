import { holds, RFC3339 } from "../asl/choice.ts";
import type { Machine } from "../asl/definition.ts";
import { ChildFailure, RuntimeFailure, StateFailure } from "../asl/failure.ts";
import { clone, isObject, type Json } from "../asl/json.ts";
import { find } from "../asl/json-path.ts";
import { applyPath, fill, resolve } from "../asl/template.ts";
import type { Thread } from "./journal.ts";
import { scopeOf, sleepUntil, type Visit } from "./run.ts";
import { runTask } from "./task.ts";

interface Done {
  readonly result: Json;
  /** Where it goes on, if the state itself decides that. */
  readonly next?: string;
  /** The result is the output: no ResultPath. */
  readonly raw?: boolean;
}

/** What each type of state does with its effective input. */
export const BODIES: Readonly<Record<string, (visit: Visit, given: Json) => Done | Promise<Done>>> = {
  Pass: (visit, given) => ({
    result: clone(visit.state.Result === undefined ? parameters(visit, given) : visit.state.Result),
  }),
  Succeed: (_, given) => ({ result: given, raw: true }),
  Fail: fail,
  Choice: choose,
  Wait: wait,
  Task: async (visit, given) => ({ result: await runTask(visit, given) }),
  Parallel: parallel,
  Map: map,
};

function parameters(visit: Visit, given: Json): Json {
  const { Parameters } = visit.state;
  return Parameters === undefined ? given : fill(Parameters, scopeOf(visit, given));
}

function fail(visit: Visit, given: Json): never {
  const field = (name: string): string | undefined => {
    const path = visit.state[`${name}Path`];
    if (path === undefined) return visit.state[name] === undefined ? undefined : String(visit.state[name]);
    const value = resolve(String(path), `${name}Path`, scopeOf(visit, given));
    if (typeof value === "string") return value;
    throw new RuntimeFailure(`The ${name}Path must give a string: ${path}`);
  };
  throw new StateFailure(field("Error"), field("Cause"));
}

function choose(visit: Visit, given: Json): Done {
  const { state } = visit;
  const scope = scopeOf(visit, given);
  const rules = Array.isArray(state.Choices) ? state.Choices.filter(isObject) : [];
  const next = rules.find((rule) => holds(rule, scope))?.Next ?? state.Default;
  if (typeof next === "string") return { result: given, next, raw: true };
  throw new StateFailure(
    "States.NoChoiceMatched",
    `Failed to transition out of the state '${visit.name}'. No choice rules were matched and no default was given.`,
  );
}

/** The longest wait, a little over 68 years, as AWS counts seconds. */
const LONGEST_WAIT_S = 2_147_472_000;

async function wait(visit: Visit, given: Json): Promise<Done> {
  const { journal, context } = visit.run;
  const until = journal.value(visit.thread, () => waitUntil(visit, given, context.clock.now().getTime()));
  await sleepUntil(visit, until);
  return { result: given, raw: true };
}

function waitUntil(visit: Visit, given: Json, nowMs: number): number {
  const { Seconds, SecondsPath, Timestamp, TimestampPath } = visit.state;
  if (Timestamp !== undefined || TimestampPath !== undefined) {
    const text = Timestamp ?? lookUp(visit, given, String(TimestampPath));
    if (typeof text !== "string" || !RFC3339.test(text)) {
      throw new RuntimeFailure(
        Timestamp === undefined
          ? `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: ${TimestampPath} == ${text}`
          : `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`,
      );
    }
    return checkWait(Date.parse(text), nowMs);
  }
  const seconds = Seconds ?? lookUp(visit, given, String(SecondsPath));
  if (seconds === undefined)
    throw new RuntimeFailure(`The SecondsPath parameter does not reference an input value: ${SecondsPath}`);
  if (typeof seconds !== "number" || !Number.isInteger(seconds)) {
    throw new RuntimeFailure(
      `The SecondsPath parameter cannot be parsed as a long value: ${SecondsPath} == ${JSON.stringify(seconds)}`,
    );
  }
  if (seconds < 0)
    throw new RuntimeFailure(`The SecondsPath parameter references a negative value: ${SecondsPath} == ${seconds}`);
  return checkWait(nowMs + seconds * 1000, nowMs);
}

function checkWait(atMs: number, nowMs: number): number {
  if (atMs - nowMs > LONGEST_WAIT_S * 1000) throw new RuntimeFailure("Wait state delay is too long.");
  return atMs;
}

function lookUp(visit: Visit, given: Json, path: string): Json | undefined {
  return find(path, path.startsWith("$$") ? scopeOf(visit, given).context : given);
}

async function parallel(visit: Visit, given: Json): Promise<Done> {
  const { run, thread } = visit;
  const input = parameters(visit, given);
  run.journal.event(thread, "ParallelStateStarted");
  const branches = Array.isArray(visit.state.Branches) ? visit.state.Branches : [];
  const result = await together(visit, branches.length, branches.length, async (child, index) => {
    const output = await run.machine(child, branches[index] as unknown as Machine, clone(input), visit.map);
    return { output, last: child.previous };
  });
  run.journal.event(thread, "ParallelStateSucceeded", {}, { aside: true });
  return { result };
}

async function map(visit: Visit, given: Json): Promise<Done> {
  const { run, thread, state, name } = visit;
  const items = state.ItemsPath === undefined ? given : applyPath(state.ItemsPath, scopeOf(visit, given));
  if (!Array.isArray(items)) {
    throw new RuntimeFailure(`Map state input must be an array but was: ${JSON.stringify(items)}`);
  }
  const most = concurrency(visit, given);
  run.journal.event(thread, "MapStateStarted", { length: items.length });
  const machine = (state.ItemProcessor ?? state.Iterator) as unknown as Machine;
  const template = state.ItemSelector ?? state.Parameters;
  const result = await together(visit, items.length, most === 0 ? items.length : most, async (child, index) => {
    const item = items[index] ?? null;
    const own = { Item: { Index: index, Value: item } };
    run.journal.event(child, "MapIterationStarted", { name, index });
    try {
      const input = template === undefined ? item : fill(template, scopeOf({ ...visit, map: own }, given));
      const output = await run.machine(child, machine, clone(input), own);
      return { output, last: run.journal.event(child, "MapIterationSucceeded", { name, index }, { aside: true }).id };
    } catch (error) {
      if (error instanceof StateFailure)
        run.journal.event(child, "MapIterationFailed", { name, index }, { aside: true });
      throw error;
    }
  });
  run.journal.event(thread, "MapStateSucceeded", {}, { aside: true });
  return { result };
}

function concurrency(visit: Visit, given: Json): number {
  const { MaxConcurrency = 0, MaxConcurrencyPath: path } = visit.state;
  if (path === undefined) return Number(MaxConcurrency);
  const value = lookUp(visit, given, String(path));
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  throw new RuntimeFailure(
    `The MaxConcurrencyPath field refers to value "${shown}" which is not a valid integer: ${path}`,
  );
}

/**
 * Runs children side by side, `most` at a time, until one fails; the others are then ended where they are. How it came
 * out is kept as one effect, so that children which are over aren't run again after a crash.
 */
async function together(
  visit: Visit,
  count: number,
  most: number,
  work: (child: Thread, index: number) => Promise<{ output: Json; last: number }>,
): Promise<Json[]> {
  const { run, thread } = visit;
  const prefix = `${thread.path}/${thread.events}`;
  const started = thread.previous;
  const outcome = await run.journal.effect(thread, async () => {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, thread.signal]);
    const outputs: Json[] = Array.from({ length: count }, () => null);
    let next = 0;
    let last = started;
    const slot = async () => {
      let previous = started;
      while (next < count && !signal.aborted) {
        const index = next++;
        const child: Thread = { path: `${prefix}.${index}`, previous, events: 0, effects: 0, signal };
        try {
          const done = await work(child, index);
          outputs[index] = done.output;
          last = done.last;
          previous = child.previous;
        } catch (error) {
          if (!stop.signal.aborted && error instanceof StateFailure) last = child.previous;
          stop.abort(error);
          throw error;
        }
      }
    };
    const slots = Array.from({ length: Math.min(most, count) }, slot);
    const [failed] = (await Promise.allSettled(slots)).filter((one) => one.status === "rejected");
    thread.signal.throwIfAborted();
    if (!failed) return { outputs, last };
    const reason: unknown = stop.signal.reason;
    if (!(reason instanceof StateFailure)) throw reason;
    return { error: reason.error ?? null, reason: reason.reason ?? null, last };
  });
  const { outputs, error, reason, last } = outcome as { outputs?: Json[]; error?: Json; reason?: Json; last: number };
  thread.previous = last;
  if (outputs) return outputs;
  throw new ChildFailure(
    new StateFailure(error === null ? undefined : String(error), reason === null ? undefined : String(reason)),
  );
}

import type { Machine } from "../asl/definition.ts";
import { ChildFailure, catches, RuntimeFailure, retryAfter, StateFailure } from "../asl/failure.ts";
import { clone, isObject, type Json, type JsonObject } from "../asl/json.ts";
import { place } from "../asl/json-path.ts";
import { applyPath, fill } from "../asl/template.ts";
import type { Thread } from "./journal.ts";
import { type Run, scopeOf, sleepUntil, type Visit } from "./run.ts";
import { BODIES } from "./states.ts";

/** https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const LARGEST_DATA_BYTES = 262_144;

/** Runs a machine, or a branch of one, from its first state to its end. Raises `StateFailure`. */
export async function runMachine(
  run: Run,
  thread: Thread,
  machine: Machine,
  input: Json,
  map: Json | undefined,
): Promise<Json> {
  let name = machine.StartAt;
  let data = input;
  for (;;) {
    const state = machine.States[name];
    if (!state) throw new StateFailure("States.Runtime", `There is no state "${name}".`);
    const step = await runState(run, thread, name, state, data, map);
    if (step.next === undefined) return step.output;
    name = step.next;
    data = step.output;
  }
}

interface Step {
  readonly next: string | undefined;
  readonly output: Json;
}

async function runState(
  run: Run,
  thread: Thread,
  name: string,
  state: JsonObject,
  input: Json,
  map: Json | undefined,
): Promise<Step> {
  const type = String(state.Type);
  const entered = run.journal.event(thread, `${type}StateEntered`, {
    name,
    input: JSON.stringify(input),
    inputDetails: { truncated: false },
  });
  const attempts: number[] = [];
  for (let retries = 0; ; retries++) {
    const visit: Visit = { run, thread, name, state, input, enteredAtMs: entered.atMs, retries, map };
    try {
      const { output, next } = await perform(visit, type);
      return leave(visit, type, output, next);
    } catch (error) {
      const failed = stateFailure(error, name, entered.id);
      const draw = () => run.journal.value(thread, () => Number.parseInt(run.context.random.hex(8), 16) / 2 ** 32);
      const again = retryAfter(state.Retry, failed.failure.error, attempts, draw);
      if (again) {
        attempts[again.index] = (attempts[again.index] ?? 0) + 1;
        const at = run.journal.value(thread, () => run.context.clock.now().getTime() + again.delayMs);
        await sleepUntil(visit, at);
        continue;
      }
      if (failed.inChild) run.journal.event(thread, `${type}StateFailed`);
      const rule = catcher(state, failed.failure.error);
      if (!rule) throw failed.failure;
      const output = withResult(rule.ResultPath, clone(input), failed.failure.output);
      return leave(visit, type, output, String(rule.Next));
    }
  }
}

function stateFailure(error: unknown, name: string, enteredId: number): { failure: StateFailure; inChild: boolean } {
  if (error instanceof ChildFailure) return { failure: error.failure, inChild: true };
  if (error instanceof StateFailure) return { failure: error, inChild: false };
  if (!(error instanceof RuntimeFailure)) throw error;
  const where = `An error occurred while executing the state '${name}' (entered at the event id #${enteredId}).`;
  return { failure: new StateFailure(error.error, `${where} ${error.message}`), inChild: false };
}

function catcher(state: JsonObject, error: string | undefined): JsonObject | undefined {
  const rules = Array.isArray(state.Catch) ? state.Catch.filter(isObject) : [];
  return rules.find((rule) => catches(rule, error));
}

function leave(visit: Visit, type: string, output: Json, next: string | undefined): Step {
  const text = JSON.stringify(output);
  if (type !== "Fail") {
    const details = { name: visit.name, output: text, outputDetails: { truncated: false } };
    visit.run.journal.event(visit.thread, `${type}StateExited`, details);
  }
  return { next, output };
}

/** The state's own work between its paths: InputPath and Parameters before it, ResultSelector to OutputPath after it. */
async function perform(visit: Visit, type: string): Promise<{ output: Json; next: string | undefined }> {
  const { state, input } = visit;
  const body = BODIES[type];
  if (!body) throw new RuntimeFailure(`A state can't be of the type ${type}.`);
  const given = applyPath(state.InputPath, scopeOf(visit, input));
  const { result, next, raw } = await body(visit, given);
  if (raw) return { output: applyPath(state.OutputPath, scopeOf(visit, result)), next };
  const selected = state.ResultSelector === undefined ? result : fill(state.ResultSelector, scopeOf(visit, result));
  const merged = withResult(state.ResultPath, clone(input), selected);
  const output = applyPath(state.OutputPath, scopeOf(visit, merged));
  if (Buffer.byteLength(JSON.stringify(output)) > LARGEST_DATA_BYTES) {
    const message = `The state/task '${visit.name}' returned a result with a size exceeding the maximum number of bytes service limit.`;
    throw new StateFailure("States.DataLimitExceeded", message);
  }
  return { output, next: state.End === true ? undefined : (next ?? String(state.Next)) };
}

function withResult(path: Json | undefined, input: Json, result: Json): Json {
  if (path === undefined) return result;
  if (path === null) return input;
  return place(String(path), input, result);
}

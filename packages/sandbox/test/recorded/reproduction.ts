import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ControlledClock } from "../../src/core/clock.ts";
import { answerOf, comparable, errorOf, isNotThere, readable } from "./answers.ts";
import type { Asked, Clients, Key } from "./clients.ts";
import { type Bindings, departures, type Recorded } from "./compare.ts";

/** One call of a reproduction, held against its recording. */
export interface Comparison {
  readonly service: string;
  readonly operation: string;
  readonly test: string;
  readonly key: string;
  readonly departures: readonly string[];
  /** The sandbox says by name that it doesn't have this: no answer to compare. */
  readonly notThere?: string;
}

/** What a reproduction has at hand: SDK clients of the sandbox, and its recording. */
export interface Stage extends Clients {
  /**
   * Holds a call's answer, or the error that it ends with, against what is recorded under `key`. Returns the answer, or
   * undefined after an error. `only` names the part of the answer that was recorded.
   */
  match<Output>(key: string, asked: Asked<Output>, only?: (output: Output) => unknown): Promise<Output | undefined>;
  /** Holds what a test made of an error's code and message against what is recorded under `key`. */
  matchError(key: string, asked: Asked<unknown>, shape: (code: string, message: string) => unknown): Promise<void>;
  /** Of what was recorded without being an answer (a name that the test made up): binds its masks, counts as no call. */
  given(key: string, value: unknown): void;
  /** The same clients with another key: an assumed role's. */
  as(credentials: Key): Clients;
  /** The same clients in another region. */
  in(region: string): Clients;
  /** From now on `actual` reads as `word` in answers: LocalStack's tests hid some names under plain words. */
  hide(actual: string, word: string): void;
  readonly clock: ControlledClock;
  readonly account: string;
  readonly region: string;
  /** A name that no other test has: LocalStack's `short_uid`. */
  name(prefix: string): string;
}

export type Reproduction = (stage: Stage) => Promise<void>;

/** Reproductions by the name that the recording has for them, without the path of the test file. */
export interface Reproductions {
  /** `sqs__test_sqs`: the recording's file without its ending. */
  readonly file: string;
  /** The service whose calls they are. */
  readonly service: string;
  readonly tests: Readonly<Record<string, Reproduction>>;
}

/** `TestClass::test_name` → key → answer. */
export function readRecording(folder: string, file: string): Map<string, Readonly<Record<string, Recorded>>> {
  const text = readFileSync(join(folder, `${file}.snapshot.json`), "utf8");
  const tests = JSON.parse(text) as Record<string, { "recorded-content": Record<string, Recorded> }>;
  return new Map(Object.entries(tests).map(([id, test]) => [id.replace(/^.*?\.py::/, ""), test["recorded-content"]]));
}

/** Runs one reproduction; each recorded answer that it doesn't reach counts as one that differs. */
export async function reproduce(
  { service }: Pick<Reproductions, "service">,
  test: string,
  run: Reproduction,
  content: Readonly<Record<string, Recorded>>,
  stage: Omit<Stage, "match" | "matchError" | "given" | "hide">,
): Promise<Comparison[]> {
  const bindings: Bindings = new Map();
  const made: Comparison[] = [];
  const seen = new Set<string>();
  const given: Stage["given"] = (key, value) => {
    const wrong = departures(content[key] ?? null, value, bindings);
    if (wrong.length > 0) throw new Error(`"${key}" isn't what was recorded: ${wrong.join("; ")}`);
    seen.add(key);
  };
  const match: Stage["match"] = async (key, asked, only) => {
    const told = content[key];
    if (told === undefined) throw new Error(`Nothing is recorded under "${key}".`);
    seen.add(key);
    const recorded = comparable(told);
    const call = { service: asked.service, operation: asked.operation, test, key };
    try {
      const output = await asked;
      const got = only ? await readable(only(output)) : await answerOf(output as object);
      made.push({ ...call, departures: departures(recorded, masked(got), bindings) });
      return output;
    } catch (thrown) {
      if (isNotThere(thrown)) made.push({ ...call, departures: [], notThere: (thrown as Error).message });
      else made.push({ ...call, departures: departures(recorded, masked(errorOf(thrown, recorded)), bindings) });
      return undefined;
    }
  };
  const hidden = new Map<string, string>();
  const hide: Stage["hide"] = (actual, word) => hidden.set(actual, word);
  const masked = (value: unknown): unknown => {
    if (typeof value === "string") return [...hidden].reduce((text, [from, to]) => text.replaceAll(from, to), value);
    if (Array.isArray(value)) return value.map(masked);
    if (value === null || typeof value !== "object" || value instanceof Date) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item)]));
  };
  const matchError: Stage["matchError"] = async (key, asked, shape) => {
    const recorded = content[key];
    if (recorded === undefined) throw new Error(`Nothing is recorded under "${key}".`);
    seen.add(key);
    const call = { service: asked.service, operation: asked.operation, test, key };
    try {
      await asked;
      made.push({ ...call, departures: ["recorded an error, got none"] });
    } catch (thrown) {
      const { name, message } = thrown as Error;
      if (isNotThere(thrown)) made.push({ ...call, departures: [], notThere: message });
      else made.push({ ...call, departures: departures(recorded, shape(name, message), bindings) });
    }
  };
  let ended = "the reproduction ended before it";
  let notThere: string | undefined;
  try {
    await run({ ...stage, match, matchError, given, hide });
  } catch (thrown) {
    if (isNotThere(thrown)) notThere = (thrown as Error).message;
    ended = `not reached: ${String(thrown)}`;
  }
  for (const key of Object.keys(content)) {
    if (seen.has(key)) continue;
    const missed = { service, operation: "", test, key, departures: [ended] };
    made.push(notThere === undefined ? missed : { ...missed, departures: [], notThere });
  }
  return made;
}

import { RuntimeFailure } from "./failure.ts";
import { isObject, isSame, type Json } from "./json.ts";

/** `.a`, `['a','b']`, `[0]`, `[1:3]`, `[*]`, `[?(@.n > 1)]`, each after `..` or not. */
type Step =
  | { readonly kind: "names"; readonly names: readonly string[]; readonly deep: boolean }
  | { readonly kind: "indexes"; readonly indexes: readonly number[]; readonly deep: boolean }
  | {
      readonly kind: "slice";
      readonly from: number | undefined;
      readonly to: number | undefined;
      readonly step: number;
      readonly deep: boolean;
    }
  | { readonly kind: "all"; readonly deep: boolean }
  | { readonly kind: "filter"; readonly test: (item: Json) => boolean; readonly deep: boolean };

export interface Path {
  readonly text: string;
  readonly steps: readonly Step[];
  /** It can name one value at most; others answer with a list. */
  readonly isDefinite: boolean;
}

const parsed = new Map<string, Path>();

/**
 * Reads a JSONPath, without the `$` or `$$` before it. Raises `SyntaxError`.
 * https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
 */
export function parsePath(text: string): Path {
  const known = parsed.get(text);
  if (known) return known;
  const steps: Step[] = [];
  let rest = text.replace(/^\$\$?/, "");
  while (rest !== "") {
    const deep = rest.startsWith("..");
    if (deep) rest = rest.slice(rest[2] === "[" ? 2 : 1);
    const [taken, step] = readStep(rest, deep, text);
    steps.push(step);
    rest = rest.slice(taken);
  }
  const isDefinite = steps.every(
    (step) =>
      !step.deep &&
      ((step.kind === "names" && step.names.length === 1) || (step.kind === "indexes" && step.indexes.length === 1)),
  );
  const path = { text, steps, isDefinite };
  if (parsed.size > 1000) parsed.clear();
  parsed.set(text, path);
  return path;
}

function readStep(rest: string, deep: boolean, whole: string): [number, Step] {
  const dotted = /^\.(\*|[^.[\]()'"\s*@?]+)/.exec(rest);
  if (dotted) {
    const name = dotted[1] ?? "";
    return [dotted[0].length, name === "*" ? { kind: "all", deep } : { kind: "names", names: [name], deep }];
  }
  const close = closingBracket(rest);
  if (close < 0) throw new SyntaxError(`Invalid path '${whole}'`);
  const inner = rest.slice(1, close).trim();
  const length = close + 1;
  if (inner === "*") return [length, { kind: "all", deep }];
  const filter = /^\?\s*\((.*)\)$/s.exec(inner);
  if (filter) return [length, { kind: "filter", test: readFilter(filter[1] ?? "", whole), deep }];
  const quoted = [...inner.matchAll(/\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(?:,|$)/gy)];
  if (quoted.length > 0 && quoted.map(([part]) => part).join("") === inner) {
    const names = quoted.map(([, single, double]) =>
      single === undefined ? (double ?? "").replaceAll('\\"', '"') : single.replaceAll("\\'", "'"),
    );
    return [length, { kind: "names", names, deep }];
  }
  if (/^-?\d+(\s*,\s*-?\d+)*$/.test(inner))
    return [length, { kind: "indexes", indexes: inner.split(",").map(Number), deep }];
  const slice = /^(-?\d*):(-?\d*)(?::(\d+))?$/.exec(inner);
  if (!slice) throw new SyntaxError(`Invalid path '${whole}'`);
  const bound = (given: string | undefined) => (given ? Number(given) : undefined);
  return [length, { kind: "slice", from: bound(slice[1]), to: bound(slice[2]), step: bound(slice[3]) ?? 1, deep }];
}

/** Where the bracket at the beginning closes, past quotes and inner brackets; -1 where it doesn't. */
function closingBracket(text: string): number {
  if (text[0] !== "[") return -1;
  let depth = 0;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (quote) {
      if (character === "\\") at++;
      else if (character === quote) quote = "";
    } else if (character === "'" || character === '"') quote = character;
    else if (character === "[") depth++;
    else if (character === "]" && --depth === 0) return at;
  }
  return -1;
}

/** `@.price < 10 && @.kind == 'a'`: comparisons of paths with constants, joined by `&&` and `||`, and bare paths. */
function readFilter(text: string, whole: string): (item: Json) => boolean {
  const anyOf = text.split("||").map((part) => part.split("&&").map((one) => readComparison(one.trim(), whole)));
  return (item) => anyOf.some((allOf) => allOf.every((test) => test(item)));
}

function readComparison(text: string, whole: string): (item: Json) => boolean {
  const match = /^(!?)@([^\s=!<>]*)\s*(?:(==|!=|<=|>=|<|>)\s*(.+))?$/.exec(text);
  if (!match) throw new SyntaxError(`Invalid path '${whole}'`);
  const [, negated, path = "", operator, constant] = match;
  const steps = parsePath(`$${path}`);
  if (operator === undefined) return (item) => evaluate(steps, item).length > 0 !== (negated === "!");
  let expected: Json;
  try {
    expected = JSON.parse(
      (constant ?? "").trim().replace(/^'(.*)'$/, (_, inner: string) => JSON.stringify(inner)),
    ) as Json;
  } catch {
    throw new SyntaxError(`Invalid path '${whole}'`);
  }
  return (item) => {
    const [value] = evaluate(steps, item);
    if (operator === "==") return isSame(value, expected);
    if (operator === "!=") return !isSame(value, expected);
    if (typeof value !== typeof expected || value === null || value === undefined || expected === null) return false;
    if (operator === "<") return value < expected;
    if (operator === "<=") return value <= expected;
    if (operator === ">") return value > expected;
    return value >= expected;
  };
}

/** Every value that the path names, in document order. */
function evaluate(path: Path, root: Json): Json[] {
  let values: Json[] = [root];
  for (const step of path.steps) {
    const from = step.deep ? values.flatMap(withDescendants) : values;
    values = from.flatMap((value) => select(step, value));
  }
  return values;
}

function withDescendants(value: Json): Json[] {
  const children = typeof value === "object" && value !== null ? Object.values(value) : [];
  return [value, ...children.flatMap(withDescendants)];
}

function select(step: Step, value: Json): Json[] {
  if (step.kind === "names") {
    if (!isObject(value)) return [];
    return step.names.filter((name) => Object.hasOwn(value, name)).map((name) => value[name] ?? null);
  }
  if (step.kind === "all" || step.kind === "filter") {
    const items = typeof value === "object" && value !== null ? Object.values(value) : [];
    return step.kind === "all" ? items : items.filter(step.test);
  }
  if (!Array.isArray(value)) return [];
  if (step.kind === "indexes") {
    return step.indexes
      .map((index) => (index < 0 ? value.length + index : index))
      .filter((index) => index >= 0 && index < value.length)
      .map((index) => value[index] ?? null);
  }
  return value.slice(step.from, step.to).filter((_, index) => index % step.step === 0);
}

/** One value for a definite path, a list for others; undefined where a definite path finds nothing. */
export function find(text: string, root: Json): Json | undefined {
  const path = parsePath(text);
  const values = evaluate(path, root);
  return path.isDefinite ? values[0] : values;
}

/** As `find`, where something must be there. Raises `States.Runtime` as AWS words it. */
export function require(text: string, root: Json): Json {
  const value = find(text, root);
  if (value !== undefined) return value;
  throw new RuntimeFailure(`Invalid path '${text}' : ${whyMissing(parsePath(text), root)}`);
}

function whyMissing(path: Path, root: Json): string {
  let value: Json | undefined = root;
  let text = "$";
  for (const [index, step] of path.steps.entries()) {
    if (step.kind === "names") text += `['${step.names[0]}']`;
    else if (step.kind === "indexes") text += `[${step.indexes[0]}]`;
    const isLast = index === path.steps.length - 1;
    value = value === undefined ? undefined : select(step, value)[0];
    if (value === undefined) return isLast ? `No results for path: ${text}` : `Missing property in path ${text}`;
  }
  return `No results for path: ${text}`;
}

/**
 * `value` put into `root` at a reference path, as ResultPath does: objects and list places on the way are made. `root` is
 * changed and returned. https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultpath.html
 */
export function place(text: string, root: Json, value: Json): Json {
  const { steps, isDefinite } = parsePath(text);
  if (!isDefinite) throw new RuntimeFailure(`Reference path "${text}" must identify one place.`);
  if (steps.length === 0) return value;
  const keys = steps.map((step) =>
    step.kind === "names" ? (step.names[0] ?? "") : step.kind === "indexes" ? (step.indexes[0] ?? 0) : 0,
  );
  if (!isObject(root) && !Array.isArray(root)) throw mismatch(text, root);
  let container: Json = root;
  for (const [at, key] of keys.entries()) {
    const isLast = at === keys.length - 1;
    if (typeof key === "number") {
      if (!Array.isArray(container) || key < 0 || key > container.length) throw mismatch(text, root);
      if (isLast) container[key] = value;
      else container = container[key] ?? null;
      continue;
    }
    if (!isObject(container)) throw mismatch(text, root);
    if (isLast) container[key] = value;
    else {
      const next: Json = container[key] ?? {};
      container[key] = next;
      container = next;
    }
  }
  return root;
}

function mismatch(text: string, root: Json): RuntimeFailure {
  const message = `Unable to apply ReferencePath ${text} to input ${JSON.stringify(root)}`;
  return new RuntimeFailure(message, "States.ResultPathMatchFailure");
}

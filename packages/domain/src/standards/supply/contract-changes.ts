import { parse } from "yaml";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Node = { [key: string]: Json };

/** Something that a caller who relied on the contract finds different, and may fail by. */
export interface BreakingChange {
  /** `GET /orders/{id}` */
  readonly operation: string;
  readonly message: string;
}

const METHODS = ["get", "put", "post", "delete", "head", "patch", "options"] as const;

const isNode = (value: Json | undefined): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const nodeOf = (value: Json | undefined): Node => (isNode(value) ? value : {});
const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

/** Undefined where a text is no OpenAPI document. */
function read(text: string): Node | undefined {
  try {
    const document = parse(text, { maxAliasCount: 0 }) as Json;
    return isNode(document) && isNode(document.paths) ? document : undefined;
  } catch {
    // It is said elsewhere: a contract that can't be read has no operations.
    return undefined;
  }
}

/** The major version that a contract gives itself, as in `info.version: 2.1.0`. */
function majorOf(document: Node): number {
  return Number.parseInt(String(nodeOf(document.info).version ?? "0"), 10) || 0;
}

/**
 * What breaks callers of `before` under `after`, both the text of an OpenAPI document; none where the major version of the
 * whole was raised, which says that it is meant. Undefined where one of them can't be read.
 */
export function breakingChanges(before: string, after: string): BreakingChange[] | undefined {
  const [old, next] = [read(before), read(after)];
  if (!old || !next) return undefined;
  if (majorOf(next) > majorOf(old)) return [];
  const later = operationsOf(next);
  return [...operationsOf(old)].flatMap(([key, operation]) => {
    const compared = later.get(key);
    if (!compared) return [{ operation: operation.name, message: "It is gone." }];
    const messages = compareOperations(operation, compared);
    return [...new Set(messages)].map((message) => ({ operation: operation.name, message }));
  });
}

interface Operation {
  readonly name: string;
  readonly node: Node;
  readonly parameters: ReadonlyMap<string, Node>;
  readonly resolve: (value: Json | undefined) => Node;
  readonly isForAll: boolean;
}

/** By method and path, in which the names of parameters don't matter. */
function operationsOf(document: Node): Map<string, Operation> {
  const resolve = resolverOf(document);
  const found = new Map<string, Operation>();
  for (const [path, item] of Object.entries(nodeOf(document.paths))) {
    for (const method of METHODS) {
      const written = nodeOf(item)[method];
      if (!isNode(written)) continue;
      const parameters = [...listOf(nodeOf(item).parameters), ...listOf(written.parameters)].map(resolve);
      const security = written.security ?? document.security;
      found.set(`${method} ${path.replace(/\{[^}]*\}/g, "{}")}`, {
        name: `${method.toUpperCase()} ${path}`,
        node: written,
        // The name of one in the path is nobody's business: its place is.
        parameters: new Map(
          parameters.filter(({ in: where }) => where !== "path").map((each) => [`${each.in} ${each.name}`, each]),
        ),
        resolve,
        isForAll: listOf(security).every((each) => Object.keys(nodeOf(each)).length === 0),
      });
    }
  }
  return found;
}

/** Follows `$ref` within the document, however often one leads to the next; one that leads nowhere is an empty node. */
function resolverOf(document: Node) {
  return (value: Json | undefined): Node => {
    let node = nodeOf(value);
    for (let step = 0; step < 20 && typeof node.$ref === "string"; step++) {
      const names = node.$ref.replace(/^#\//, "").split("/").map(unescaped);
      node = nodeOf(names.reduce<Json | undefined>((at, name) => nodeOf(at)[name], document));
    }
    return node;
  };
}

const unescaped = (name: string) => decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~");

function compareOperations(old: Operation, next: Operation): string[] {
  return [
    ...(old.isForAll && !next.isForAll ? ["It asks callers who they are, and didn't before."] : []),
    ...compareParameters(old, next),
    ...compareBodies(old, next),
    ...compareResponses(old, next),
  ];
}

function compareParameters(old: Operation, next: Operation): string[] {
  return [...next.parameters].flatMap(([key, parameter]) => {
    const known = old.parameters.get(key);
    const what = `The parameter ${String(parameter.name)} (${String(parameter.in)})`;
    if (!known) return parameter.required === true ? [`${what} is new, and required.`] : [];
    const required = parameter.required === true && known.required !== true ? [`${what} is required now.`] : [];
    return [
      ...required,
      ...compareSchemas(known.schema, parameter.schema, { old, next, sent: true, what, seen: new Set() }),
    ];
  });
}

function compareBodies(old: Operation, next: Operation): string[] {
  const [before, after] = [old.resolve(old.node.requestBody), next.resolve(next.node.requestBody)];
  const required = after.required === true && before.required !== true ? ["A body is required now."] : [];
  return [...required, ...compareContents(before, after, { old, next, sent: true, what: "The body", seen: new Set() })];
}

function compareResponses(old: Operation, next: Operation): string[] {
  const [before, after] = [nodeOf(old.node.responses), nodeOf(next.node.responses)];
  return Object.entries(before).flatMap(([status, response]) => {
    const what = `The answer ${status}`;
    const compared = after[status] ?? after[`${status[0]}XX`] ?? after.default;
    // Another failure than before is a failure still.
    if (compared === undefined) return /^2/.test(status) ? [`${what} is gone.`] : [];
    const context = { old, next, sent: false, what, seen: new Set<string>() };
    return compareContents(old.resolve(response), next.resolve(compared), context);
  });
}

interface Context {
  readonly old: Operation;
  readonly next: Operation;
  /** By the caller; else it is what they get. */
  readonly sent: boolean;
  readonly what: string;
  /** Pairs of references that are being compared already: schemas may hold themselves. */
  readonly seen: ReadonlySet<string>;
}

function compareContents(before: Node, after: Node, context: Context): string[] {
  const later = nodeOf(after.content);
  return Object.entries(nodeOf(before.content)).flatMap(([type, media]) => {
    const compared = later[type];
    if (compared === undefined) return [`${context.what} is no longer ${type}.`];
    return compareSchemas(nodeOf(media).schema, nodeOf(compared).schema, context);
  });
}

/** What a caller sends must still be taken, what they get must still be what they know: the same look, from both sides. */
function compareSchemas(before: Json | undefined, after: Json | undefined, context: Context): string[] {
  const pair = JSON.stringify([nodeOf(before).$ref ?? before, nodeOf(after).$ref ?? after]) ?? "";
  if (context.seen.has(pair)) return [];
  const inner = { ...context, seen: new Set(context.seen).add(pair) };
  const old = flattened(before, context.old.resolve);
  const next = flattened(after, context.next.resolve);
  return [
    ...compareTypes(old, next, inner),
    ...compareEnums(old, next, inner),
    ...compareLimits(old, next, inner),
    ...compareChoices(old, next, inner),
    ...compareProperties(old, next, inner),
    ...(isNode(old.items) && isNode(next.items)
      ? compareSchemas(old.items, next.items, { ...inner, what: `${inner.what}, each item` })
      : []),
  ];
}

/** A schema with what it is composed of (`allOf`) put into one. */
function flattened(value: Json | undefined, resolve: Operation["resolve"], depth = 0): Node {
  const node = resolve(value);
  const parts = depth < 10 ? listOf(node.allOf).map((part) => flattened(part, resolve, depth + 1)) : [];
  if (parts.length === 0) return node;
  const { allOf: _composed, ...own } = node;
  const all = [...parts, own];
  return {
    ...Object.assign({}, ...all),
    properties: Object.assign({}, ...all.map(({ properties }) => nodeOf(properties))),
    required: [...new Set(all.flatMap(({ required }) => listOf(required)))],
  };
}

/** Every integer is a number. */
function typesOf({ type, nullable }: Node): string[] | undefined {
  if (type === undefined) return undefined;
  const types = (Array.isArray(type) ? type : [type]).map(String);
  return [...types, ...(types.includes("number") ? ["integer"] : []), ...(nullable === true ? ["null"] : [])];
}

function compareTypes(old: Node, next: Node, { sent, what }: Context): string[] {
  const [before, after] = [typesOf(old), typesOf(next)];
  const [wide, narrow] = sent ? [after, before] : [before, after];
  if (!wide) return [];
  // What could be anything is now said to be something.
  if (!narrow) return sent ? [`${what} was of any type, and is ${wide.join(" or ")} now.`] : [];
  const stray = narrow.filter((each) => !wide.includes(each) && !(each === "integer" && wide.includes("number")));
  if (stray.length === 0) return [];
  return [sent ? `${what} may not be ${stray.join(" or ")} any more.` : `${what} may be ${stray.join(" or ")} now.`];
}

function compareEnums(old: Node, next: Node, { sent, what }: Context): string[] {
  const said = (node: Node) => (Array.isArray(node.enum) ? node.enum.map((each) => JSON.stringify(each)) : undefined);
  const [before, after] = [said(old), said(next)];
  if (sent) {
    if (!after) return [];
    if (!before) return [`${what} takes ${after.join(", ")} only.`];
    const gone = before.filter((each) => !after.includes(each));
    return gone.length > 0 ? [`${what} may not be ${gone.join(", ")} any more.`] : [];
  }
  if (!before) return [];
  const added = after?.filter((each) => !before.includes(each)) ?? ["anything"];
  return added.length > 0 ? [`${what} may be ${added.join(", ")} now.`] : [];
}

const UPPER = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"] as const;
const LOWER = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"] as const;

/** Limits of what a caller sends: a stricter one refuses what was taken. What they get may only become less. */
function compareLimits(old: Node, next: Node, { sent, what }: Context): string[] {
  if (!sent) return [];
  const stricter = [
    ...UPPER.filter((name) => isLess(next[name], old[name])),
    ...LOWER.filter((name) => isLess(old[name], next[name])),
  ].map((name) => `${what} has a stricter ${name}: ${String(next[name])}.`);
  const shapes = (["pattern", "format"] as const)
    .filter((name) => next[name] !== undefined && next[name] !== old[name])
    .map((name) => `${what} has another ${name}: ${String(next[name])}.`);
  return [...stricter, ...shapes];
}

/** Whether limit `a` is there and below `b`; where `b` isn't there, everything is below it. */
function isLess(a: Json | undefined, b: Json | undefined): boolean {
  if (typeof a === "number" && typeof b === "number") return a < b;
  return typeof a === "number" && b === undefined;
}

/** Of several forms each must be there as it was: nothing else is sure. */
function compareChoices(old: Node, next: Node, { old: from, next: to, sent, what }: Context): string[] {
  const forms = (node: Node, resolve: Operation["resolve"]) =>
    [...listOf(node.oneOf), ...listOf(node.anyOf)].map((each) => JSON.stringify(flattened(each, resolve)));
  const [before, after] = [forms(old, from.resolve), forms(next, to.resolve)];
  if (before.length === 0 && (!sent || after.length === 0)) return [];
  if (sent)
    return before.every((each) => after.includes(each)) && before.length > 0 ? [] : [`${what} takes other forms.`];
  return after.length > 0 && after.every((each) => before.includes(each)) ? [] : [`${what} has other forms.`];
}

function compareProperties(old: Node, next: Node, context: Context): string[] {
  const { sent, what } = context;
  const [before, after] = [nodeOf(old.properties), nodeOf(next.properties)];
  const [wasRequired, isRequired] = [listOf(old.required), listOf(next.required)].map((names) => names.map(String));
  const required = sent
    ? (isRequired ?? []).filter((name) => !wasRequired?.includes(name)).map((name) => `${what} needs ${name} now.`)
    : (wasRequired ?? []).filter((name) => !isRequired?.includes(name)).map((name) => `${what} may lack ${name} now.`);
  const refused =
    sent && next.additionalProperties === false
      ? Object.keys(before)
          .filter((name) => !(name in after))
          .map((name) => `${what} may not hold ${name} any more.`)
      : [];
  const inner = Object.entries(before).flatMap(([name, schema]) =>
    name in after ? compareSchemas(schema, after[name], { ...context, what: `${what}, ${name}` }) : [],
  );
  return [...required, ...refused, ...inner];
}

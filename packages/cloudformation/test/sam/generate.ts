import type { Json, JsonObject } from "../../src/index.ts";
import type { Case } from "./oracle.ts";

/** A template being put together. */
export interface Sketch {
  readonly Parameters: JsonObject;
  readonly Mappings: JsonObject;
  readonly Conditions: JsonObject;
  readonly Globals: { [type: string]: JsonObject };
  readonly Resources: { [id: string]: JsonObject };
  readonly Outputs: JsonObject;
}

/** One thing that a template may have, in several ways. */
export interface Feature {
  readonly name: string;
  readonly variants: readonly ((sketch: Sketch) => void)[];
  /** The resource and the path below its `Properties`, when it is a property. */
  readonly place?: { readonly id: string; readonly path: readonly string[] };
}

/** Features that are tried one by one and two by two, over a template that has the least. */
export interface Group {
  readonly name: string;
  readonly base: (sketch: Sketch) => void;
  readonly features: readonly Feature[];
}

const PARAMETERS = {
  Stage: "v1",
  Alias: "live",
  Tracing: "Active",
  Untraced: "Disabled",
  Retries: "2",
  Bucket: "code",
  Key: "orders/7.zip",
  Shift: "Linear10PercentEvery1Minute",
  On: "true",
  Origin: "https://shop.example.com",
};

/** Numbers between 0 and 1, the same in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Each variant of each feature alone, and each pair of features in variants taken at random. `share` is the part of the
 * pairs that is taken, evenly spread.
 */
export function casesOf(group: Group, seed: number, share = 1): Case[] {
  const random = randomFrom(seed);
  const cases: Case[] = [caseOf(group.name, [group.base])];
  for (const { name, variants } of group.features) {
    for (const [index, variant] of variants.entries()) {
      cases.push(caseOf(`${group.name}: ${name} #${index}`, [group.base, variant]));
    }
  }
  let owed = 0;
  for (const [index, one] of group.features.entries()) {
    for (const other of group.features.slice(index + 1)) {
      owed += share;
      const pick = (feature: Feature) => Math.floor(random() * feature.variants.length);
      const [a, b] = [pick(one), pick(other)];
      if (owed < 1) continue;
      owed -= 1;
      const steps = [group.base, one.variants[a], other.variants[b]].filter((step) => step !== undefined);
      cases.push(caseOf(`${group.name}: ${one.name} #${a} and ${other.name} #${b}`, steps));
    }
  }
  return cases;
}

/** Templates that have many features at once, taken at random. */
export function mixedCases(group: Group, seed: number, count: number): Case[] {
  const random = randomFrom(seed);
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  return Array.from({ length: count }, (_, index) => {
    const wanted = 3 + Math.floor(random() * 6);
    const chosen = new Set(Array.from({ length: wanted }, () => pick(group.features)).filter((found) => !!found));
    const steps = [...chosen].map(({ variants }) => pick(variants)).filter((step) => !!step);
    const names = [...chosen].map(({ name }) => name).join(", ");
    return caseOf(`${group.name} mixed #${index}: ${names}`, [group.base, ...steps]);
  });
}

export function caseOf(name: string, steps: readonly ((sketch: Sketch) => void)[]): Case {
  const sketch: Sketch = {
    Parameters: Object.fromEntries(Object.keys(PARAMETERS).map((key) => [key, { Type: "String" }])),
    Mappings: { Plans: { dev: { Type: "AllAtOnce", On: false }, prod: { Type: "Canary10Percent5Minutes", On: true } } },
    Conditions: { Yes: { "Fn::Equals": ["a", "a"] }, No: { "Fn::Equals": ["a", "b"] } },
    Globals: {},
    Resources: {
      Queue: { Type: "AWS::SQS::Queue" },
      Topic: { Type: "AWS::SNS::Topic" },
      Role: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: {} } },
    },
    Outputs: { Queue: { Value: { "Fn::GetAtt": ["Queue", "Arn"] } } },
  };
  for (const step of steps) step(sketch);
  const { Globals, ...rest } = sketch;
  const globals = Object.keys(Globals).length > 0 ? { Globals } : {};
  const text = JSON.stringify({ Transform: "AWS::Serverless-2016-10-31", ...rest, ...globals });
  return { name, text, parameters: PARAMETERS };
}

const isMap = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A map below another, made when it isn't there. */
export function within(parent: JsonObject, ...path: string[]): JsonObject {
  return path.reduce((map, name) => {
    const known = map[name];
    if (isMap(known)) return known;
    const made: JsonObject = {};
    map[name] = made;
    return made;
  }, parent);
}

export function resource(sketch: Sketch, id: string): JsonObject {
  sketch.Resources[id] ??= {};
  return sketch.Resources[id];
}

/** A property of a resource, or deeper: `property("Function", ["Environment"], { Variables: {} })`. */
export function property(id: string, path: readonly string[], ...values: Json[]): Feature {
  const name = path.join(".");
  const last = path.at(-1) ?? "";
  return {
    name,
    place: { id, path },
    variants: values.map((value) => (sketch) => {
      within(resource(sketch, id), "Properties", ...path.slice(0, -1))[last] = structuredClone(value);
    }),
  };
}

export function inGlobals(type: string, name: string, ...values: Json[]): Feature {
  return {
    name: `Globals.${type}.${name}`,
    variants: values.map((value) => (sketch) => {
      within(sketch.Globals, type)[name] = structuredClone(value);
    }),
  };
}

/** An attribute beside a resource's properties. */
export function attribute(id: string, name: string, ...values: Json[]): Feature {
  return {
    name,
    variants: values.map((value) => (sketch) => {
      resource(sketch, id)[name] = structuredClone(value);
    }),
  };
}

export const ref = (name: string): JsonObject => ({ Ref: name });
export const getAtt = (id: string, name: string): JsonObject => ({ "Fn::GetAtt": [id, name] });
export const when = (condition: string, one: Json, other: Json): JsonObject => ({ "Fn::If": [condition, one, other] });
export const nothing: JsonObject = { Ref: "AWS::NoValue" };

import { isObject, type Json, type JsonObject, type Path } from "../json.ts";
import type { FindingList } from "../template.ts";
import { Refusal } from "./context.ts";
import { isFunction, onlyKey } from "./values.ts";

type Check = (value: Json) => boolean;

const isText: Check = (value) => typeof value === "string";
const isTextOrMap: Check = (value) => isText(value) || isObject(value);
const isFlag: Check = (value) => typeof value === "boolean";
/** A boolean passes too: in the translator's language it is a number. */
const isInteger: Check = (value) => isFlag(value) || Number.isInteger(value);
const mapOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);

/** What SAM checks of a property's value before it expands a resource. */
const CHECKS = {
  any: () => true,
  text: isText,
  textOrMap: isTextOrMap,
  map: (value) => isObject(value),
  flag: isFlag,
  flagOrMap: (value) => isFlag(value) || isObject(value),
  integer: isInteger,
  list: (value) => Array.isArray(value),
  mapOfText: mapOf(isText),
  mapOfMaps: mapOf((value) => isObject(value)),
  mapOfIntegers: mapOf((value) => isInteger(value) || isObject(value)),
  textsOrMaps: (value) => Array.isArray(value) && value.every(isTextOrMap),
  policiesOrList: (value) => isText(value) || (Array.isArray(value) && value.every(isTextOrMap)),
  policies: (value) => isTextOrMap(value) || (Array.isArray(value) && value.every(isTextOrMap)),
} satisfies Record<string, Check>;

const EXPECTED: Partial<Record<keyof typeof CHECKS, string>> = { text: "string", map: "map" };

/** Names of properties by what they must be; functions may stand for each of them, except those in `literal`. */
type PropertyKinds = Partial<Record<keyof typeof CHECKS | "required" | "literal" | "unsupported", string>>;

interface Rules {
  readonly kinds: ReadonlyMap<string, keyof typeof CHECKS>;
  readonly required: readonly string[];
  readonly literal: ReadonlySet<string>;
  /** Known to SAM, not to this expansion. */
  readonly unsupported: ReadonlySet<string>;
}

const words = (text: string | undefined): string[] => (text ?? "").split(/\s+/).filter(Boolean);

export function propertyRules({ required, literal, unsupported, ...kinds }: PropertyKinds): Rules {
  const byName = new Map<string, keyof typeof CHECKS>();
  for (const [kind, names] of Object.entries(kinds)) {
    for (const name of words(names)) byName.set(name, kind as keyof typeof CHECKS);
  }
  return {
    kinds: byName,
    required: words(required),
    literal: new Set(words(literal)),
    unsupported: new Set(words(unsupported)),
  };
}

/**
 * Reports each property that is unknown or unsupported, in SAM's words where it has them. Raises `Refusal` for one that
 * is missing or of the wrong kind: what comes next counts on the kinds.
 */
export function checkProperties(
  findings: FindingList,
  what: { readonly id: string; readonly type: string; readonly path: Path },
  properties: JsonObject,
  rules: Rules,
): void {
  const wrong: Refusal[] = [];
  const refused = (name: string, message: string) =>
    new Refusal([...what.path, name], `Resource with id [${what.id}] is invalid. ${message}`);
  const found = ({ path, message }: Refusal) => findings.add(path, message);
  for (const [name, value] of Object.entries(properties)) {
    const kind = rules.kinds.get(name);
    if (rules.unsupported.has(name)) found(refused(name, `property ${name} of ${what.type} isn't supported.`));
    else if (!kind) found(refused(name, `property ${name} not defined for resource of type ${what.type}`));
    else if (!CHECKS[kind](value) && (rules.literal.has(name) || onlyKey(value) === undefined)) {
      const expected = EXPECTED[kind];
      const message = expected
        ? `Property '${name}' should be a ${expected}.`
        : `Type of property '${name}' is invalid.`;
      wrong.push(refused(name, message));
    }
  }
  for (const name of rules.required) {
    if (properties[name] === undefined) wrong.push(refused(name, `Missing required property '${name}'.`));
  }
  const [first, ...others] = wrong;
  for (const other of others) found(other);
  if (first) throw first;
}

/**
 * Reports members of a nested map that nothing here reads. SAM lets them pass in silence, so that a misspelt `Alarm`
 * would deploy without one.
 */
export function refuseUnknownKeys(
  findings: FindingList,
  path: Path,
  what: string,
  value: Json | undefined,
  known: string,
): void {
  if (!isObject(value) || isFunction(value)) return;
  const names = words(known);
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) findings.add([...path, name], `${what}: '${name}' isn't supported.`);
  }
}

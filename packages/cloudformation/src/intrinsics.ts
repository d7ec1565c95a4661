import { splitAttribute } from "./document.ts";
import { isObject, type Json, type Path } from "./json.ts";

/** Functions that templates may use here. Every other `Fn::…` is refused by name. */
export const SUPPORTED_FUNCTIONS = new Set([
  "Ref",
  "Condition",
  "Fn::And",
  "Fn::Base64",
  "Fn::Cidr",
  "Fn::Equals",
  "Fn::FindInMap",
  "Fn::GetAtt",
  "Fn::GetAZs",
  "Fn::If",
  "Fn::ImportValue",
  "Fn::Join",
  "Fn::Not",
  "Fn::Or",
  "Fn::Select",
  "Fn::Split",
  "Fn::Sub",
]);

export interface Intrinsic {
  readonly name: string;
  readonly argument: Json;
}

/**
 * The intrinsic that a value is, if it is one: an object with one member, `Ref` or `Fn::…`. `Condition` is one only
 * inside conditions; elsewhere (an IAM statement) it is an ordinary member, so the caller must ask for it.
 */
export function intrinsicOf(value: Json | undefined, within: "value" | "condition" = "value"): Intrinsic | undefined {
  if (!isObject(value)) return undefined;
  const [entry, ...others] = Object.entries(value);
  if (!entry || others.length > 0) return undefined;
  const [name, argument] = entry;
  if (name === "Ref" || name.startsWith("Fn::")) return { name, argument };
  if (name === "Condition" && within === "condition") return { name, argument };
  return undefined;
}

/** Calls `visit` for every intrinsic in `value`, outer ones first. */
export function visitIntrinsics(
  value: Json,
  path: Path,
  visit: (intrinsic: Intrinsic, path: Path) => void,
  within: "value" | "condition" = "value",
): void {
  const intrinsic = intrinsicOf(value, within);
  if (intrinsic) visit(intrinsic, path);
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      visitIntrinsics(item, [...path, index], visit, within);
    });
  } else if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) visitIntrinsics(member, [...path, key], visit, within);
  }
}

/** What a value needs: another resource or parameter by `Ref`, or an attribute of a resource. */
export type Reference =
  | { readonly kind: "ref"; readonly name: string; readonly path: Path }
  | { readonly kind: "attribute"; readonly name: string; readonly attribute: string; readonly path: Path };

/** Every `Ref`, `Fn::GetAtt` and `${…}` of `Fn::Sub` in `value`, pseudo parameters included. */
export function referencesIn(value: Json, path: Path = []): Reference[] {
  const references: Reference[] = [];
  visitIntrinsics(value, path, ({ name, argument }, at) => {
    if (name === "Ref" && typeof argument === "string") references.push({ kind: "ref", name: argument, path: at });
    if (name === "Fn::GetAtt") {
      const target = attributeTarget(argument);
      if (target) references.push({ kind: "attribute", name: target[0], attribute: target[1], path: at });
    }
    if (name === "Fn::Sub") {
      const [text, variables] = subArguments(argument);
      for (const variable of subVariables(text)) {
        if (isObject(variables) && Object.hasOwn(variables, variable)) continue;
        const [resource, attribute] = splitAttribute(variable);
        if (attribute === "") references.push({ kind: "ref", name: resource, path: at });
        else references.push({ kind: "attribute", name: resource, attribute, path: at });
      }
    }
  });
  return references;
}

/** Resource and attribute of a `Fn::GetAtt`, written `[A, B]` or `A.B`; undefined when the attribute is computed. */
export function attributeTarget(argument: Json): [string, string] | undefined {
  if (typeof argument === "string") return splitAttribute(argument);
  if (!Array.isArray(argument) || argument.length < 2) return undefined;
  const [resource, ...attribute] = argument;
  if (typeof resource !== "string" || attribute.some((part) => typeof part !== "string")) return undefined;
  return [resource, attribute.join(".")];
}

/** Text and variables of a `Fn::Sub` in either of its forms. */
export function subArguments(argument: Json): [string, Json | undefined] {
  if (Array.isArray(argument)) return [typeof argument[0] === "string" ? argument[0] : "", argument[1]];
  return [typeof argument === "string" ? argument : "", undefined];
}

function subVariables(text: string): string[] {
  const names: string[] = [];
  substitute(text, (name) => {
    names.push(name);
    return "";
  });
  return names;
}

/**
 * Replaces each `${name}` by what `replace` gives, and `${!name}` by `${name}`; spaces around a name don't count. Looked
 * for by hand: a pattern for it takes quadratic time on a text that only opens.
 */
export function substitute(text: string, replace: (name: string) => string): string {
  let result = "";
  let from = 0;
  for (;;) {
    const open = text.indexOf("${", from);
    const close = open < 0 ? -1 : text.indexOf("}", open);
    if (close < 0) return result + text.slice(from);
    const name = text.slice(open + 2, close).trim();
    result += text.slice(from, open);
    result += name.startsWith("!") ? `\${${name.slice(1)}}` : replace(name);
    from = close + 1;
  }
}

import { intrinsicOf, isObject, type Json, type Path } from "@turnpike/cloudformation";

/** A value and where it stands. */
export interface Branch {
  /** Undefined where nothing is given: `AWS::NoValue`, or no property at all. */
  readonly value: Json | undefined;
  readonly path: Path;
}

/** All that a value can be: what `Fn::If` chooses from, whatever its condition; else the value itself. */
export function branchesOf(value: Json | undefined, path: Path = []): Branch[] {
  const intrinsic = intrinsicOf(value);
  if (intrinsic?.name === "Ref" && intrinsic.argument === "AWS::NoValue") return [{ value: undefined, path }];
  if (intrinsic?.name !== "Fn::If" || !Array.isArray(intrinsic.argument)) return [{ value, path }];
  return intrinsic.argument.slice(1).flatMap((side, index) => branchesOf(side, [...path, "Fn::If", index + 1]));
}

/** All that a list can hold, in any branch; what isn't a list is its only member. */
export function membersOf(value: Json | undefined, path: Path = []): (Branch & { readonly value: Json })[] {
  return branchesOf(value, path).flatMap((branch) => {
    const { value: list } = branch;
    if (Array.isArray(list)) return list.flatMap((member, index) => membersOf(member, [...branch.path, index]));
    return list === undefined ? [] : [{ value: list, path: branch.path }];
  });
}

/**
 * A value as text, with `${…}` where something is put in on deployment (`Fn::Sub`, `Fn::Join`). Undefined for what isn't
 * text or comes from elsewhere altogether, as a parameter's value does.
 */
export function textOf(value: Json | undefined): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const intrinsic = intrinsicOf(value);
  if (intrinsic?.name === "Fn::Sub") {
    const text = Array.isArray(intrinsic.argument) ? intrinsic.argument[0] : intrinsic.argument;
    return typeof text === "string" ? text : undefined;
  }
  if (intrinsic?.name !== "Fn::Join" || !Array.isArray(intrinsic.argument)) return undefined;
  const [separator, parts] = intrinsic.argument;
  if (!Array.isArray(parts)) return undefined;
  return parts.map((part) => textOf(part) ?? "${…}").join(String(separator));
}

/** A text with an `x` for each `${…}`, whose names may have colons. By hand: a pattern takes quadratic time. */
export function withoutVariables(text: string): string {
  const [first = "", ...others] = text.split("${");
  return first + others.map((part) => `x${part.slice(part.indexOf("}") + 1)}`).join("");
}

/** A map's member; undefined where the value isn't a map. */
export function memberOf(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Whether a map's member is given in every branch of the two. */
export function isGivenIn(value: Json | undefined, name: string): boolean {
  return branchesOf(value).every(({ value: each }) =>
    branchesOf(memberOf(each, name)).every(({ value: member }) => member !== undefined),
  );
}

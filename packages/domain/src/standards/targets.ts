import { isEqual, type Json, referencesIn } from "@turnpike/cloudformation";
import { branchesOf } from "./branches.ts";
import type { Item, Subject } from "./subject.ts";

/** The resources of the template that a value refers to, in any branch, by `Ref`, attribute or within text. */
export function resourcesIn(subject: Subject, value: Json | undefined): Item[] {
  if (value === undefined) return [];
  const ids = new Set(referencesIn(value).map(({ name }) => name));
  return subject.items().filter(({ id }) => ids.has(id));
}

/** The resource that a value means, where it is one of the template's; of a type, where one is given. */
export function resourceOf(subject: Subject, value: Json | undefined, type?: string): Item | undefined {
  return resourcesIn(subject, value).find((item) => type === undefined || item.type === type);
}

/** What is invoked: a function, and the alias or version of it that the value names. */
export interface Invoked {
  readonly function: Item;
  readonly qualified: Item | undefined;
}

/** The function of the template that a value stands for: itself, by its name, or by an alias or a version of it. */
export function invokedBy(subject: Subject, value: Json | undefined): Invoked | undefined {
  for (const { value: branch } of branchesOf(value)) {
    if (branch === undefined) continue;
    const [found] = resourcesIn(subject, branch).filter(({ type }) => type.startsWith("AWS::Lambda::"));
    const named = found ?? subject.items("AWS::Lambda::Function").find((item) => hasName(item, branch));
    if (named?.type === "AWS::Lambda::Function") return { function: named, qualified: undefined };
    if (named?.type !== "AWS::Lambda::Alias" && named?.type !== "AWS::Lambda::Version") continue;
    const behind = invokedBy(subject, named.properties.FunctionName);
    if (behind) return { function: behind.function, qualified: named };
  }
  return undefined;
}

function hasName({ properties: { FunctionName: name } }: Item, value: Json): boolean {
  return name !== undefined && isEqual(name, value);
}

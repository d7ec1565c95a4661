import { isObject, type Json, type JsonObject } from "@turnpike/cloudformation";
import { memberOf, membersOf, textOf } from "./branches.ts";
import type { Item } from "./subject.ts";

/** A state of a state machine's definition, wherever it is nested. */
export interface State {
  readonly name: string;
  readonly state: JsonObject;
}

/**
 * The definition of a state machine, as it was written: an object of SAM's or CloudFormation's, or text that is JSON once
 * something is in the place of its variables. Undefined where it stands in a file or can't be read.
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
 */
export function definitionOf({ properties, source }: Item): Json | undefined {
  const given = source.properties.Definition ?? properties.Definition;
  if (given !== undefined) return given;
  const text = textOf(properties.DefinitionString);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** All states of a definition, those of branches and iterations too. */
export function statesIn(definition: Json | undefined): State[] {
  const states = memberOf(definition, "States");
  if (!isObject(states)) return [];
  return Object.entries(states).flatMap(([name, state]) => {
    if (!isObject(state)) return [];
    const inner = [
      ...membersOf(state.Branches).map(({ value }) => value),
      ...[state.Iterator, state.ItemProcessor].filter((value) => value !== undefined),
    ];
    return [{ name, state }, ...inner.flatMap(statesIn)];
  });
}

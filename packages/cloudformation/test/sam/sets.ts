import { API_GROUPS } from "./api-cases.ts";
import { EVENT_GROUPS } from "./event-cases.ts";
import { FUNCTIONS, GLOBALS, IMAGES } from "./function-cases.ts";
import { casesOf, type Group, mixedCases } from "./generate.ts";
import type { Case } from "./oracle.ts";
import { OTHER_GROUPS, policyCases, WHOLE } from "./other-cases.ts";
import { wrongCases } from "./wrong-cases.ts";
import { wrongTemplates } from "./wrong-templates.ts";

const GROUPS: readonly Group[] = [FUNCTIONS, GLOBALS, IMAGES, ...EVENT_GROUPS, ...API_GROUPS, ...OTHER_GROUPS];

/** The seed of the set that is measured. Another one tries other variants in the pairs. */
export const SEED = 20261124;

/** Each variant of each property, each pair of properties, each policy by its name: the set that is measured. */
export function wholeSet(seed = SEED): Case[] {
  return [...GROUPS.flatMap((group) => casesOf(group, seed)), ...policyCases()];
}

/** Some hundred of them, evenly taken, with some that have many properties at once. */
export function reducedSet(step: number): Case[] {
  const every = <T>(list: readonly T[]) => list.filter((_, index) => index % step === 0);
  return [...every(wholeSet()), ...mixedSet(SEED, 2)];
}

/** Templates with three to eight properties at random. */
export function mixedSet(seed: number, count: number): Case[] {
  return [...GROUPS, WHOLE].flatMap((group) => mixedCases(group, seed, count));
}

/** Templates that are wrong, or may be: each property with each kind of value. */
export function wrongSet(): Case[] {
  return [...wrongTemplates(), ...GROUPS.flatMap(wrongCases)];
}

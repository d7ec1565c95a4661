import type { Actor } from "../identity/index.ts";
import type { PlatformStore } from "./store.ts";

/** What is wrong with documents of the platform repository, for anyone who is a member of a team. */
export async function listProblems(deps: { platform: PlatformStore }, _actor: Actor) {
  return deps.platform.problems();
}

/** An account by its name; by convention the name of a workload account is its environment's. */
export async function findAccount(platform: Pick<PlatformStore, "find">, name: string) {
  return (await platform.find("Account", name))?.document.spec;
}

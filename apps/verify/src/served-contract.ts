import { spawnSync } from "node:child_process";
import { contractIn } from "@turnpike/domain/standards";

const NAMES = ["openapi.yaml", "openapi.yml", "openapi.json"];

/**
 * The contract at the commit that production runs, from the history of the clone that is built.
 *
 * @returns null where that commit has none; undefined where it isn't known, since the history was rewritten
 */
export function servedContract(clone: string, commit: string): string | null | undefined {
  const git = (...args: string[]) => spawnSync("git", ["-C", clone, ...args], { encoding: "utf8" });
  if (git("cat-file", "-e", `${commit}^{commit}`).status !== 0) return undefined;
  for (const name of NAMES) {
    const { status, stdout } = git("show", `${commit}:${name}`);
    if (status === 0) return contractIn(new Map([[name, stdout]]))?.text ?? null;
  }
  return null;
}

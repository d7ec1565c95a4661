import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Bare repositories as files: what git itself would need a process for. */

/**
 * No garbage collection behind our back; any commit may be asked for by its sha, as on GitHub. A push of more than a
 * few objects stays one pack, because writing a file for each would be most of what it takes.
 */
const CONFIG = `[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
[gc]
\tauto = 0
[receive]
\tautogc = false
[uploadpack]
\tallowAnySHA1InWant = true
`;

/** Writes an empty bare repository, as `git init --bare` does, without a process. */
export function initBare(directory: string, defaultBranch: string): void {
  mkdirSync(path.join(directory, "objects", "info"), { recursive: true });
  mkdirSync(path.join(directory, "objects", "pack"));
  mkdirSync(path.join(directory, "refs", "heads"), { recursive: true });
  mkdirSync(path.join(directory, "refs", "tags"));
  writeFileSync(path.join(directory, "config"), CONFIG);
  // Last: a folder without HEAD is no repository, so a crash before this line leaves nothing half-made.
  setHead(directory, defaultBranch);
}

/** Names the branch that a clone checks out. */
export function setHead(directory: string, branch: string): void {
  writeFileSync(path.join(directory, "HEAD"), `ref: refs/heads/${branch}\n`);
}

/** One ref, from one commit to another; `ZERO_SHA` where it wasn't or isn't any more. */
export interface RefUpdate {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
}

/** The branch whose ref it is; undefined for another ref. */
export const branchOf = (ref: string) => (ref.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : undefined);

const SHA = /^[0-9a-f]{40}$/;

/** What may vanish while it is read: a ref that is being deleted or packed. */
function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Every ref of a repository by its full name, read from its files. */
export function readRefs(directory: string): Map<string, string> {
  const refs = new Map<string, string>();
  const packed = path.join(directory, "packed-refs");
  if (existsSync(packed)) {
    for (const line of readFileSync(packed, "utf8").split("\n")) {
      const match = /^([0-9a-f]{40}) (refs\/.+)$/.exec(line);
      if (match?.[1] && match[2]) refs.set(match[2], match[1]);
    }
  }
  const walk = (folder: string, name: string) => {
    for (const entry of ifThere(() => readdirSync(folder, { withFileTypes: true })) ?? []) {
      const child = path.join(folder, entry.name);
      if (entry.isDirectory()) {
        walk(child, `${name}/${entry.name}`);
        continue;
      }
      const sha = entry.name.endsWith(".lock") ? undefined : ifThere(() => readFileSync(child, "utf8").trim());
      if (sha && SHA.test(sha)) refs.set(`${name}/${entry.name}`, sha);
    }
  };
  walk(path.join(directory, "refs"), "refs");
  return refs;
}

/** The branches whose head a commit is. */
export function branchesAt(directory: string, sha: string): string[] {
  return [...readRefs(directory)].flatMap(([ref, head]) => (head === sha ? (branchOf(ref) ?? []) : []));
}

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

/** Collecting garbage leaves refs in their files, where they are read, and no process behind. */
const CONFIG = `[core]
\trepositoryformatversion = 0
\tbare = true
[gc]
\tpackRefs = false
\tautoDetach = false
`;

const SHA = /^[0-9a-f]{40}$/;

/** Makes `directory` an empty bare repository, as `git init --bare` would, without a process. Does nothing if it is one. */
export function initMirror(directory: string): void {
  if (existsSync(path.join(directory, "HEAD"))) return;
  mkdirSync(path.join(directory, "objects"), { recursive: true });
  mkdirSync(path.join(directory, "refs", "heads"), { recursive: true });
  writeFileSync(path.join(directory, "config"), CONFIG);
  writeFileSync(path.join(directory, "HEAD"), "ref: refs/heads/main\n");
}

/**
 * What a ref names; undefined when there is none. Read from its file, because a process for each look would be most of
 * what a decision takes; nothing packs the refs of a mirror.
 */
export async function readRef(directory: string, ref: string): Promise<string | undefined> {
  try {
    const sha = (await readFile(path.join(directory, ref), "utf8")).trim();
    return SHA.test(sha) ? sha : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export async function writeRef(directory: string, ref: string, sha: string): Promise<void> {
  // Not beside the ref, where a file that a crash left would be a ref itself.
  const draft = path.join(directory, "ref.new");
  await writeFile(draft, `${sha}\n`);
  await rename(draft, path.join(directory, ref));
}

/** What git says of a mirror that a killed process or a full disk left broken. */
const BROKEN =
  /\.lock': File exists|not a git repository|corrupt|bad object|unable to read|unresolved deltas|is empty$/im;

export const isBroken = (stderr: string) => BROKEN.test(stderr);

/** A mirror is a cache: one that is broken is thrown away and fetched anew. */
export const removeMirror = (directory: string) => rm(directory, { recursive: true, force: true });

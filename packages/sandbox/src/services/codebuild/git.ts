import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What git answers to one call; a clone of a big repository says little. */
const LARGEST_ANSWER_BYTES = 512 * 1024 * 1024;

/**
 * Runs git without a shell, so that a branch, a path or a message is never anything but an argument, and without the
 * machine's own git settings: no helper, hook or alias of the person at this laptop runs.
 */
export async function git(
  args: readonly string[],
  options: { cwd?: string; signal?: AbortSignal } = {},
): Promise<Buffer> {
  const { stdout } = await run("git", ["-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", ...args], {
    ...options,
    encoding: "buffer",
    maxBuffer: LARGEST_ANSWER_BYTES,
    env: {
      PATH: process.env.PATH ?? "/usr/bin:/bin",
      LANG: "C.UTF-8",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_TERMINAL_PROMPT: "0",
    },
  });
  return stdout;
}

/**
 * Clones a bare repository with its whole history to `folder` and checks `commit` out, detached, as CodeBuild does.
 * `origin` is the address that the clone then names as its remote.
 */
export async function cloneAt(
  from: { directory: string; commit: string; origin: string },
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  // Copied, not linked: a build may do to its clone what it wants.
  await git(["clone", "--quiet", "--no-hardlinks", "--no-checkout", "--", from.directory, folder], { signal });
  // By hand where git wrote it plainly, because each call of git is a process more before anything is built.
  const config = join(folder, ".git", "config");
  await writeFile(
    config,
    (await readFile(config, "utf8")).replace(from.directory, () => from.origin),
  );
  await git(["checkout", "--quiet", "--detach", from.commit], { cwd: folder, signal });
}

export const isCommitId = (text: string | undefined): text is string => /^[0-9a-f]{40}$/.test(text ?? "");

/** The commit that a branch, a tag or a commit id names, or undefined when there is none. */
export async function resolveCommit(directory: string, version: string | undefined): Promise<string | undefined> {
  const candidates = version === undefined ? ["HEAD"] : [`refs/heads/${version}`, `refs/tags/${version}`];
  if (isCommitId(version)) candidates.unshift(version);
  for (const candidate of candidates) {
    const named = `${candidate}^{commit}`;
    const found = await git([
      "--git-dir",
      directory,
      "rev-parse",
      "--verify",
      "--quiet",
      "--end-of-options",
      named,
    ]).catch(() => undefined);
    if (found) return found.toString().trim();
  }
  return undefined;
}

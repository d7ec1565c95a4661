import { spawn } from "node:child_process";

/** Environment of git's processes: nothing of the machine's own configuration. */
export function gitEnvironment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: "/nonexistent",
    LANG: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    // A path is a path, never a pattern.
    GIT_LITERAL_PATHSPECS: "1",
  };
}

interface GitOptions {
  readonly input?: Buffer | string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs git in a repository, without a shell; undefined when it fails (no such object, no such path). */
export function git(
  directory: string,
  args: readonly string[],
  { input, env }: GitOptions = {},
): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["--git-dir", directory, ...args], {
      env: { ...gitEnvironment(), ...env },
      stdio: ["pipe", "pipe", "ignore"],
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0 ? Buffer.concat(chunks) : undefined));
    // A git that ends without reading everything tells why by its status.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** What git prints on one line; undefined when it fails. */
export async function gitLine(
  directory: string,
  args: readonly string[],
  options?: GitOptions,
): Promise<string | undefined> {
  return (await git(directory, args, options))?.toString("utf8").trim();
}

/** Full sha of a commit-ish, or of the `tree` or `blob` that it names; undefined when there is none. */
export async function resolveObject(
  directory: string,
  name: string,
  kind: "commit" | "tree" | "blob",
): Promise<string | undefined> {
  // A name that starts with a dash is never read as an option: `--end-of-options`.
  if (name === "" || name.includes("\0")) return undefined;
  return gitLine(directory, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{${kind}}`]);
}

export const resolveCommit = (directory: string, name: string) => resolveObject(directory, name, "commit");

/** Whether every commit of `before` is in `after`, so that moving from one to the other loses nothing. */
export async function isForward(directory: string, before: string, after: string): Promise<boolean> {
  return (await git(directory, ["merge-base", "--is-ancestor", before, after])) !== undefined;
}

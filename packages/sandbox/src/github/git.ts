import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Settings of a bare repository: no garbage collection behind our back, no pushes that rewrite what GitHub protects. */
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
  writeFileSync(path.join(directory, "HEAD"), `ref: refs/heads/${defaultBranch}\n`);
}

/** Environment of git's processes: nothing of the machine's own configuration. */
export function gitEnvironment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: "/nonexistent",
    LANG: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
  };
}

/** Every ref of a repository, read from its files. */
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
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const child = path.join(folder, entry.name);
      if (entry.isDirectory()) walk(child, `${name}/${entry.name}`);
      else if (!entry.name.endsWith(".lock")) refs.set(`${name}/${entry.name}`, readFileSync(child, "utf8").trim());
    }
  };
  walk(path.join(directory, "refs"), "refs");
  return refs;
}

/** Runs git in a repository, without a shell; undefined when it fails (no such object, no such path). */
export function git(directory: string, args: readonly string[]): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["--git-dir", directory, ...args], {
      env: gitEnvironment(),
      stdio: ["ignore", "pipe", "ignore"],
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0 ? Buffer.concat(chunks) : undefined));
  });
}

/** Full sha of a commit-ish; undefined when there is none. Never read as an option: `--end-of-options`. */
export async function resolveCommit(directory: string, ref: string): Promise<string | undefined> {
  if (ref === "") return undefined;
  const answer = await git(directory, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`]);
  return answer?.toString("utf8").trim();
}

export interface GitCommit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: { readonly name: string; readonly email: string; readonly date: string };
  readonly committer: { readonly name: string; readonly email: string; readonly date: string };
  readonly message: string;
}

const FORMAT = ["%H", "%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B"].join("%x00");

/** Commits of a range such as `a..b` or a sha, newest first. Undefined when the range doesn't resolve. */
export async function log(directory: string, range: string, limit: number, skip = 0): Promise<GitCommit[] | undefined> {
  const args = [
    "log",
    `--format=${FORMAT}%x01`,
    `--max-count=${limit}`,
    `--skip=${skip}`,
    "--end-of-options",
    range,
    "--",
  ];
  const output = await git(directory, args);
  return output
    ?.toString("utf8")
    .split("\u0001")
    .map((entry) => entry.replace(/^\n/, ""))
    .filter((entry) => entry !== "")
    .map((entry) => {
      const [sha = "", tree = "", parents = "", an = "", ae = "", ad = "", cn = "", ce = "", cd = "", message = ""] =
        entry.split("\0");
      return {
        sha,
        tree,
        parents: parents === "" ? [] : parents.split(" "),
        author: { name: an, email: ae, date: utc(ad) },
        committer: { name: cn, email: ce, date: utc(cd) },
        message: message.replace(/\n+$/, ""),
      };
    });
}

const utc = (iso: string) => new Date(iso).toISOString().replace(/\.\d+Z$/, "Z");

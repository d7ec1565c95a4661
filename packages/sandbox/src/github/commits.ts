import { noCommit } from "./errors.ts";
import { git, gitLine, resolveCommit } from "./git.ts";

export interface GitPerson {
  readonly name: string;
  readonly email: string;
  /** `2026-11-23T12:00:00Z` */
  readonly date: string;
}

export interface GitCommit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: GitPerson;
  readonly committer: GitPerson;
  readonly message: string;
}

const FORMAT = ["%H", "%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B"].join("%x00");

const utc = (iso: string) => new Date(iso).toISOString().replace(/\.\d+Z$/, "Z");

function parseCommit(entry: string): GitCommit {
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
}

export interface LogRange {
  /** A sha, or `a..b`. */
  readonly range: string;
  readonly limit: number;
  readonly skip?: number;
  /** Only commits that touched this path. */
  readonly path?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** Commits of a range, newest first. Undefined when the range doesn't resolve. */
export async function log(
  directory: string,
  { range, limit, skip = 0, path, since, until }: LogRange,
): Promise<GitCommit[] | undefined> {
  if (limit <= 0) return [];
  const output = await git(directory, [
    "log",
    // Between two commits stands a byte that no text of theirs holds.
    `--format=${FORMAT}%x00%x01`,
    `--max-count=${limit}`,
    `--skip=${skip}`,
    ...(since ? [`--since=${since}`] : []),
    ...(until ? [`--until=${until}`] : []),
    "--end-of-options",
    range,
    "--",
    ...(path ? [path] : []),
  ]);
  return output
    ?.toString("utf8")
    .split("\0\u0001")
    .map((entry) => entry.replace(/^\n/, ""))
    .filter((entry) => entry !== "")
    .map(parseCommit);
}

export async function readCommit(directory: string, sha: string): Promise<GitCommit | undefined> {
  return (await log(directory, { range: sha, limit: 1 }))?.[0];
}

export interface ChangedFile {
  readonly path: string;
  readonly status: "added" | "removed" | "modified";
  /** Of its content; zeros when it was removed. */
  readonly sha: string;
  /** 0 for a binary file. */
  readonly additions: number;
  readonly deletions: number;
}

/** The tree without files, which every repository knows: what a first commit is compared with. */
export const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

const letters: Record<string, ChangedFile["status"]> = { A: "added", D: "removed" };

/** Files that differ between two commits or trees. */
export async function changedFiles(directory: string, from: string, to: string): Promise<ChangedFile[]> {
  const output = await git(directory, ["diff-tree", "-r", "-z", "--raw", "--numstat", "--no-renames", from, to]);
  const fields = output?.toString("utf8").split("\0") ?? [];
  const files = new Map<string, ChangedFile>();
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index] ?? "";
    const raw = /^:\d+ \d+ [0-9a-f]+ ([0-9a-f]+) ([A-Z])/.exec(field);
    if (raw?.[1] && raw[2]) {
      const path = fields[++index] ?? "";
      files.set(path, { path, status: letters[raw[2]] ?? "modified", sha: raw[1], additions: 0, deletions: 0 });
      continue;
    }
    const [added = "", deleted = "", ...rest] = field.split("\t");
    const known = files.get(rest.join("\t"));
    if (known) files.set(known.path, { ...known, additions: Number(added) || 0, deletions: Number(deleted) || 0 });
  }
  return [...files.values()];
}

/** Full sha of the commit that a name stands for. Raises GitHub's 422. */
export async function requireCommit(directory: string, ref: string): Promise<string> {
  const sha = await resolveCommit(directory, ref);
  if (!sha) throw noCommit(ref);
  return sha;
}

/** Writes a commit and returns its sha; undefined where git takes none of it, as for a person without a name. */
export function writeCommit(
  directory: string,
  { tree, parents, message, author, committer }: Omit<GitCommit, "sha">,
): Promise<string | undefined> {
  const args = ["commit-tree", ...parents.flatMap((parent) => ["-p", parent]), "-F", "-", tree];
  return gitLine(directory, args, {
    input: message,
    env: {
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_AUTHOR_DATE: author.date,
      GIT_COMMITTER_NAME: committer.name,
      GIT_COMMITTER_EMAIL: committer.email,
      GIT_COMMITTER_DATE: committer.date,
    },
  });
}

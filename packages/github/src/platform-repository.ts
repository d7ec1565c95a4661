import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import type { PlatformRepository } from "@turnpike/domain/platform";
import { RepositoryHostError } from "@turnpike/domain/scaffolding";
import { initMirror } from "./bare.ts";
import type { GitHub } from "./client.ts";
import { importStream } from "./fast-import.ts";
import { requireGit, runGit } from "./git.ts";

const TURNPIKE = { name: "Turnpike", email: "turnpike[bot]@users.noreply.github.com" };
const BRANCH = "refs/heads/main";
/** Where new commits are made before they are pushed: never mistaken for what the host has. */
const DRAFT = "refs/turnpike/draft";

/**
 * The platform repository through a bare mirror on this machine, which is a cache: it may be deleted at any time.
 *
 * @param fullName `acme/platform`
 * @param mirrorDir one process at a time uses it
 */
export function createPlatformRepository(
  github: GitHub,
  { fullName, mirrorDir }: { fullName: string; mirrorDir: string },
): PlatformRepository {
  const options = { directory: mirrorDir, deadlineMs: github.deadlineMs };
  const owner = fullName.split("/")[0] ?? "";
  const remote = `${github.settings.url}/${fullName}.git`;
  const authorization = () => github.gitAuthorization(owner);

  /** Read from its file: a process for each look would be most of what a decision takes. Nothing here packs refs. */
  async function localHead(): Promise<string | undefined> {
    initMirror(mirrorDir);
    try {
      return (await readFile(path.join(mirrorDir, BRANCH), "utf8")).trim();
    } catch {
      // Nothing was fetched yet.
      return undefined;
    }
  }

  /** What the host has just taken is the head here too. */
  async function moveHead(sha: string): Promise<void> {
    const file = path.join(mirrorDir, BRANCH);
    await writeFile(`${file}.new`, `${sha}\n`);
    await rename(`${file}.new`, file);
  }

  async function fetchHead(): Promise<string> {
    initMirror(mirrorDir);
    await requireGit(
      `be asked for ${fullName}`,
      ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, `+${BRANCH}:${BRANCH}`],
      { ...options, authorization: await authorization() },
    );
    const head = await localHead();
    if (!head) throw new RepositoryHostError(`show the branch main of ${fullName}`);
    return head;
  }

  return {
    fetch: fetchHead,
    head: async () => (await localHead()) ?? fetchHead(),

    async changedPaths(from, to) {
      // After a rewritten history, or with a new mirror, the old commit may be gone: then everything may have changed.
      const compared =
        from && (await runGit(["diff-tree", "-r", "-z", "--name-only", "--no-renames", from, to], options));
      const output =
        compared && compared.code === 0
          ? compared.stdout
          : await requireGit("list a commit's files", ["ls-tree", "-r", "-z", "--name-only", to], options);
      return output.toString("utf8").split("\0").filter(Boolean);
    },

    async read(commit, paths) {
      const wanted = paths.filter((path) => !path.includes("\n"));
      if (wanted.length === 0) return new Map();
      const input = `${wanted.map((path) => `${commit}:${path}`).join("\n")}\n`;
      const output = await requireGit("read files", ["cat-file", "--batch"], { ...options, input });
      return parseBatch(output, wanted);
    },

    async lastChange(commit, path) {
      const output = await requireGit("read history", ["log", "-1", "--format=%H %at", commit, "--", path], options);
      const [sha, seconds] = output.toString("utf8").trim().split(" ");
      return sha ? { sha, at: new Date(Number(seconds) * 1000) } : undefined;
    },

    async push(commits) {
      const [first] = commits;
      if (!first) return { kind: "pushed", shas: [] };
      const stream = importStream(
        DRAFT,
        first.parent,
        commits.map(({ changes, message, author, at }) => ({
          message,
          author,
          committer: TURNPIKE,
          at,
          files: changes.map(({ path, content }) => ({
            path,
            content: content === undefined ? undefined : Buffer.from(content),
            executable: false,
          })),
        })),
      );
      const imported = await requireGit("write commits", ["fast-import", "--quiet", "--done", "--force"], {
        ...options,
        input: stream,
      });
      const shas = imported.toString("utf8").trim().split("\n");
      const head = shas.at(-1) ?? "";
      const pushed = await runGit(["push", "--quiet", "--porcelain", remote, `${head}:${BRANCH}`], {
        ...options,
        authorization: await authorization(),
      });
      if (pushed.code === 0) {
        await moveHead(head);
        return { kind: "pushed", shas };
      }
      // "rejected": the branch is elsewhere. Anything else is the host's failure.
      if (
        /\[rejected\]|fetch first|non-fast-forward|cannot lock ref/.test(pushed.stdout.toString("utf8") + pushed.stderr)
      ) {
        return { kind: "moved" };
      }
      throw new RepositoryHostError(`take the commits to ${fullName}`, { cause: new Error(pushed.stderr.trim()) });
    },
  };
}

/** The answers of `git cat-file --batch`, in the order of the questions. */
function parseBatch(output: Buffer, paths: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  let offset = 0;
  for (const path of paths) {
    const end = output.indexOf(0x0a, offset);
    const header = output.toString("utf8", offset, end);
    offset = end + 1;
    const size = /^[0-9a-f]+ blob (\d+)$/.exec(header)?.[1];
    if (size === undefined) {
      // A folder has contents too; a missing path has none.
      const other = /^[0-9a-f]+ \w+ (\d+)$/.exec(header)?.[1];
      if (other !== undefined) offset += Number(other) + 1;
      continue;
    }
    files.set(path, output.toString("utf8", offset, offset + Number(size)));
    offset += Number(size) + 1;
  }
  return files;
}

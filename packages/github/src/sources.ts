import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { RepositoryHostError } from "@turnpike/domain/scaffolding";
import type { Sources } from "@turnpike/domain/scorecards";
import { parseBatch } from "./batch.ts";
import type { GitHub } from "./client.ts";
import { importStream } from "./fast-import.ts";
import { requireGit } from "./git.ts";
import { initMirror } from "./mirror.ts";
import { remoteOf, runRemoteGit } from "./remote.ts";
import { callGitHub, split, statusOf } from "./repository-call.ts";

const TURNPIKE = { name: "Turnpike", email: "turnpike[bot]@users.noreply.github.com" };
const MAX_FILES = 5000;
const MAX_BYTES = 20 * 1024 * 1024;
const MAX_FILE_BYTES = 512 * 1024;
const FETCHED = "refs/turnpike/source";
/** One commit of a large repository may take longer than an answer. */
const FETCH_DEADLINE_MS = 60_000;

/** `100644 blob <oid> <size>\t<path>`, of `git ls-tree -l`. */
const ENTRY = /^(100644|100755) blob ([0-9a-f]{40}) +(\d+)\t(.*)$/s;

/** The sources of repositories on GitHub, as Turnpike's App. */
export function createSources(github: GitHub, head: Sources["head"]): Sources {
  /** Works in a bare repository that holds one commit, and is thrown away. */
  async function withCommit<T>(
    fullName: string,
    commit: string,
    work: (options: { directory: string; deadlineMs: number }) => Promise<T>,
  ): Promise<T> {
    const directory = await mkdtemp(path.join(tmpdir(), "turnpike-source-"));
    const options = { directory, deadlineMs: Math.max(github.deadlineMs, FETCH_DEADLINE_MS) };
    try {
      initMirror(directory);
      const fetch = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
      const args = [...fetch, remoteOf(github, fullName), `+${commit}:${FETCHED}`];
      const fetched = await runRemoteGit(github, fullName, args, options);
      if (fetched.code !== 0) {
        throw new RepositoryHostError(`show the commit ${commit} of ${fullName}`, {
          cause: new Error(fetched.stderr.trim()),
        });
      }
      return await work(options);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  return {
    head,

    files: (fullName, commit) =>
      withCommit(fullName, commit, async (options) => {
        const listed = await requireGit("list a commit's files", ["ls-tree", "-r", "-z", "-l", commit], options);
        const entries = listed
          .toString("utf8")
          .split("\0")
          .flatMap((line) => {
            const [, , oid = "", size = "", file = ""] = ENTRY.exec(line) ?? [];
            return oid && Number(size) <= MAX_FILE_BYTES ? [{ oid, size: Number(size), file }] : [];
          });
        const bytes = entries.reduce((sum, { size }) => sum + size, 0);
        if (entries.length > MAX_FILES || bytes > MAX_BYTES) return undefined;
        const input = entries.map(({ oid }) => `${oid}\n`).join("");
        const output = await requireGit("read files", ["cat-file", "--batch"], { ...options, input });
        const contents = parseBatch(output, entries.length);
        return new Map(
          entries.flatMap(({ file }, index) => {
            const text = textOf(contents[index]?.content);
            return text === undefined ? [] : [[file, text] as const];
          }),
        );
      }),

    propose: ({ fullName, into, base, branch, files, message, author, at, title, body }) =>
      withCommit(fullName, base, async (options) => {
        const ref = `refs/heads/${branch}`;
        const listed = await requireGit("list files", ["ls-tree", "-z", base, "--", ...files.keys()], options);
        const executables = listed
          .toString("utf8")
          .split("\0")
          .filter((line) => line.startsWith("100755"));
        const changed = [...files].map(([file, text]) => ({
          path: file,
          content: Buffer.from(text),
          executable: executables.some((line) => line.endsWith(`\t${file}`)),
        }));
        const stream = importStream(ref, base, [{ message, author, committer: TURNPIKE, at, files: changed }]);
        const output = await requireGit("write a commit", ["fast-import", "--quiet", "--done"], {
          ...options,
          input: stream,
        });
        const sha = output.toString("utf8").trim();
        // The lease expects that the branch isn't there. One that is there holds this commit, or what became of it since.
        const push = ["push", "--quiet", `--force-with-lease=${ref}:`, remoteOf(github, fullName), `${sha}:${ref}`];
        const pushed = await runRemoteGit(github, fullName, push, options);
        if (pushed.code !== 0 && !(await head(fullName, branch))) {
          throw new RepositoryHostError(`take the branch ${branch} of ${fullName}`, {
            cause: new Error(pushed.stderr.trim()),
          });
        }
        return { sha, url: await pullRequest(fullName, { head: branch, base: into, title, body }) };
      }),
  };

  async function pullRequest(
    fullName: string,
    wanted: { head: string; base: string; title: string; body: string },
  ): Promise<string> {
    const at = split(fullName);
    return callGitHub(github, `open a pull request in ${fullName}`, fullName, async (client) => {
      try {
        return (await client.rest.pulls.create({ ...at, ...wanted })).data.html_url;
      } catch (error) {
        if (statusOf(error) !== 422) throw error;
        // Opened by an earlier call, whose answer was lost, and perhaps decided since.
        const request = { ...at, head: `${at.owner}:${wanted.head}`, state: "all" as const, per_page: 1 };
        const [known] = (await client.rest.pulls.list(request)).data;
        if (!known) throw error;
        return known.html_url;
      }
    });
  }
}

function textOf(content: Buffer | undefined): string | undefined {
  if (!content || content.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    // Not text: no rule reads it.
    return undefined;
  }
}

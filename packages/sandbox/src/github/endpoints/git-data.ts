import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import path from "node:path";
import { addressOf } from "../accounts.ts";
import { type ApiAnswer, type ApiRequest, type Endpoint, type GitHub, repositoryOf, text, timestamp } from "../api.ts";
import { type GitPerson, readCommit, writeCommit } from "../commits.ts";
import { GitHubError, invalid, notFound } from "../errors.ts";
import { git, gitLine, resolveCommit, resolveObject } from "../git.ts";
import { actorOf, requireAccess } from "../permissions.ts";
import type { RepositoryRecord } from "../rows.ts";
import { gitCommitShape } from "../shapes/commits.ts";
import type { Schemas } from "../shapes/schemas.ts";

/** Blobs, trees and commits as git keeps them. Source: https://docs.github.com/en/rest/git */

const apiOf = ({ url }: GitHub, { owner, name }: RepositoryRecord) => `${url}/repos/${owner}/${name}/git`;

/** The repository, for who may write to it. */
function writableOf(github: GitHub, request: ApiRequest): RepositoryRecord {
  const repository = repositoryOf(github, request);
  requireAccess(github, repository, request.principal, "write");
  return repository;
}

async function writeBlob(directory: string, content: Buffer | string): Promise<string> {
  const sha = await gitLine(directory, ["hash-object", "-w", "--stdin"], { input: content });
  if (!sha) throw new GitHubError(500, "Server Error");
  return sha;
}

async function getBlob(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = repositoryOf(github, request);
  const directory = github.directoryOf(repository);
  const sha = await resolveObject(directory, request.params.sha ?? "", "blob");
  const content = sha && (await git(directory, ["cat-file", "blob", sha]));
  if (!content) throw notFound();
  const body: Schemas["blob"] = {
    sha,
    node_id: Buffer.from(sha).toString("base64"),
    size: content.length,
    url: `${apiOf(github, repository)}/blobs/${sha}`,
    content: content.toString("base64"),
    encoding: "base64",
  };
  return { status: 200, body };
}

async function createBlob(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = writableOf(github, request);
  const content = text(request.body.content);
  if (content === undefined) throw invalid("Blob", "content", "content wasn't supplied.");
  const encoding = request.body.encoding === "base64" ? "base64" : "utf8";
  const sha = await writeBlob(github.directoryOf(repository), Buffer.from(content, encoding));
  return {
    status: 201,
    body: { sha, url: `${apiOf(github, repository)}/blobs/${sha}` } satisfies Schemas["short-blob"],
  };
}

async function treeShape(
  github: GitHub,
  repository: RepositoryRecord,
  sha: string,
  recursive: boolean,
): Promise<Schemas["git-tree"]> {
  const args = ["ls-tree", "-z", "--long", ...(recursive ? ["-r", "-t"] : []), sha];
  const listed = (await git(github.directoryOf(repository), args))?.toString("utf8") ?? "";
  const tree = listed.split("\0").flatMap((line) => {
    const match = /^(\d+) (\w+) ([0-9a-f]+) +(\d+|-)\t([\s\S]*)$/.exec(line);
    if (!match) return [];
    const [, mode = "", type = "", entry = "", size = "-", name = ""] = match;
    const url = `${apiOf(github, repository)}/${type === "tree" ? "trees" : "blobs"}/${entry}`;
    return [{ path: name, mode, type, sha: entry, url, ...(size === "-" ? {} : { size: Number(size) }) }];
  });
  return { sha, url: `${apiOf(github, repository)}/trees/${sha}`, tree, truncated: false };
}

async function getTree(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = repositoryOf(github, request);
  const sha = await resolveObject(github.directoryOf(repository), request.params.sha ?? "", "tree");
  if (!sha) throw notFound();
  return { status: 200, body: await treeShape(github, repository, sha, request.query.has("recursive")) };
}

const modes = new Set(["100644", "100755", "120000"]);

/** One line of git's index for each entry that a tree shall have, or shall have no more. */
async function indexLines(directory: string, entries: readonly Record<string, unknown>[]): Promise<string[]> {
  const lines: string[] = [];
  for (const { path: file, mode, sha, content } of entries) {
    const name = text(file) ?? "";
    if (name === "" || name.includes("\0")) throw invalid("Tree", "path", "tree.path is malformed");
    if (sha === null) {
      lines.push(`0 ${"0".repeat(40)}\t${name}`);
      continue;
    }
    if (!modes.has(text(mode) ?? "")) throw invalid("Tree", "mode", "tree.mode must be 100644, 100755 or 120000");
    const written = text(content);
    const blob = written === undefined ? text(sha) : await writeBlob(directory, written);
    if (!blob || (await resolveObject(directory, blob, "blob")) !== blob) {
      throw new GitHubError(422, `tree.sha ${blob ?? ""} is not a valid blob`);
    }
    lines.push(`${text(mode)} ${blob}\t${name}`);
  }
  return lines;
}

async function createTree(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = writableOf(github, request);
  const directory = github.directoryOf(repository);
  const { tree: entries, base_tree: base } = request.body;
  if (!Array.isArray(entries)) throw invalid("Tree", "tree", "tree wasn't supplied.");
  const lines = await indexLines(directory, entries as Record<string, unknown>[]);
  const index = path.join(directory, `index-${randomUUID()}`);
  const env = { GIT_INDEX_FILE: index };
  try {
    const baseTree = text(base) && (await resolveObject(directory, text(base) ?? "", "tree"));
    if (base && !baseTree) throw new GitHubError(422, "base_tree is not a valid tree");
    await git(directory, ["read-tree", baseTree || "--empty"], { env });
    const taken = await git(directory, ["update-index", "-z", "--index-info"], { env, input: `${lines.join("\0")}\0` });
    const sha = taken && (await gitLine(directory, ["write-tree"], { env }));
    if (!sha) throw new GitHubError(422, "tree has a path that is malformed");
    return { status: 201, body: await treeShape(github, repository, sha, false) };
  } finally {
    rmSync(index, { force: true });
    rmSync(`${index}.lock`, { force: true });
  }
}

async function getCommit(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = repositoryOf(github, request);
  const directory = github.directoryOf(repository);
  const sha = await resolveCommit(directory, request.params.sha ?? "");
  const commit = sha && (await readCommit(directory, sha));
  if (!commit) throw notFound();
  return { status: 200, body: gitCommitShape(github, repository, commit) };
}

/** Who a commit names, from what was sent; who asks, where nothing was. */
function personOf(github: GitHub, { principal }: ApiRequest, sent: unknown, otherwise?: GitPerson): GitPerson {
  const { name, email, date } = (sent ?? {}) as Partial<Record<string, unknown>>;
  const account = actorOf(github, principal);
  return {
    name: text(name) ?? otherwise?.name ?? account.name,
    email: text(email) ?? otherwise?.email ?? addressOf(account),
    date: text(date) ?? otherwise?.date ?? timestamp(github),
  };
}

async function createCommit(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = writableOf(github, request);
  const directory = github.directoryOf(repository);
  const { body } = request;
  const message = text(body.message);
  if (message === undefined) throw invalid("Commit", "message", "message wasn't supplied.");
  if (body.signature !== undefined) throw new GitHubError(501, "The sandbox's GitHub has no signed commits by API");
  const tree = await resolveObject(directory, text(body.tree) ?? "", "tree");
  if (!tree) throw new GitHubError(422, "Tree SHA does not exist");
  const parents = Array.isArray(body.parents) ? body.parents.map(String) : [];
  for (const parent of parents) {
    if ((await resolveCommit(directory, parent)) !== parent) {
      throw new GitHubError(422, "Parent SHA does not exist or is not a commit object");
    }
  }
  const author = personOf(github, request, body.author);
  const committer = personOf(github, request, body.committer, author);
  const sha = await writeCommit(directory, { tree, parents, message, author, committer });
  const commit = sha && (await readCommit(directory, sha));
  if (!commit) throw invalid("Commit", "author", "author or committer is malformed");
  return { status: 201, body: gitCommitShape(github, repository, commit) };
}

export const gitDataEndpoints: readonly Endpoint[] = [
  { method: "GET", path: "/repos/{owner}/{repo}/git/blobs/{sha}", needs: "contents:read", handle: getBlob },
  { method: "POST", path: "/repos/{owner}/{repo}/git/blobs", needs: "contents:write", handle: createBlob },
  { method: "GET", path: "/repos/{owner}/{repo}/git/trees/{sha}", needs: "contents:read", handle: getTree },
  { method: "POST", path: "/repos/{owner}/{repo}/git/trees", needs: "contents:write", handle: createTree },
  { method: "GET", path: "/repos/{owner}/{repo}/git/commits/{sha}", needs: "contents:read", handle: getCommit },
  { method: "POST", path: "/repos/{owner}/{repo}/git/commits", needs: "contents:write", handle: createCommit },
];

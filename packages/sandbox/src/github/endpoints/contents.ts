import { type ApiAnswer, type ApiRequest, type Endpoint, type GitHub, repositoryOf } from "../api.ts";
import { missing, notFound } from "../errors.ts";
import { git, resolveCommit } from "../git.ts";
import type { RepositoryRecord } from "../rows.ts";
import type { Schemas } from "../shapes/schemas.ts";

/** Files and folders at a commit. Source: https://docs.github.com/en/rest/repos/contents */

interface Entry {
  readonly mode: string;
  readonly sha: string;
  readonly size: number;
  readonly path: string;
}

function typeOf(mode: string): Schemas["content-directory"][number]["type"] {
  if (mode === "040000") return "dir";
  if (mode === "160000") return "submodule";
  return mode === "120000" ? "symlink" : "file";
}

async function entriesOf(directory: string, commit: string, args: readonly string[]): Promise<Entry[]> {
  const listed = await git(directory, ["ls-tree", "-z", "--long", commit, "--", ...args]);
  return (listed?.toString("utf8") ?? "").split("\0").flatMap((line) => {
    const match = /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t([\s\S]*)$/.exec(line);
    if (!match) return [];
    const [, mode = "", sha = "", size = "0", path = ""] = match;
    return [{ mode, sha, size: Number(size) || 0, path }];
  });
}

function entryShape({ url }: GitHub, { owner, name }: RepositoryRecord, ref: string, { mode, sha, size, path }: Entry) {
  const api = `${url}/repos/${owner}/${name}`;
  const place = path.split("/").map(encodeURIComponent).join("/");
  const type = typeOf(mode);
  const self = `${api}/contents/${place}?ref=${encodeURIComponent(ref)}`;
  const gitUrl = `${api}/git/${type === "dir" ? "trees" : "blobs"}/${sha}`;
  const html = `${url}/${owner}/${name}/${type === "dir" ? "tree" : "blob"}/${encodeURIComponent(ref)}/${place}`;
  return {
    type,
    size,
    name: path.split("/").at(-1) ?? "",
    path,
    sha,
    url: self,
    git_url: gitUrl,
    html_url: html,
    download_url: null,
    _links: { self, git: gitUrl, html },
  };
}

async function get(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  if (/\.(raw|html|object)\b/.test(request.raw.headers.accept ?? "")) throw missing("contents in another media type");
  const repository = repositoryOf(github, request);
  const directory = github.directoryOf(repository);
  const ref = request.query.get("ref") ?? repository.defaultBranch;
  const commit = await resolveCommit(directory, ref);
  const path = (request.params.path ?? "").replace(/\/+$/, "");
  if (!commit || path.includes("\0")) throw notFound();
  const list = async (inside: readonly string[]): Promise<ApiAnswer> => {
    const body: Schemas["content-directory"] = (await entriesOf(directory, commit, inside)).map((entry) =>
      entryShape(github, repository, ref, entry),
    );
    return { status: 200, body };
  };
  if (path === "") return list([]);
  const entry = (await entriesOf(directory, commit, [path])).find((candidate) => candidate.path === path);
  if (!entry) throw notFound();
  if (entry.mode === "040000") return list([`${path}/`]);
  const content = await git(directory, ["cat-file", "blob", entry.sha]);
  if (!content) throw notFound();
  const shape = {
    ...entryShape(github, repository, ref, entry),
    content: content.toString("base64"),
    encoding: "base64",
  };
  return { status: 200, body: { ...shape, type: "file" } satisfies Schemas["content-file"] };
}

export const contentEndpoints: readonly Endpoint[] = [
  { method: "GET", path: "/repos/{owner}/{repo}/contents", needs: "contents:read", handle: get },
  { method: "GET", path: "/repos/{owner}/{repo}/contents/", needs: "contents:read", handle: get },
  { method: "GET", path: "/repos/{owner}/{repo}/contents/{path+}", needs: "contents:read", handle: get },
];

import type { GitHub } from "../api.ts";
import { readRefs } from "../bare.ts";
import { log } from "../commits.ts";
import { git, resolveCommit } from "../git.ts";
import type { RepositoryRecord } from "../rows.ts";
import { html, list, page } from "./html.ts";
import { commitItem, contentOf, crumbsOf, hrefOf, pullItem } from "./links.ts";

const COMMITS = 20;

export function organisationPage({ records, options, accounts }: GitHub): string {
  const { login } = accounts.organisation;
  const items = records
    .repositories(options.organisation)
    .map(
      ({ owner, name, description }) =>
        html`<a href="${hrefOf(owner, name)}">${owner}/${name}</a> <span class="quiet">${description ?? ""}</span>`,
    );
  return page(
    login,
    [{ label: login, href: hrefOf(login) }],
    html`<h1>${login}</h1>${list(items, "No repositories yet.")}`,
  );
}

/** What is in a repository: branches, and commits and files of one of them or of a commit. */
export async function repositoryPage(
  github: GitHub,
  repository: RepositoryRecord,
  ref?: string,
): Promise<string | undefined> {
  const directory = github.directoryOf(repository);
  const { owner, name, defaultBranch } = repository;
  const shown = ref ?? defaultBranch;
  const head = await resolveCommit(directory, ref ?? `refs/heads/${defaultBranch}`);
  if (ref !== undefined && !head) return undefined;
  const [commits = [], tree] = head
    ? await Promise.all([
        log(directory, { range: head, limit: COMMITS }),
        git(directory, ["ls-tree", "-r", "--name-only", "-z", head]),
      ])
    : [];
  const files = tree?.toString("utf8").split("\0").filter(Boolean) ?? [];
  const branches = [...readRefs(directory).keys()].flatMap((full) => /^refs\/heads\/(.+)$/.exec(full)?.[1] ?? []);
  const body = html`<h1>${owner}/${name}</h1><p>${repository.description ?? ""}</p>
<pre>git clone ${github.url}/${owner}/${name}.git</pre>
<h2>Branches</h2>${list(
    branches.map((branch) => html`<a href="${hrefOf(owner, name, "tree", branch)}">${branch}</a>`),
    "This repository is empty.",
  )}
<h2>Pull requests</h2>${list(
    github.records.pulls(repository).map((pull) => pullItem(repository, pull)),
    "No pull requests yet.",
  )}
<h2>Last commits on ${shown}</h2>${list(
    commits.map((commit) => commitItem(repository, commit)),
    "No commits yet.",
  )}
<h2>Files on ${shown}</h2>${list(
    files.map((file) => html`<a href="${hrefOf(owner, name, "blob", head ?? "", file)}"><code>${file}</code></a>`),
    "No files yet.",
  )}`;
  return page(`${owner}/${name}`, crumbsOf(repository), body);
}

export async function commitPage(
  github: GitHub,
  repository: RepositoryRecord,
  ref: string,
): Promise<string | undefined> {
  const directory = github.directoryOf(repository);
  const sha = await resolveCommit(directory, ref);
  const args = ["show", "--stat", "--patch", "--no-color", "--format=fuller", "--end-of-options", sha ?? "", "--"];
  const shown = sha && (await git(directory, args));
  if (!sha || !shown) return undefined;
  const { owner, name } = repository;
  const crumbs = crumbsOf(repository, { label: sha.slice(0, 7), href: hrefOf(owner, name, "commit", sha) });
  const files = hrefOf(owner, name, "tree", sha);
  const body = html`<h1>Commit <code>${sha.slice(0, 12)}</code></h1><p><a href="${files}">Its files</a></p>${contentOf(shown)}`;
  return page(`${sha.slice(0, 7)} · ${owner}/${name}`, crumbs, body);
}

export async function filePage(
  github: GitHub,
  repository: RepositoryRecord,
  ref: string,
  path: string,
): Promise<string | undefined> {
  const directory = github.directoryOf(repository);
  const commit = await resolveCommit(directory, ref);
  const content = commit && (await git(directory, ["cat-file", "blob", `${commit}:${path}`]));
  if (!content) return undefined;
  const { owner, name } = repository;
  const crumbs = crumbsOf(repository, { label: ref.slice(0, 12), href: hrefOf(owner, name, "tree", ref) });
  return page(`${path} · ${owner}/${name}`, crumbs, html`<h1><code>${path}</code></h1>${contentOf(content)}`);
}

import type { GitHub } from "./api.ts";
import { git, log, readRefs } from "./git.ts";
import type { RepositoryRecord } from "./records.ts";

/** A plain page for people, so that a link from the portal isn't dead: no scripts, nothing to change. */

const escapeHtml = (value: string) => value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 14px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 20px; } h2 { font-size: 14px; margin-top: 2rem; }
  code, pre { font-family: ui-monospace, monospace; font-size: 13px; }
  pre { overflow-x: auto; border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: 8px; padding: 12px; }
  li { margin: 4px 0; } .quiet { opacity: .7; }`;

function document(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main>${body}</main></body></html>`;
}

export async function repositoryPage(github: GitHub, repository: RepositoryRecord): Promise<string> {
  const directory = github.directoryOf(repository);
  const fullName = `${repository.owner}/${repository.name}`;
  const head = readRefs(directory).get(`refs/heads/${repository.defaultBranch}`);
  const commits = head ? ((await log(directory, head, 20)) ?? []) : [];
  const tree = head ? await git(directory, ["ls-tree", "-r", "--name-only", "-z", head]) : undefined;
  const files = tree?.toString("utf8").split("\0").filter(Boolean) ?? [];
  const list = (items: string[]) => `<ul>${items.map((item) => `<li>${item}</li>`).join("")}</ul>`;
  return document(
    fullName,
    `<h1>${escapeHtml(fullName)}</h1><p>${escapeHtml(repository.description ?? "")}</p>
<pre>git clone ${escapeHtml(`${github.url}/${fullName}.git`)}</pre>
<h2>Commits on ${escapeHtml(repository.defaultBranch)}</h2>
${
  commits.length === 0
    ? "<p>This repository is empty.</p>"
    : list(
        commits.map(
          ({ sha, message, author }) =>
            `<a href="/${fullName}/commit/${sha}"><code>${sha.slice(0, 7)}</code></a> ${escapeHtml(message.split("\n", 1)[0] ?? "")} <span class="quiet">${escapeHtml(author.name)}, ${author.date}</span>`,
        ),
      )
}
<h2>Files</h2>${list(files.map((file) => `<a href="/${fullName}/blob/${head}/${file.split("/").map(encodeURIComponent).join("/")}"><code>${escapeHtml(file)}</code></a>`))}`,
  );
}

export async function commitPage(
  github: GitHub,
  repository: RepositoryRecord,
  sha: string,
): Promise<string | undefined> {
  if (!/^[0-9a-f]{7,40}$/.test(sha)) return undefined;
  const shown = await git(github.directoryOf(repository), [
    "show",
    "--stat",
    "--patch",
    "--format=fuller",
    "--end-of-options",
    sha,
  ]);
  return (
    shown &&
    document(
      sha,
      `<h1>${escapeHtml(repository.name)} <code>${sha.slice(0, 7)}</code></h1><pre>${escapeHtml(shown.toString("utf8"))}</pre>`,
    )
  );
}

export async function filePage(
  github: GitHub,
  repository: RepositoryRecord,
  ref: string,
  path: string,
): Promise<string | undefined> {
  const content = await git(github.directoryOf(repository), ["cat-file", "blob", `${ref}:${path}`]);
  return (
    content && document(path, `<h1><code>${escapeHtml(path)}</code></h1><pre>${escapeHtml(content.toString("utf8"))}</pre>`)
  );
}

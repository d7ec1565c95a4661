import type { ServerResponse } from "node:http";
import type { GitHub } from "../api.ts";
import { html, page } from "./html.ts";
import { pullPage } from "./pull.ts";
import { commitPage, filePage, organisationPage, repositoryPage } from "./repository.ts";

async function pageAt(github: GitHub, url: URL): Promise<string | undefined> {
  const [owner = "", name = "", kind = "", ...rest] = url.pathname.split("/").slice(1).map(decodeURIComponent);
  if (name === "") return owner === "" || github.accounts.isOrganisation(owner) ? organisationPage(github) : undefined;
  const repository = github.records.repository(owner, name);
  if (!repository) return undefined;
  const [ref = "", ...path] = rest;
  if (kind === "") return repositoryPage(github, repository);
  // A branch's name may have slashes; no path follows it here.
  if (kind === "tree") return repositoryPage(github, repository, rest.join("/"));
  if (kind === "pull") return pullPage(github, repository, ref);
  if (kind === "commit") return commitPage(github, repository, ref);
  return kind === "blob" ? filePage(github, repository, ref, path.join("/")) : undefined;
}

/** Pages for people, without sign-in: whoever reaches the sandbox's loopback port may read its repositories. */
export async function servePage(github: GitHub, url: URL, response: ServerResponse): Promise<void> {
  const found = await pageAt(github, url);
  response.writeHead(found ? 200 : 404, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy":
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
  });
  response.end(
    found ?? page("Not found", [], html`<h1>Not found</h1><p>There is no such page in the sandbox's GitHub.</p>`),
  );
}

import type { GitCommit } from "../commits.ts";
import type { PullRecord, RepositoryRecord } from "../rows.ts";
import { type Crumb, type Html, html } from "./html.ts";

/** Addresses of pages, and what stands for a thing in a list. */

export const hrefOf = (...segments: readonly string[]) =>
  `/${segments
    .flatMap((segment) => segment.split("/"))
    .map(encodeURIComponent)
    .join("/")}`;

export function crumbsOf({ owner, name }: RepositoryRecord, ...more: readonly Crumb[]): Crumb[] {
  return [{ label: owner, href: hrefOf(owner) }, { label: name, href: hrefOf(owner, name) }, ...more];
}

export function commitItem({ owner, name }: RepositoryRecord, { sha, message, author }: GitCommit): Html {
  return html`<a href="${hrefOf(owner, name, "commit", sha)}"><code>${sha.slice(0, 7)}</code></a> ${message.split("\n", 1)[0] ?? ""} <span class="quiet">${author.name}, ${author.date}</span>`;
}

/** What became of a pull request, in a word. */
export const standingOf = ({ state, merge, draft }: PullRecord) =>
  merge ? "merged" : state === "open" && draft ? "draft" : state;

export function pullItem({ owner, name }: RepositoryRecord, pull: PullRecord): Html {
  const href = hrefOf(owner, name, "pull", String(pull.number));
  return html`<a href="${href}">#${pull.number} ${pull.title}</a> <span class="quiet">${standingOf(pull)}, ${pull.author}, ${pull.headRef} to ${pull.baseRef}</span>`;
}

const LARGEST_SHOWN_BYTES = 512 * 1024;

/** A file or a patch as it is, unless it is no text or too much of it. */
export function contentOf(content: Buffer): Html {
  if (content.length > LARGEST_SHOWN_BYTES) return html`<p>${content.length} bytes: too much to show here.</p>`;
  if (content.includes(0)) return html`<p>Not text: ${content.length} bytes.</p>`;
  return html`<pre>${content.toString("utf8")}</pre>`;
}

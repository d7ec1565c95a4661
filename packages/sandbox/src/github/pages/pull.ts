import type { GitHub } from "../api.ts";
import { log } from "../commits.ts";
import { git } from "../git.ts";
import { factsOf, rangeOf } from "../pulls/facts.ts";
import type { CommentRecord, RepositoryRecord, ReviewRecord } from "../rows.ts";
import { type Html, html, list, page } from "./html.ts";
import { commitItem, contentOf, crumbsOf, hrefOf, standingOf } from "./links.ts";

const COMMITS = 250;

const verdicts: Record<ReviewRecord["state"], string> = {
  APPROVED: "approved",
  CHANGES_REQUESTED: "asked for changes",
  COMMENTED: "commented",
  DISMISSED: "reviewed, which was dismissed",
};

/** Why a pull request can be merged or not, from `mergeable_state`. */
const states: Readonly<Record<string, string>> = {
  behind: "Its head must first contain the base.",
  blocked: "The base's rules aren't met yet: reviews or checks are missing.",
  clean: "It can be merged.",
  dirty: "It conflicts with its base.",
  draft: "It is a draft.",
  unstable: "It can be merged, though a status of its head isn't a success.",
};

const reviewItem = ({ author, state, body, at }: ReviewRecord): Html =>
  html`${author} ${verdicts[state]} <span class="quiet">${at}</span> ${body}`;

const commentItem = ({ author, body, createdAt }: CommentRecord): Html =>
  html`${author} <span class="quiet">${createdAt}</span><br>${body}`;

/** A pull request: what it says, what was said of it, and what it changes. */
export async function pullPage(
  github: GitHub,
  repository: RepositoryRecord,
  number: string,
): Promise<string | undefined> {
  const pull = /^\d{1,15}$/.test(number) ? github.records.pull(repository, Number(number)) : undefined;
  if (!pull) return undefined;
  const { owner, name } = repository;
  const { directory, base, range } = rangeOf(github, repository, pull);
  const [facts, commits = [], patch] = await Promise.all([
    factsOf(github, repository, pull),
    log(directory, { range, limit: COMMITS }),
    git(directory, ["diff", "--no-color", "--stat", "--patch", `${base}...${pull.headSha}`]),
  ]);
  const told = pull.merge ? `Merged by ${pull.merge.by} at ${pull.merge.at}.` : (states[facts.mergeableState] ?? "");
  const body = html`<h1>${pull.title} <span class="quiet">#${pull.number}</span></h1>
<p>${standingOf(pull)}: ${pull.author} wants <code>${pull.headRef}</code> in <code>${pull.baseRef}</code>. ${told}</p>
<p>${pull.body ?? ""}</p>
<h2>Reviews</h2>${list(github.records.reviews(repository, pull.number).reverse().map(reviewItem), "No reviews yet.")}
<h2>Comments</h2>${list(github.records.comments(repository, pull.number).reverse().map(commentItem), "No comments yet.")}
<h2>Commits</h2>${list(
    commits.map((commit) => commitItem(repository, commit)),
    "None.",
  )}
<h2>Changes</h2>${contentOf(patch ?? Buffer.alloc(0))}`;
  const href = hrefOf(owner, name, "pull", String(pull.number));
  return page(`#${pull.number} · ${owner}/${name}`, crumbsOf(repository, { label: `#${pull.number}`, href }), body);
}

import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGitHub, type TestGitHub } from "./support.ts";

let github: TestGitHub;

beforeAll(async () => {
  github = await startGitHub();
});
afterAll(() => github.stop());

type Rest = ReturnType<TestGitHub["as"]>["rest"];
interface Place {
  readonly owner: string;
  readonly repo: string;
}

/** A commit with one more file, on a branch that is made for it, or that is there. */
async function commit({ rest }: { rest: Rest }, place: Place, branch: string, file: string, content = file) {
  const refs = await rest.git.listMatchingRefs({ ...place, ref: `heads/${branch}` });
  const from = refs.data.length > 0 ? branch : "main";
  const { data: head } = await rest.git.getRef({ ...place, ref: `heads/${from}` });
  const parent = head.object.sha;
  const tree = [{ path: file, mode: "100644" as const, type: "blob" as const, content }];
  const made = await rest.git.createTree({ ...place, base_tree: parent, tree });
  const message = `Add ${file}\n\nBecause of ${file}.`;
  const { data } = await rest.git.createCommit({ ...place, message, tree: made.data.sha, parents: [parent] });
  if (from === branch) await rest.git.updateRef({ ...place, ref: `heads/${branch}`, sha: data.sha });
  else await rest.git.createRef({ ...place, ref: `refs/heads/${branch}`, sha: data.sha });
  return data.sha;
}

/** A repository, and in it a pull request of the developer's. */
async function openPull(name: string, more: { draft?: boolean } = {}) {
  const { owner, repo, sha: base } = await github.make(name);
  const place = { owner, repo };
  const { rest } = github.as("developer");
  const head = await commit({ rest }, place, "feature", "feature.txt");
  const { data } = await rest.pulls.create({
    ...place,
    title: "A feature",
    body: "Why",
    head: "feature",
    base: "main",
    ...more,
  });
  return { place, base, head, rest, pull: { ...place, pull_number: data.number }, opened: data };
}

const rules = {
  required_status_checks: null,
  required_pull_request_reviews: null,
  enforce_admins: true,
  restrictions: null,
};

const heads = async (rest: Rest, place: Place, branch = "main") =>
  (await rest.git.getRef({ ...place, ref: `heads/${branch}` })).data.object.sha;

test("a pull request tells what it brings, and whether it could be merged", async () => {
  const { rest, pull, opened, base, head, place } = await openPull("opened");
  expect(opened).toMatchObject({ number: 1, state: "open", user: { login: "developer" }, head: { sha: head } });
  const { data } = await rest.pulls.get(pull);
  expect(data).toMatchObject({ mergeable: true, mergeable_state: "clean", commits: 1, additions: 1, changed_files: 1 });
  expect(data.base.sha).toBe(base);
  const { data: files } = await rest.pulls.listFiles(pull);
  expect(files.map(({ filename, status }) => `${status} ${filename}`)).toEqual(["added feature.txt"]);
  expect((await rest.pulls.listCommits(pull)).data.map(({ sha }) => sha)).toEqual([head]);
  expect((await rest.pulls.list({ ...place, head: "acme:feature" })).data.map(({ number }) => number)).toEqual([1]);
  expect((await rest.pulls.list({ ...place, state: "closed" })).data).toEqual([]);
});

test("a merge keeps the head's commits, names the merger, and is on record as one", async () => {
  const { rest, pull, head, base, place } = await openPull("merged");
  const { data } = await github.as("approver").rest.pulls.merge({ ...pull, sha: head });
  expect(data).toMatchObject({ merged: true });
  expect(await heads(rest, place)).toBe(data.sha);
  const { data: made } = await rest.git.getCommit({ ...place, commit_sha: data.sha });
  expect(made.parents.map(({ sha }) => sha)).toEqual([base, head]);
  expect(made.message).toBe("Merge pull request #1 from acme/feature\n\nA feature");
  const { data: after } = await rest.pulls.get(pull);
  expect(after).toMatchObject({ state: "closed", merged: true, merged_by: { login: "approver" }, commits: 1 });
  expect((await rest.pulls.checkIfMerged(pull)).status).toBe(204);
  const [push] = await github.host.pushes("acme/merged", "main", { commits: [] });
  expect(push).toMatchObject({ kind: "merge", login: "approver", after: data.sha });
  const { data: bringing } = await rest.repos.listPullRequestsAssociatedWithCommit({ ...place, commit_sha: head });
  expect(bringing.map(({ number }) => number)).toEqual([1]);
  await expect(rest.pulls.merge(pull)).rejects.toMatchObject({ status: 405 });
});

test("a squash is one commit of the author's, and ends the pull request too", async () => {
  const { rest, pull, base, place } = await openPull("squashed");
  await commit({ rest }, place, "feature", "second.txt");
  const { data } = await github.as("approver").rest.pulls.merge({ ...pull, merge_method: "squash" });
  const { data: made } = await rest.git.getCommit({ ...place, commit_sha: data.sha });
  expect(made.parents.map(({ sha }) => sha)).toEqual([base]);
  expect(made).toMatchObject({ author: { email: "developer@example.com" }, committer: { name: "GitHub" } });
  expect(made.message).toMatch(
    /^A feature \(#1\)\n\n\* Add feature.txt\n\nBecause of feature.txt.\n\n\* Add second.txt/,
  );
  expect((await rest.pulls.get(pull)).data).toMatchObject({ merged: true, merge_commit_sha: data.sha, commits: 2 });
});

test("sides that conflict, a head that moved and a draft are not merged, and nothing moves", async () => {
  const { rest, pull, base, head, place } = await openPull("conflicting");
  await expect(rest.pulls.merge({ ...pull, sha: base })).rejects.toMatchObject({ status: 409 });
  const moved = await commit({ rest }, place, "main", "feature.txt", "otherwise");
  expect((await rest.pulls.get(pull)).data).toMatchObject({ mergeable: false, mergeable_state: "dirty" });
  await expect(rest.pulls.merge({ ...pull, sha: head })).rejects.toMatchObject({
    status: 405,
    message: expect.stringContaining("Pull Request is not mergeable"),
  });
  expect(await heads(rest, place)).toBe(moved);
  const draft = await openPull("drafted", { draft: true });
  expect((await rest.pulls.get(draft.pull)).data.mergeable_state).toBe("draft");
  await expect(rest.pulls.merge(draft.pull)).rejects.toMatchObject({ status: 405 });
});

test("a pull request that can't be one is refused, and says why", async () => {
  const { rest, place } = await openPull("refused");
  const create = (head: string, base: string, title = "x") => rest.pulls.create({ ...place, head, base, title });
  const because = (message: unknown) => ({ status: 422, response: { data: { errors: [message] } } });
  await expect(create("nope", "main")).rejects.toMatchObject(because({ field: "head", code: "invalid" }));
  await expect(create("feature", "nope")).rejects.toMatchObject(because({ field: "base", code: "invalid" }));
  await expect(create("feature", "main", " ")).rejects.toMatchObject(because({ field: "title" }));
  await expect(create("feature", "main")).rejects.toMatchObject(
    because({ message: "A pull request already exists for acme:feature." }),
  );
  await expect(create("main", "feature")).rejects.toMatchObject(
    because({ message: "No commits between feature and main" }),
  );
});

test("required reviews hold a pull request until someone else who may write has approved its newest head", async () => {
  const { rest, pull, place } = await openPull("reviewed");
  const admin = github.as("admin").rest;
  await admin.repos.updateBranchProtection({
    ...place,
    branch: "main",
    ...rules,
    required_pull_request_reviews: { required_approving_review_count: 1, dismiss_stale_reviews: true },
  });
  const merge = () => rest.pulls.merge(pull);
  const refusal = {
    status: 405,
    message: expect.stringContaining("At least 1 approving review is required by reviewers with write access."),
  };
  await expect(merge()).rejects.toMatchObject(refusal);
  expect((await rest.pulls.get(pull)).data.mergeable_state).toBe("blocked");
  await expect(rest.pulls.createReview({ ...pull, event: "APPROVE" })).rejects.toMatchObject({ status: 422 });
  await github.as("viewer").rest.pulls.createReview({ ...pull, event: "APPROVE" });
  await expect(merge()).rejects.toMatchObject(refusal);

  const approver = github.as("approver").rest;
  await approver.pulls.createReview({ ...pull, event: "APPROVE" });
  await commit({ rest }, place, "feature", "later.txt");
  await expect(merge()).rejects.toMatchObject(refusal);
  await approver.pulls.createReview({ ...pull, event: "REQUEST_CHANGES", body: "No" });
  await admin.pulls.createReview({ ...pull, event: "APPROVE" });
  await expect(merge()).rejects.toMatchObject({ status: 405, message: expect.stringContaining("Changes have been") });
  await approver.pulls.createReview({ ...pull, event: "APPROVE", body: "Now yes" });
  expect((await merge()).data.merged).toBe(true);
});

test("an approval by whoever pushed last doesn't count where someone else's is asked for, whoever opened it", async () => {
  const { owner, repo } = await github.make("last-push");
  const place = { owner, repo };
  // The approver pushes, the developer opens: the approver's word would be on their own change.
  const approver = github.as("approver").rest;
  await commit({ rest: approver }, place, "feature", "feature.txt");
  const { rest } = github.as("developer");
  const { data } = await rest.pulls.create({ ...place, title: "Theirs", head: "feature", base: "main" });
  const pull = { ...place, pull_number: data.number };
  await github.as("admin").rest.repos.updateBranchProtection({
    ...place,
    branch: "main",
    ...rules,
    required_pull_request_reviews: { required_approving_review_count: 1, require_last_push_approval: true },
  });
  await approver.pulls.createReview({ ...pull, event: "APPROVE" });
  await expect(rest.pulls.merge(pull)).rejects.toMatchObject({
    status: 405,
    message: expect.stringContaining("someone other than the last pusher"),
  });
  await github.as("admin").rest.pulls.createReview({ ...pull, event: "APPROVE" });
  expect((await rest.pulls.merge(pull)).data.merged).toBe(true);
});

test("only who is named merges into a restricted branch, and rules bind administrators only where it says so", async () => {
  const { rest, pull, place } = await openPull("restricted");
  const admin = github.as("admin").rest;
  const protect = (enforced: boolean) =>
    admin.repos.updateBranchProtection({
      ...place,
      branch: "main",
      ...rules,
      enforce_admins: enforced,
      restrictions: { users: ["approver"], teams: [], apps: [] },
      required_pull_request_reviews: { required_approving_review_count: 1 },
    });
  await protect(true);
  await github.as("approver").rest.pulls.createReview({ ...pull, event: "APPROVE" });
  const refusal = { status: 405, message: expect.stringContaining("You're not authorized to push to this branch.") };
  await expect(rest.pulls.merge(pull)).rejects.toMatchObject(refusal);
  await expect(admin.pulls.merge(pull)).rejects.toMatchObject(refusal);
  await protect(false);
  await expect(rest.pulls.merge(pull)).rejects.toMatchObject(refusal);
  expect((await admin.pulls.merge(pull)).data.merged).toBe(true);
});

test("a branch that wants pull requests takes no push but of whom it lets past, and says so in git's own words", async () => {
  const { owner, repo } = await github.make("walled");
  await github.as("admin").rest.repos.updateBranchProtection({
    owner,
    repo,
    branch: "main",
    ...rules,
    required_pull_request_reviews: {
      required_approving_review_count: 0,
      bypass_pull_request_allowances: { apps: ["turnpike"] },
    },
    required_status_checks: { strict: false, contexts: ["build"] },
  });
  const folder = await github.clone("developer", "walled");
  writeFileSync(path.join(folder, "new.txt"), "x");
  await github.git("developer", ["add", "."], folder);
  await github.git("developer", ["commit", "-qm", "Direct"], folder);
  const pushed = await github.git("developer", ["push", "origin", "main"], folder);
  expect(pushed.status).not.toBe(0);
  expect(pushed.stderr).toContain("GH006: Protected branch update failed for refs/heads/main.");
  expect(pushed.stderr).toContain("- Changes must be made through a pull request.");
  expect(pushed.stderr).toContain('- Required status check "build" is expected.');
  const client = await github.github.installation("acme");
  const { data: head } = await client.rest.git.getRef({ owner, repo, ref: "heads/main" });
  const { data: made } = await client.rest.git.createCommit({
    owner,
    repo,
    message: "By the App",
    tree: (await client.rest.git.getCommit({ owner, repo, commit_sha: head.object.sha })).data.tree.sha,
    parents: [head.object.sha],
  });
  const move = () => client.rest.git.updateRef({ owner, repo, ref: "heads/main", sha: made.sha });
  await expect(move()).rejects.toMatchObject({ status: 422, message: expect.stringContaining('"build" is expected') });
  await client.rest.repos.createCommitStatus({ owner, repo, sha: made.sha, state: "success", context: "build" });
  expect((await move()).status).toBe(200);
});

test("required checks are statuses or check runs of the head, and strict ones want the base in it", async () => {
  const { rest, pull, place, head } = await openPull("checked");
  const client = await github.github.installation("acme");
  await github.as("admin").rest.repos.updateBranchProtection({
    ...place,
    branch: "main",
    ...rules,
    required_status_checks: {
      strict: true,
      contexts: [],
      checks: [{ context: "build" }, { context: "plan", app_id: 1 }],
    },
  });
  const merge = () => rest.pulls.merge(pull);
  const because = (message: string) => ({ status: 405, message: expect.stringContaining(message) });
  await expect(merge()).rejects.toMatchObject(because("2 of 2 required status checks are expected."));
  await rest.repos.createCommitStatus({ ...place, sha: head, state: "pending", context: "build" });
  // Only the App's own check counts, not a status that bears its name.
  await rest.repos.createCommitStatus({ ...place, sha: head, state: "success", context: "plan" });
  await expect(merge()).rejects.toMatchObject(
    because("2 of 2 required status checks have not succeeded: 1 expected, 1 pending."),
  );
  await rest.repos.createCommitStatus({ ...place, sha: head, state: "success", context: "build" });
  const { data: run } = await client.rest.checks.create({
    ...place,
    name: "plan",
    head_sha: head,
    status: "in_progress",
  });
  await expect(merge()).rejects.toMatchObject(because("1 of 2 required status checks have not succeeded: 1 pending."));
  await client.rest.checks.update({ ...place, check_run_id: run.id, conclusion: "success" });
  await github.as("admin").rest.repos.deleteBranchProtection({ ...place, branch: "main" });
  await commit({ rest }, place, "main", "other.txt");
  await github.as("admin").rest.repos.updateBranchProtection({
    ...place,
    branch: "main",
    ...rules,
    required_status_checks: { strict: true, contexts: ["build"] },
  });
  expect((await rest.pulls.get(pull)).data.mergeable_state).toBe("behind");
  await expect(merge()).rejects.toMatchObject(because("not up to date"));
});

test("a pull request whose head reaches its base by a push is merged by whoever pushed", async () => {
  const { rest, pull, place, head } = await openPull("pushed");
  await github.as("admin").rest.git.updateRef({ ...place, ref: "heads/main", sha: head });
  expect((await rest.pulls.get(pull)).data).toMatchObject({
    state: "closed",
    merged: true,
    merged_by: { login: "admin" },
    merge_commit_sha: head,
  });
});

test("what is changed of a pull request is told with when it was changed", async () => {
  const { rest, pull, opened } = await openPull("edited");
  github.sandbox.clock.advance(5000);
  const { data } = await rest.pulls.update({ ...pull, title: "Another" });
  expect(data.title).toBe("Another");
  expect(Date.parse(data.updated_at)).toBeGreaterThanOrEqual(Date.parse(opened.updated_at) + 5000);
  await expect(github.as("viewer").rest.pulls.update({ ...pull, title: "Mine" })).rejects.toMatchObject({
    status: 403,
  });
});

test("a branch that is deleted closes its pull request, which keeps its commits and can come back with it", async () => {
  const { rest, pull, place, head } = await openPull("left");
  await rest.git.deleteRef({ ...place, ref: "heads/feature" });
  expect((await rest.pulls.get(pull)).data).toMatchObject({ state: "closed", merged: false });
  expect((await rest.git.getRef({ ...place, ref: "pull/1/head" })).data.object.sha).toBe(head);
  await expect(rest.pulls.update({ ...pull, state: "open" })).rejects.toMatchObject({ status: 422 });
  await rest.git.createRef({ ...place, ref: "refs/heads/feature", sha: head });
  expect((await rest.pulls.update({ ...pull, state: "open" })).data.state).toBe("open");
});

test("of two merges at once one is done, and the other is told that there is nothing to merge", async () => {
  const { pull, place, rest } = await openPull("raced");
  const both = await Promise.allSettled([
    github.as("approver").rest.pulls.merge(pull),
    github.as("admin").rest.pulls.merge(pull),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const { data } = await rest.repos.listCommits(place);
  expect(data.filter(({ parents }) => parents.length === 2)).toHaveLength(1);
});

test("a pull request's own ref is nobody's to move", async () => {
  const { rest, place, head, base } = await openPull("hidden");
  await expect(rest.git.updateRef({ ...place, ref: "pull/1/head", sha: base, force: true })).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining("deny updating a hidden ref"),
  });
  await expect(rest.git.deleteRef({ ...place, ref: "pull/1/head" })).rejects.toMatchObject({ status: 422 });
  const folder = await github.clone("developer", "hidden");
  const pushed = await github.git("developer", ["push", "origin", "main:refs/pull/1/head", "--force"], folder);
  expect(pushed.status).not.toBe(0);
  expect((await rest.git.getRef({ ...place, ref: "pull/1/head" })).data.object.sha).toBe(head);
});

test("what is malformed is refused and named, and no number but a plain one names a pull request", async () => {
  const { pull, place, head } = await openPull("malformed");
  const ask = async (path: string, body?: unknown, method = body === undefined ? "GET" : "POST") => {
    const headers = { authorization: "token sandbox-admin" };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${github.url}/repos/acme/malformed${path}`, { method, headers, ...sent });
    return response.status;
  };
  for (const number of ["1e0", "0x1", "-1", "1.0", "%31%00", "99999999999999999999", "NaN"]) {
    expect([404, 501]).toContain(await ask(`/pulls/${number}`));
  }
  for (const body of [null, [], "x", 7, { head: 7, base: {}, title: [] }, { head: "feature", base: null }]) {
    expect(await ask("/pulls", body)).toBe(422);
  }
  expect(await ask("/pulls/1/reviews", { event: "APPROVE", commit_id: "nope" })).toBe(422);
  expect(await ask("/issues/1/comments", { body: "x".repeat(65_537) })).toBe(422);
  expect(await ask("/issues/1/comments", { body: { toString: "x" } })).toBe(422);
  const rule = { ...rules, required_status_checks: { strict: true, checks: [null] } };
  expect(await ask("/branches/main/protection", rule, "PUT")).toBe(422);
  const client = await github.github.installation("acme");
  const annotations = [null] as never;
  const output = { title: "x", summary: "x", annotations };
  await expect(client.rest.checks.create({ ...place, name: "plan", head_sha: head, output })).rejects.toMatchObject({
    status: 422,
  });
  expect((await github.as("admin").rest.pulls.get(pull)).data.state).toBe("open");
});

test("a pull request has a page that shows what it changes, and text as text", async () => {
  const { rest, pull } = await openPull("paged");
  await rest.pulls.update({ ...pull, body: "<script>alert(1)</script>" });
  await github.as("approver").rest.pulls.createReview({ ...pull, event: "REQUEST_CHANGES", body: "Not so" });
  const answer = await fetch(`${github.url}/acme/paged/pull/1`, { headers: { accept: "text/html" } });
  const page = await answer.text();
  expect(page).toContain("+feature.txt");
  expect(page).toContain("approver asked for changes");
  expect(page).not.toContain("<script");
  const none = await fetch(`${github.url}/acme/paged/pull/2`, { headers: { accept: "text/html" } });
  expect(none.status).toBe(404);
});

test("the App hears of a pull request's life, in GitHub's own shapes", async () => {
  const { rest, pull, place } = await openPull("heard");
  await commit({ rest }, place, "feature", "more.txt");
  await rest.issues.createComment({ ...place, issue_number: pull.pull_number, body: "Look" });
  await github.as("approver").rest.pulls.createReview({ ...pull, event: "APPROVE" });
  await github.as("approver").rest.pulls.merge(pull);
  const heard = () =>
    github.receiver.deliveries.flatMap(({ event, body }) => {
      const { action, repository } = JSON.parse(body) as { action?: string; repository: { name: string } };
      return repository.name === "heard" && /^(pull|issue)/.test(event) ? [`${event} ${action}`] : [];
    });
  await vi.waitFor(() =>
    expect(heard().sort()).toEqual([
      "issue_comment created",
      "pull_request closed",
      "pull_request opened",
      "pull_request synchronize",
      "pull_request_review submitted",
    ]),
  );
});

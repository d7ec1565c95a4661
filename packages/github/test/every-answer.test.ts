import { githubOperations } from "@turnpike/sandbox";
import type { Octokit } from "octokit";
import { expect, test } from "vitest";
import { clientOf, judge, startGitHub } from "./support.ts";

/** Asks for everything that the sandbox's GitHub has, once; each answer is judged by GitHub's own description. */
const needed = judge ? "" : " (needs @octokit/openapi from npm, which couldn't be fetched)";

test.skipIf(!judge)(`every operation answers as GitHub describes it${needed}`, async () => {
  const github = await startGitHub();
  const asked = new Set<string>();
  const patterns = githubOperations.map((operation) => {
    const [method = "", path = ""] = operation.split(" ");
    const pattern = path.replace(/\{\w+\+\}/g, ".+").replace(/\{\w+\}/g, "[^/]+");
    return { operation, method, pattern: new RegExp(`^${pattern}$`) };
  });
  const ask = async (by: Octokit, operation: string, body: Record<string, unknown> = {}) => {
    const { status, data } = await by.request(operation, body);
    expect(status).toBeLessThan(300);
    const [method = "", path = ""] = operation.split(" ");
    const matching = patterns.find((each) => each.method === method && each.pattern.test(path));
    if (matching) asked.add(matching.operation);
    return data as { id: number; sha: string; number: number; check_suite: { id: number } };
  };

  const { sha } = await github.make("all");
  const installation = await github.github.installation("acme");
  const app = clientOf(github.url, ((await installation.auth({ type: "app" })) as { token: string }).token);
  const [developer, admin, approver] = [github.as("developer"), github.as("admin"), github.as("approver")];
  const at = "/repos/acme/all";

  await ask(app, "GET /app");
  await ask(app, "GET /app/installations");
  await ask(app, "GET /app/installations/5001");
  await ask(app, "GET /orgs/acme/installation");
  await ask(app, "GET /users/acme/installation");
  await ask(app, `GET ${at}/installation`);
  await ask(app, "POST /app/installations/5001/access_tokens", { repositories: ["all"] });
  await ask(app, "GET /app/hook/config");
  await ask(installation, "GET /installation/repositories");
  for (const what of ["/user", "/users/admin", "/orgs/acme", "/orgs/acme/repos", "/rate_limit"]) {
    await ask(developer, `GET ${what}`);
  }
  await ask(admin, "POST /orgs/acme/repos", { name: "gone" });
  await ask(admin, "PATCH /repos/acme/gone", { description: "x" });
  await ask(admin, "PUT /repos/acme/gone/collaborators/viewer", { permission: "push" });
  await ask(admin, "DELETE /repos/acme/gone");
  await ask(developer, `GET ${at}`);
  await ask(developer, `GET ${at}/collaborators/developer/permission`);

  const { sha: blob } = await ask(developer, `POST ${at}/git/blobs`, { content: "x" });
  const { sha: tree } = await ask(developer, `POST ${at}/git/trees`, {
    base_tree: sha,
    tree: [{ path: "x", mode: "100644", type: "blob", sha: blob }],
  });
  const made = { message: "X", tree, parents: [sha] };
  const { sha: head } = await ask(developer, `POST ${at}/git/commits`, made);
  const { sha: next } = await ask(developer, `POST ${at}/git/commits`, { ...made, message: "Y", parents: [head] });
  await ask(developer, `GET ${at}/git/blobs/${blob}`);
  await ask(developer, `GET ${at}/git/trees/${tree}`);
  await ask(developer, `GET ${at}/git/commits/${head}`);
  await ask(developer, `POST ${at}/git/refs`, { ref: "refs/heads/feature", sha: head });
  await ask(developer, `POST ${at}/git/refs`, { ref: "refs/heads/spare", sha: head });
  await ask(developer, `PATCH ${at}/git/refs/heads/feature`, { sha: next });
  await ask(developer, `DELETE ${at}/git/refs/heads/spare`);
  await ask(developer, `GET ${at}/git/ref/heads/feature`);
  await ask(developer, `GET ${at}/git/matching-refs/heads/f`);
  for (const what of ["branches", "branches/main", "commits", "commits/main", "compare/main...feature", "activity"]) {
    await ask(developer, `GET ${at}/${what}`);
  }
  await ask(developer, `GET ${at}/contents`);
  await ask(developer, `GET ${at}/contents/`);
  await ask(developer, `GET ${at}/contents/src`);

  await ask(developer, `POST ${at}/statuses/${next}`, { state: "success", context: "build" });
  await ask(developer, `GET ${at}/commits/${next}/status`);
  await ask(developer, `GET ${at}/commits/${next}/statuses`);
  const output = {
    title: "Plan",
    summary: "Fine",
    annotations: [{ path: "x", start_line: 1, end_line: 1, annotation_level: "warning", message: "Hm" }],
  };
  const run = await ask(installation, `POST ${at}/check-runs`, { name: "plan", head_sha: next, output });
  await ask(installation, `PATCH ${at}/check-runs/${run.id}`, { conclusion: "success" });
  await ask(installation, `POST ${at}/check-runs/${run.id}/rerequest`);
  for (const what of [`check-runs/${run.id}`, `check-runs/${run.id}/annotations`])
    await ask(developer, `GET ${at}/${what}`);
  const suite = `check-suites/${run.check_suite.id}`;
  for (const what of [suite, `${suite}/check-runs`]) await ask(developer, `GET ${at}/${what}`);
  for (const what of ["check-runs", "check-suites"]) await ask(developer, `GET ${at}/commits/${next}/${what}`);

  const pull = await ask(developer, `POST ${at}/pulls`, { title: "X", head: "feature", base: "main" });
  const its = `${at}/pulls/${pull.number}`;
  await ask(developer, `PATCH ${its}`, { body: "Because" });
  await ask(developer, `POST ${its}/requested_reviewers`, { reviewers: ["approver", "admin"] });
  await ask(developer, `DELETE ${its}/requested_reviewers`, { reviewers: ["admin"] });
  const comment = await ask(developer, `POST ${at}/issues/${pull.number}/comments`, { body: "Look" });
  await ask(developer, `PATCH ${at}/issues/comments/${comment.id}`, { body: "Look here" });
  await ask(developer, `GET ${at}/issues/comments/${comment.id}`);
  await ask(developer, `GET ${at}/issues/${pull.number}/comments`);
  await ask(developer, `DELETE ${at}/issues/comments/${comment.id}`);
  const review = await ask(approver, `POST ${its}/reviews`, { event: "APPROVE" });
  await ask(developer, `GET ${its}/reviews`);
  await ask(developer, `GET ${its}/reviews/${review.id}`);
  await ask(admin, `PUT ${its}/reviews/${review.id}/dismissals`, { message: "Too soon" });
  await ask(admin, `PUT ${at}/branches/main/protection`, {
    required_status_checks: { strict: true, checks: [{ context: "build" }] },
    required_pull_request_reviews: { required_approving_review_count: 1 },
    restrictions: { users: ["admin"], teams: [], apps: ["turnpike"] },
    enforce_admins: false,
  });
  await ask(admin, `GET ${at}/branches/main/protection`);
  await ask(developer, `GET ${at}/branches/main`);
  await ask(admin, `DELETE ${at}/branches/main/protection`);
  for (const what of ["", "/commits", "/files"]) await ask(developer, `GET ${its}${what}`);
  await ask(developer, `GET ${at}/pulls`);
  await ask(approver, `PUT ${its}/merge`);
  await ask(developer, `GET ${its}/merge`);
  await ask(developer, `GET ${at}/commits/${next}/pulls`);

  await expect.poll(() => github.receiver.deliveries.length).toBeGreaterThan(15);
  const [delivery] = (await app.rest.apps.listWebhookDeliveries({ per_page: 1 })).data;
  await ask(app, "GET /app/hook/deliveries");
  await ask(app, `GET /app/hook/deliveries/${delivery?.id}`);
  await ask(app, `POST /app/hook/deliveries/${delivery?.id}/attempts`);

  await github.stop();
  expect(githubOperations.filter((operation) => !asked.has(operation))).toEqual([]);
});

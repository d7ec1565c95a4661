import type { Octokit } from "octokit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOf, startGitHub, type TestGitHub } from "./support.ts";

let github: TestGitHub;

beforeAll(async () => {
  github = await startGitHub();
});
afterAll(() => github.stop());

type Narrowed = Parameters<Octokit["rest"]["apps"]["createInstallationAccessToken"]>[0];

/** A token of the installation, for less than the App was granted. */
async function tokenFor(narrowed: Omit<NonNullable<Narrowed>, "installation_id">) {
  const installation = await github.github.installation("acme");
  const { token } = (await installation.auth({ type: "app" })) as { token: string };
  return clientOf(github.url, token).rest.apps.createInstallationAccessToken({ installation_id: 5001, ...narrowed });
}

async function clientFor(narrowed: Parameters<typeof tokenFor>[0]) {
  const { data } = await tokenFor(narrowed);
  return clientOf(github.url, data.token);
}

const DENIED = { status: 403, message: expect.stringContaining("Resource not accessible by integration") };

test("a token does what its permissions name, and a refusal names the one that is missing", async () => {
  const { owner, repo, sha } = await github.make("narrow");
  const { rest } = await clientFor({ permissions: { contents: "read", statuses: "write" } });
  expect((await rest.repos.getCommit({ owner, repo, ref: "main" })).data.sha).toBe(sha);
  await rest.repos.createCommitStatus({ owner, repo, sha, state: "success" });
  await expect(rest.git.createRef({ owner, repo, ref: "refs/heads/x", sha })).rejects.toMatchObject({
    ...DENIED,
    response: { headers: { "x-accepted-github-permissions": "contents=write" } },
  });
  await expect(rest.pulls.list({ owner, repo })).rejects.toMatchObject(DENIED);
  await expect(rest.checks.create({ owner, repo, name: "x", head_sha: sha })).rejects.toMatchObject(DENIED);
  await expect(rest.repos.delete({ owner, repo })).rejects.toMatchObject(DENIED);
  await expect(rest.repos.createInOrg({ org: "acme", name: "another" })).rejects.toMatchObject(DENIED);
  await expect(rest.issues.createComment({ owner, repo, issue_number: 1, body: "x" })).rejects.toMatchObject({
    response: { headers: { "x-accepted-github-permissions": "issues=write; pull_requests=write" } },
  });
});

test("git over HTTP asks for contents: reading to clone, writing to push", async () => {
  const { owner, repo } = await github.make("cloned");
  const ask = async (permissions: NonNullable<Parameters<typeof tokenFor>[0]["permissions"]>, service: string) => {
    const { data } = await tokenFor({ permissions });
    const authorization = `Basic ${Buffer.from(`x-access-token:${data.token}`).toString("base64")}`;
    const address = `${github.url}/${owner}/${repo}.git/info/refs?service=${service}`;
    return (await fetch(address, { headers: { authorization } })).status;
  };
  expect(await ask({ contents: "read" }, "git-upload-pack")).toBe(200);
  expect(await ask({ contents: "read" }, "git-receive-pack")).toBe(403);
  expect(await ask({ contents: "write" }, "git-receive-pack")).toBe(200);
  expect(await ask({ statuses: "write" }, "git-upload-pack")).toBe(403);
});

test("to a token of single repositories the others aren't there", async () => {
  const { owner } = await github.make("mine");
  await github.make("theirs");
  const client = await clientFor({ repositories: ["mine"] });
  const { data } = await client.rest.apps.listReposAccessibleToInstallation();
  expect(data).toMatchObject({ total_count: 1, repository_selection: "selected" });
  expect((await client.rest.repos.get({ owner, repo: "mine" })).data.permissions).toMatchObject({ admin: true });
  await expect(client.rest.repos.get({ owner, repo: "theirs" })).rejects.toMatchObject({ status: 404 });
  await expect(client.rest.repos.createInOrg({ org: "acme", name: "new" })).rejects.toMatchObject({ status: 403 });
  const { data: all } = await client.rest.repos.listForOrg({ org: "acme" });
  expect(all.map(({ name }) => name)).toEqual(["mine"]);
});

test("a token for more than was granted isn't given", async () => {
  await expect(tokenFor({ permissions: { secrets: "write" } })).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining("not granted to this installation"),
  });
  await expect(tokenFor({ repositories: ["nowhere"] })).rejects.toMatchObject({ status: 422 });
});

test("check runs are an App's alone, and the App itself has no repositories", async () => {
  const { owner, repo, sha } = await github.make("own");
  const person = github.as("admin").rest;
  await expect(person.checks.create({ owner, repo, name: "x", head_sha: sha })).rejects.toMatchObject({ status: 403 });
  const installation = await github.github.installation("acme");
  const { token } = (await installation.auth({ type: "app" })) as { token: string };
  const app = clientOf(github.url, token);
  await expect(app.rest.repos.get({ owner, repo })).rejects.toMatchObject({ status: 404 });
});

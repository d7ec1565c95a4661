import { generateKeyPairSync } from "node:crypto";
import { App } from "octokit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createGitHub } from "../src/index.ts";
import { startGitHub, type TestGitHub } from "./support.ts";

let github: TestGitHub;

beforeAll(async () => {
  github = await startGitHub();
});
afterAll(() => github.stop());

test("Octokit's App finds its installation and the repositories in it", async () => {
  await github.make("listed");
  const { Octokit } = await import("octokit");
  const app = new App({
    appId: 1,
    privateKey: github.privateKey,
    Octokit: Octokit.defaults({ baseUrl: github.url, log: { debug() {}, info() {}, warn() {}, error() {} } }),
  });
  expect((await app.octokit.rest.apps.getAuthenticated()).data?.slug).toBe("turnpike");
  const names: string[] = [];
  await app.eachRepository(({ repository }) => void names.push(repository.full_name));
  expect(names).toContain("acme/listed");
});

test("an App with another key is nobody", async () => {
  const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs1", format: "pem" })
    .toString();
  const stranger = createGitHub({ apiUrl: github.url, url: github.url, appId: 1, privateKey });
  await expect(stranger.installation("acme")).rejects.toMatchObject({ status: 401 });
});

test("an installation's token ends after an hour", async () => {
  const another = await startGitHub();
  const client = await another.github.installation("acme");
  const { token } = (await client.auth({ type: "installation" })) as { token: string };
  const ask = async () =>
    (await fetch(`${another.url}/orgs/acme`, { headers: { authorization: `token ${token}` } })).status;
  expect(await ask()).toBe(200);
  await another.sandbox.clock.advance(3601_000);
  expect(await ask()).toBe(401);
  await another.stop();
});

test("people are who their token says, and do what their permission allows", async () => {
  const { owner, repo } = await github.make("allowed");
  const viewer = github.as("viewer");
  expect((await viewer.rest.users.getAuthenticated()).data).toMatchObject({
    login: "viewer",
    email: "viewer@example.com",
  });
  expect((await viewer.rest.repos.get({ owner, repo })).data.permissions).toMatchObject({ pull: true, push: false });
  await expect(viewer.rest.repos.createInOrg({ org: "acme", name: "x" })).rejects.toMatchObject({ status: 403 });
  await expect(github.as("developer").rest.repos.delete({ owner, repo })).rejects.toMatchObject({ status: 403 });
  const { data } = await github
    .as("admin")
    .rest.repos.getCollaboratorPermissionLevel({ owner, repo, username: "developer" });
  expect(data.permission).toBe("write");
});

test("pages are followed by their links, each item once", async () => {
  const { owner, repo } = await github.make("paged");
  const client = github.as("developer");
  const { data: ref } = await client.rest.git.getRef({ owner, repo, ref: "heads/main" });
  for (let index = 0; index < 7; index++) {
    await client.rest.git.createRef({ owner, repo, ref: `refs/heads/b${index}`, sha: ref.object.sha });
  }
  const branches = await client.paginate(client.rest.repos.listBranches, { owner, repo, per_page: 3 });
  expect(branches.map(({ name }) => name)).toEqual(["b0", "b1", "b2", "b3", "b4", "b5", "b6", "main"]);
  const activities = await client.paginate("GET /repos/{owner}/{repo}/activity", { owner, repo, per_page: 3 });
  expect(activities.map(({ ref: moved }) => moved)).toHaveLength(8);
  expect(new Set(activities.map(({ id }) => id)).size).toBe(8);
});

test("a commit is made from blobs and a tree, and a branch moved to it under the rules of a push", async () => {
  const { owner, repo, sha, fullName } = await github.make("data");
  const before = new Date(Date.now() + 1);
  const { rest } = github.as("developer");
  const { data: blob } = await rest.git.createBlob({ owner, repo, content: "aGk=", encoding: "base64" });
  const { data: tree } = await rest.git.createTree({
    owner,
    repo,
    base_tree: sha,
    tree: [
      { path: "docs/hi.txt", mode: "100644", type: "blob", sha: blob.sha },
      { path: "script/build", mode: "100755", type: "blob", sha: null },
      { path: "a*b", mode: "100644", type: "blob", content: "star" },
    ],
  });
  const made = await rest.git.createCommit({ owner, repo, message: "By API", tree: tree.sha, parents: [sha] });
  await rest.git.updateRef({ owner, repo, ref: "heads/main", sha: made.data.sha });
  const { data: comparison } = await rest.repos.compareCommitsWithBasehead({ owner, repo, basehead: `${sha}...main` });
  expect(comparison).toMatchObject({ status: "ahead", ahead_by: 1, total_commits: 1, merge_base_commit: { sha } });
  expect(comparison.files?.map(({ filename, status }) => `${status} ${filename}`).sort()).toEqual([
    "added a*b",
    "added docs/hi.txt",
    "removed script/build",
  ]);
  await expect(rest.git.updateRef({ owner, repo, ref: "heads/main", sha })).rejects.toMatchObject({ status: 422 });
  const [push] = await github.host.pushes(fullName, "main", { base: { sha, at: before }, commits: [] });
  expect(push).toMatchObject({ login: "developer", kind: "push", after: made.data.sha });
  expect((await rest.git.getTree({ owner, repo, tree_sha: "main", recursive: "1" })).data.tree).toContainEqual(
    expect.objectContaining({ path: "docs/hi.txt", sha: blob.sha, size: 2 }),
  );
});

test("contents are a file or a folder at a ref", async () => {
  const { owner, repo } = await github.make("contents");
  const { rest } = github.as("viewer");
  const { data: file } = await rest.repos.getContent({ owner, repo, path: "src/file 1.ts", ref: "main" });
  expect(file).toMatchObject({ type: "file", content: Buffer.from("export const n = 1;\n").toString("base64") });
  const { data: root } = await rest.repos.getContent({ owner, repo, path: "" });
  expect(root).toMatchObject([{ name: "script", type: "dir" }, { name: "src" }]);
  await expect(rest.repos.getContent({ owner, repo, path: "src/*.ts" })).rejects.toMatchObject({ status: 404 });
});

test("a commit's statuses come to what its newest of each context say", async () => {
  const { owner, repo, sha } = await github.make("judged");
  const { rest } = github.as("developer");
  const say = (state: "pending" | "success" | "failure", context: string) =>
    rest.repos.createCommitStatus({ owner, repo, sha, state, context });
  const combined = async () => (await rest.repos.getCombinedStatusForRef({ owner, repo, ref: "main" })).data;
  expect(await combined()).toMatchObject({ state: "pending", total_count: 0 });
  await say("failure", "build");
  await say("success", "lint");
  expect(await combined()).toMatchObject({ state: "failure", total_count: 2, sha });
  await say("success", "build");
  expect(await combined()).toMatchObject({ state: "success", total_count: 2 });
  expect((await rest.repos.listCommitStatusesForRef({ owner, repo, ref: "main" })).data).toHaveLength(3);
});

test("a commit that isn't there, a branch that isn't and an empty repository each answer as GitHub does", async () => {
  const { owner, repo } = await github.make("missing");
  const { rest } = github.as("viewer");
  await expect(rest.repos.getCommit({ owner, repo, ref: "nope" })).rejects.toMatchObject({ status: 422 });
  await expect(rest.repos.getBranch({ owner, repo, branch: "nope" })).rejects.toMatchObject({ status: 404 });
  await expect(rest.repos.getCommit({ owner, repo, ref: "--output=/tmp/x" })).rejects.toMatchObject({ status: 422 });
  await github.host.ensureRepository({ fullName: "acme/void", description: "", marker: "svc_1" });
  await expect(rest.repos.listCommits({ owner, repo: "void" })).rejects.toMatchObject({ status: 409 });
});

test("a name that isn't one is refused and makes nothing", async () => {
  const client = await github.github.installation("acme");
  for (const name of ["", "..", "a/b", "x;curl evil", "name.git", "ü", "a".repeat(101)]) {
    await expect(client.rest.repos.createInOrg({ org: "acme", name })).rejects.toMatchObject({ status: 422 });
  }
});

test("what the sandbox's GitHub lacks answers 501 and names itself", async () => {
  const client = github.as("developer");
  await expect(client.request("GET /repos/acme/first/stargazers")).rejects.toMatchObject({
    status: 501,
    message: expect.stringContaining("GET /repos/acme/first/stargazers"),
  });
});

test("a repository has a page for people that shows text as text", async () => {
  const { owner, repo, sha } = await github.make("shown");
  await github.as("admin").rest.repos.update({ owner, repo, description: "<script>alert(1)</script>" });
  const read = async (place: string) => {
    const answer = await fetch(`${github.url}${place}`, { headers: { accept: "text/html" } });
    return { status: answer.status, text: await answer.text() };
  };
  const page = await read("/acme/shown");
  expect(page.text).toContain("&#60;script&#62;alert(1)");
  expect(page.text).not.toContain("<script");
  expect(page.text).toContain(`/acme/shown/blob/${sha}/src/file%201.ts`);
  expect((await read(`/acme/shown/blob/${sha}/src/file%201.ts`)).text).toContain("export const n = 1;");
  expect((await read(`/acme/shown/commit/${sha}`)).text).toContain("First");
  expect((await read("/")).text).toContain("acme/shown");
  expect((await read("/acme/nothing")).status).toBe(404);
  expect((await read("/acme/%E0%A4%A")).status).toBe(400);
});

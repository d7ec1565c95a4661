import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { RepositoryHostError } from "@turnpike/domain/scaffolding";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSources } from "../src/index.ts";
import { at, author, startGitHub, type TestGitHub } from "./support.ts";

let github: TestGitHub;
let sources: ReturnType<typeof createSources>;

beforeAll(async () => {
  github = await startGitHub();
  sources = createSources(github.github, github.host.head);
});
afterAll(() => github.stop());

/** A repository with more than plain text in it, and its head. */
async function makeMixed(name: string) {
  const { fullName } = await github.make(name);
  const clone = await github.clone("developer", name);
  mkdirSync(path.join(clone, "ünï"));
  writeFileSync(path.join(clone, "ünï/a file.txt"), "text ✓\n");
  writeFileSync(path.join(clone, "template.yaml"), "Resources: {}\n");
  chmodSync(path.join(clone, "template.yaml"), 0o755);
  writeFileSync(path.join(clone, "binary"), Buffer.from([0, 1, 2]));
  writeFileSync(path.join(clone, "latin"), Buffer.from([0xe9, 0x20]));
  writeFileSync(path.join(clone, "large.txt"), "x".repeat(512 * 1024 + 1));
  symlinkSync("/etc/passwd", path.join(clone, "link"));
  await github.git("developer", ["add", "--all"], clone);
  await github.git("developer", ["commit", "-q", "-m", "More"], clone);
  await github.git("developer", ["push", "-q", "origin", "HEAD:main"], clone);
  const head = (await sources.head(fullName, "main")) ?? "";
  return { fullName, head, clone };
}

test("a commit's text files are read, also when the branch has moved on; all else is left out", async () => {
  const { fullName, head, clone } = await makeMixed("mixed");
  await github.git("developer", ["commit", "-q", "--allow-empty", "-m", "Later"], clone);
  await github.git("developer", ["push", "-q", "origin", "HEAD:main"], clone);
  const files = await sources.files(fullName, head);
  expect(files?.get("ünï/a file.txt")).toBe("text ✓\n");
  expect(files?.get("script/build")).toBe("export const n = 0;\n");
  for (const file of ["binary", "latin", "large.txt", "link"]) expect(files?.has(file), file).toBe(false);
});

test("a commit that isn't there, and a repository that isn't, are an error that says which", async () => {
  const { fullName } = await github.make("there");
  await expect(sources.files(fullName, "e".repeat(40))).rejects.toThrow(RepositoryHostError);
  await expect(sources.files("acme/nowhere", "e".repeat(40))).rejects.toThrow(/acme\/nowhere/);
  expect(await sources.head("acme/nowhere", "main")).toBeUndefined();
});

test("more files than can be read are none", async () => {
  await github.make("huge");
  const clone = await github.clone("developer", "huge");
  for (let index = 0; index < 5001; index++) writeFileSync(path.join(clone, `${index}.txt`), "");
  await github.git("developer", ["add", "--all"], clone);
  await github.git("developer", ["commit", "-q", "-m", "Many"], clone);
  await github.git("developer", ["push", "-q", "origin", "HEAD:main"], clone);
  expect(await sources.files("acme/huge", (await sources.head("acme/huge", "main")) ?? "")).toBeUndefined();
});

function proposal(fullName: string, base: string) {
  return {
    fullName,
    into: "main",
    base,
    branch: "turnpike/sus-1-abc",
    files: new Map([["template.yaml", "Resources: { A: 1 }\n"]]),
    message: "SUS-1: Run it on arm64",
    author,
    at,
    title: "SUS-1: Run it on arm64",
    body: "Why",
  };
}

test("a proposal is one commit on its base and a pull request; asked again, it is the same one", async () => {
  const { fullName, head } = await makeMixed("proposed");
  const first = await sources.propose(proposal(fullName, head));
  expect(await sources.propose(proposal(fullName, head))).toEqual(first);
  const client = github.as("developer");
  const repository = { owner: "acme", repo: "proposed" };
  const { data: pulls } = await client.rest.pulls.list(repository);
  expect(pulls).toMatchObject([{ html_url: first.url, head: { sha: first.sha }, user: { login: "turnpike[bot]" } }]);
  const { data: commit } = await client.rest.repos.getCommit({ ...repository, ref: first.sha });
  expect(commit.parents.map(({ sha }) => sha)).toEqual([head]);
  expect(commit.files?.map(({ filename, status }) => [filename, status])).toEqual([["template.yaml", "modified"]]);
  const clone = await github.clone("viewer", "proposed");
  const { stdout } = await github.git("viewer", ["ls-tree", "origin/turnpike/sus-1-abc", "template.yaml"], clone);
  expect(stdout).toMatch(/^100755 /);
});

test("a proposal whose pull request was opened but not answered is found, and opened once", async () => {
  const { fullName, head } = await makeMixed("unanswered");
  github.failNext("POST /repos/acme/unanswered/pulls", { at: "after", status: 502 });
  await expect(sources.propose(proposal(fullName, head))).rejects.toThrow(RepositoryHostError);
  const { url } = await sources.propose(proposal(fullName, head));
  const { data: pulls } = await github
    .as("developer")
    .rest.pulls.list({ owner: "acme", repo: "unanswered", state: "all" });
  expect(pulls.map((pull) => pull.html_url)).toEqual([url]);
});

test("a proposal that was merged meanwhile is that one, and no new one", async () => {
  const { fullName, head } = await makeMixed("merged");
  const { url } = await sources.propose(proposal(fullName, head));
  const repository = { owner: "acme", repo: "merged" };
  await github.as("developer").rest.pulls.merge({ ...repository, pull_number: 1 });
  expect((await sources.propose(proposal(fullName, head))).url).toBe(url);
});

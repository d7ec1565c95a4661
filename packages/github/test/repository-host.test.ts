import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { RepositoryHostError } from "@turnpike/domain/scaffolding";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createGitHub, createRepositoryHost } from "../src/index.ts";
import { at, author, files, startGitHub, type TestGitHub } from "./support.ts";

let github: TestGitHub;

beforeAll(async () => {
  github = await startGitHub();
});
afterAll(() => github.stop());

test("a repository carries its marker, and asking again finds the same one", async () => {
  const request = { fullName: "acme/marked", description: "Orders\nof customers", marker: "svc_abc" };
  const first = await github.host.ensureRepository(request);
  expect(await github.host.ensureRepository(request)).toEqual(first);
  expect(first).toMatchObject({ kind: "ours", repository: { fullName: "acme/marked", marker: "svc_abc" } });
});

test("a repository of the same name that carries another marker is refused and left as it is", async () => {
  await github.host.ensureRepository({ fullName: "acme/theirs", description: "", marker: "svc_theirs" });
  const result = await github.host.ensureRepository({ fullName: "acme/Theirs", description: "", marker: "svc_ours" });
  expect(result).toMatchObject({ kind: "taken", repository: { marker: "svc_theirs" } });
});

test("a description that is longer than GitHub takes, cut inside a character, still carries its marker", async () => {
  const description = `${"x".repeat(299)}😀 [svc_other]`;
  const made = await github.host.ensureRepository({ fullName: "acme/long", description, marker: "svc_mine" });
  expect(made).toMatchObject({ kind: "ours", repository: { marker: "svc_mine" } });
});

test("a repository whose creation was answered with 502 is found by its marker, and was asked for once", async () => {
  github.failNext("POST /orgs/acme/repos", { at: "after", status: 502 });
  const before = github.asked.length;
  const result = await github.host.ensureRepository({ fullName: "acme/lost", description: "", marker: "svc_lost" });
  expect(result).toMatchObject({ kind: "ours", repository: { marker: "svc_lost" } });
  expect(github.asked.slice(before)).toEqual(["POST /orgs/acme/repos", "GET /repos/acme/lost"]);
});

test("a creation that failed before it did anything is reported, and made by the next attempt", async () => {
  const request = { fullName: "acme/second-try", description: "", marker: "svc_2" };
  github.failNext("POST /orgs/acme/repos", { at: "before", status: 503 });
  await expect(github.host.ensureRepository(request)).rejects.toBeInstanceOf(RepositoryHostError);
  expect(await github.host.find("acme/second-try")).toBeUndefined();
  expect(await github.host.ensureRepository(request)).toMatchObject({ kind: "ours" });
});

test("of many that ask for one name at once, one marker gets it", async () => {
  const ask = (marker: string) => github.host.ensureRepository({ fullName: "acme/wanted", description: "", marker });
  const results = await Promise.all(["svc_a", "svc_b", "svc_c"].map(ask));
  expect(results.map(({ kind }) => kind).sort()).toEqual(["ours", "taken", "taken"]);
});

test("the first commit is pushed once, with its modes, and asking again returns it", async () => {
  const { sha } = await github.make("first");
  const other = { fullName: "acme/first", branch: "main", files: files.slice(1), message: "Other", author, at };
  expect(await github.host.ensureFirstCommit(other)).toEqual({ sha });
  const clone = await github.clone("viewer", "first");
  execFileSync("test", ["-x", path.join(clone, "script/build")]);
});

test("of two first commits at once both get the one that is there", async () => {
  const fullName = "acme/twice";
  await github.host.ensureRepository({ fullName, description: "", marker: "svc_1" });
  const request = (message: string) => ({ fullName, branch: "main", files, message, author, at });
  const [one, two] = await Promise.all(["one", "two"].map((m) => github.host.ensureFirstCommit(request(m))));
  expect(one).toEqual(two);
  expect(await github.host.head(fullName, "main")).toBe(one?.sha);
});

test.each(["../outside", ".git/hooks/post-checkout", "a//b", "/etc/passwd", "a/../b"])(
  "a file at %j is not committed",
  async (file) => {
    const fullName = "acme/paths";
    await github.host.ensureRepository({ fullName, description: "", marker: "svc_1" });
    const bad = [{ path: file, content: Buffer.from("x"), mode: 0o644 }];
    const commit = github.host.ensureFirstCommit({ fullName, branch: "main", files: bad, message: "x", author, at });
    await expect(commit).rejects.toThrow("is no path");
    expect(await github.host.head(fullName, "main")).toBeUndefined();
  },
);

test("who pushed is told by GitHub's record of who authenticated, not by the commit's author", async () => {
  const { fullName, sha } = await github.make("pushed");
  const before = new Date(Date.now() + 1);
  const clone = await github.clone("developer", "pushed");
  await github.git("developer", ["commit", "-q", "--allow-empty", "-m", "A change"], clone);
  expect((await github.git("developer", ["push", "-q"], clone)).status).toBe(0);
  const [push, ...more] = await github.host.pushes(fullName, "main", { base: { sha, at: before }, commits: [] });
  expect(push).toMatchObject({ login: "developer", byTurnpike: false, kind: "push", before: sha });
  expect(more).toEqual([]);
  const [commit] = await github.host.commits(fullName, sha, push?.after ?? "");
  expect(commit).toMatchObject({ title: "A change", authorEmail: "approver@example.com" });
  expect(
    await github.host.pushes(fullName, "main", {
      base: { sha: push?.after ?? "", at: new Date(Date.now() + 1000) },
      commits: [],
    }),
  ).toEqual([]);
  const [, first] = await github.host.pushes(fullName, "main", { commits: [] });
  expect(first).toMatchObject({ login: "turnpike[bot]", byTurnpike: true, kind: "branch-creation", after: sha });
});

test("who pushed to a branch, or on, and back again, is among those who brought what is on it", async () => {
  const { fullName, sha } = await github.make("rewound");
  const base = { sha, at: new Date(Date.now() + 1) };
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const clone = await github.clone("approver", "rewound");
  await github.git("approver", ["commit", "-q", "--allow-empty", "-m", "Smuggled"], clone);
  const smuggled = (await github.git("approver", ["rev-parse", "HEAD"], clone)).stdout.trim();
  for (const refspec of ["HEAD:refs/heads/feature", "HEAD:main", "+HEAD~1:main"]) {
    expect((await github.git("approver", ["push", "-q", "origin", refspec], clone)).status).toBe(0);
  }
  const logins = async (commits: string[]) =>
    (await github.host.pushes(fullName, "main", { base, commits })).map(({ login }) => login);
  // Its own release, and the release of what the branch was set back to.
  expect(new Set(await logins([smuggled]))).toEqual(new Set(["approver"]));
  expect(await logins([])).toEqual(["approver", "approver"]);

  // Someone else merges what the approver pushed to another branch.
  const other = await github.clone("developer", "rewound");
  expect((await github.git("developer", ["push", "-q", "origin", "origin/feature:main"], other)).status).toBe(0);
  expect(new Set(await logins([smuggled]))).toEqual(new Set(["approver", "developer"]));
});

test("of more than a hundred commits the newest hundred are listed, newest first", async () => {
  const { fullName, sha } = await github.make("busy");
  const clone = await github.clone("developer", "busy");
  const stream = Array.from(
    { length: 250 },
    (_, index) =>
      `commit refs/heads/main\ncommitter D <d@example.com> ${1_800_000_000 + index} +0000\ndata <<X\nn${index}\nX\n${index === 0 ? `from ${sha}\n` : ""}\n`,
  );
  writeFileSync(path.join(clone, "stream"), stream.join(""));
  execFileSync("sh", ["-c", "git fast-import --quiet --force < stream"], { cwd: clone });
  expect((await github.git("developer", ["push", "-q"], clone)).status).toBe(0);
  const head = await github.host.head(fullName, "main");
  const titles = (await github.host.commits(fullName, sha, head ?? "")).map(({ title }) => title);
  expect(titles).toEqual(Array.from({ length: 100 }, (_, index) => `n${249 - index}`));
});

test("a token that the host no longer knows is replaced by a new one", async () => {
  const { fullName } = await github.make("renewed");
  const stranger = await startGitHub();
  const fresh: boolean[] = [];
  const host = createRepositoryHost({
    ...github.github,
    // The client of another host's installation, whose token nobody knows here.
    async installation(owner, anew = false) {
      fresh.push(anew);
      const known = await (anew ? github : stranger).github.installation(owner);
      known.request.endpoint.DEFAULTS.baseUrl = github.url;
      return known;
    },
  });
  expect((await host.find(fullName))?.fullName).toBe(fullName);
  expect(fresh).toEqual([false, true]);
  await stranger.stop();
});

test("a host that can't be reached raises an error that keeps the vendor's as its cause", async () => {
  const unreachable = {
    apiUrl: "http://127.0.0.1:9",
    url: "http://127.0.0.1:9",
    appId: 1,
    privateKey: github.privateKey,
  };
  const host = createRepositoryHost(createGitHub(unreachable));
  const failure = await host.find("acme/first").catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(RepositoryHostError);
  expect((failure as Error).cause).toBeInstanceOf(Error);
});

test("a host that doesn't answer is given up at the deadline", async () => {
  const { createServer } = await import("node:net");
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  const address = silent.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  const deadlineMs = 300;
  const reachable = createGitHub({ apiUrl: github.url, url, appId: 1, privateKey: github.privateKey, deadlineMs });
  const stuck = createGitHub({ apiUrl: url, url, appId: 1, privateKey: github.privateKey, deadlineMs });
  await expect(createRepositoryHost(stuck).find("acme/first")).rejects.toBeInstanceOf(RepositoryHostError);
  const push = { fullName: "acme/first", branch: "main", files, message: "x", author, at };
  await expect(createRepositoryHost(reachable).ensureFirstCommit(push)).rejects.toThrow("within 0.3 s");
  silent.close();
});

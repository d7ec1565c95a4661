import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { RepositoryHostError } from "@turnpike/domain/scaffolding";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPlatformRepository } from "../src/index.ts";
import { at, author, startGitHub, type TestGitHub } from "./support.ts";

let github: TestGitHub;

beforeAll(async () => {
  github = await startGitHub();
});
afterAll(() => github.stop());

const mirrorOf = (name: string) => path.join(github.folder, `${name}.git`);
const open = (fullName: string, mirror: string) =>
  createPlatformRepository(github.github, { fullName, mirrorDir: mirrorOf(mirror) });
const change = (parent: string, name: string, content: string | undefined = `${name}\n`) => ({
  parent,
  changes: [{ path: `services/${name}.yaml`, content }],
  message: `Write ${name}`,
  author,
  at,
});

test("intents become one commit each, in order, by the person who acted and Turnpike as committer", async () => {
  const { fullName } = await github.make("intents");
  const repository = open(fullName, "intents");
  const parent = await repository.fetch();
  const pushed = await repository.push([change(parent, "a"), change(parent, "b")]);
  const [, b = ""] = pushed.kind === "pushed" ? pushed.shas : [];
  expect(await repository.head()).toBe(b);
  expect(await repository.changedPaths(parent, b)).toEqual(["services/a.yaml", "services/b.yaml"]);
  expect((await github.host.commits(fullName, parent, b)).map(({ title }) => title)).toEqual(["Write b", "Write a"]);
  const { data } = await github.as("viewer").rest.git.getCommit({ owner: "acme", repo: "intents", commit_sha: b });
  expect(data.author).toMatchObject(author);
  expect(data.committer.name).toBe("Turnpike");
  expect(await repository.findCommit(b, "services/b.yaml", "Write b")).toBe(b);
  expect(await repository.findCommit(b, "services/b.yaml", "Write .")).toBeUndefined();
  expect(await repository.findCommit(b, "services/a.yaml", "Write b")).toBeUndefined();
});

test("files are read at a commit, and what isn't a file there is left out", async () => {
  const { fullName } = await github.make("reading");
  const repository = open(fullName, "reading");
  const parent = await repository.fetch();
  const pushed = await repository.push([change(parent, "a", "line\n\nlast"), change(parent, "empty", "")]);
  const head = pushed.kind === "pushed" ? (pushed.shas[1] ?? "") : "";
  const read = await repository.read(head, ["services/a.yaml", "nothing", "services", "services/empty.yaml", "a\nb"]);
  expect([...read]).toEqual([
    ["services/a.yaml", "line\n\nlast"],
    ["services/empty.yaml", ""],
  ]);
});

test("a commit that the mirror doesn't have raises an error and doesn't look like an empty repository", async () => {
  const { fullName } = await github.make("unknown");
  const repository = open(fullName, "unknown");
  await repository.fetch();
  await expect(repository.read("1".repeat(40), ["platform.yaml"])).rejects.toBeInstanceOf(RepositoryHostError);
});

test("a file is removed by a change without content", async () => {
  const { fullName } = await github.make("removing");
  const repository = open(fullName, "removing");
  const parent = await repository.fetch();
  const first = await repository.push([change(parent, "a")]);
  const head = first.kind === "pushed" ? (first.shas[0] ?? "") : "";
  const removal = { ...change(head, "a"), changes: [{ path: "services/a.yaml", content: undefined }] };
  const second = await repository.push([removal]);
  expect(await repository.read(second.kind === "pushed" ? (second.shas[0] ?? "") : "", ["services/a.yaml"])).toEqual(
    new Map(),
  );
});

test("whoever is late is told that the branch moved, and sees the other's commit after a fetch", async () => {
  const { fullName } = await github.make("moved");
  const [one, two] = [open(fullName, "moved-1"), open(fullName, "moved-2")];
  const parent = await one.fetch();
  await two.fetch();
  const pushed = await one.push([change(parent, "a")]);
  expect(await two.push([change(parent, "c")])).toEqual({ kind: "moved" });
  expect(await two.head()).toBe(parent);
  expect(await two.fetch()).toBe(pushed.kind === "pushed" ? pushed.shas[0] : "");
});

test("of writers that push at the same moment one wins and the others are told that the branch moved", async () => {
  const { fullName } = await github.make("raced");
  const writers = ["1", "2", "3", "4"].map((name) => open(fullName, `raced-${name}`));
  const [parent = ""] = await Promise.all(writers.map((writer) => writer.fetch()));
  const results = await Promise.all(writers.map((writer, index) => writer.push([change(parent, `w${index}`)])));
  expect(results.map(({ kind }) => kind).sort()).toEqual(["moved", "moved", "moved", "pushed"]);
  const winner = results.find((result) => result.kind === "pushed");
  expect(await github.host.head(fullName, "main")).toBe(winner?.kind === "pushed" ? winner.shas[0] : "");
});

test("a branch that the App may not move is the host's refusal, not a branch that moved", async () => {
  const { fullName, owner, repo } = await github.make("closed");
  const repository = open(fullName, "closed");
  const parent = await repository.fetch();
  await github.as("admin").rest.repos.updateBranchProtection({
    owner,
    repo,
    branch: "main",
    required_status_checks: null,
    enforce_admins: true,
    required_pull_request_reviews: null,
    restrictions: { users: ["admin"], teams: [], apps: [] },
  });
  await expect(repository.push([change(parent, "a")])).rejects.toBeInstanceOf(RepositoryHostError);
  expect(await github.host.head(fullName, "main")).toBe(parent);
});

test("a mirror that was deleted, or left locked by a killed process, is made anew", async () => {
  const { fullName, sha } = await github.make("mended");
  const repository = open(fullName, "mended");
  await repository.fetch();
  rmSync(mirrorOf("mended"), { recursive: true });
  expect(await repository.head()).toBe(sha);
  rmSync(path.join(mirrorOf("mended"), "refs/heads/main"));
  writeFileSync(path.join(mirrorOf("mended"), "refs/heads/main.lock"), "");
  expect(await repository.fetch()).toBe(sha);
});

test("a mirror whose objects are damaged is made anew", async () => {
  const { fullName, sha } = await github.make("damaged");
  const repository = open(fullName, "damaged");
  await repository.fetch();
  const objects = path.join(mirrorOf("damaged"), "objects");
  rmSync(objects, { recursive: true });
  mkdirSync(objects);
  const clone = await github.clone("developer", "damaged");
  await github.git("developer", ["commit", "-q", "--allow-empty", "-m", "More"], clone);
  await github.git("developer", ["push", "-q"], clone);
  const head = await repository.fetch();
  expect(head).not.toBe(sha);
  expect(await repository.changedPaths(undefined, head)).toContain("script/build");
});

test("the head is still there after garbage was collected", async () => {
  const { fullName, sha } = await github.make("collected");
  const repository = open(fullName, "collected");
  await repository.fetch();
  execFileSync("git", ["--git-dir", mirrorOf("collected"), "gc", "--quiet"]);
  expect(await repository.head()).toBe(sha);
});

test("a token that the host no longer knows is replaced by a new one", async () => {
  const { fullName, sha } = await github.make("renewed");
  const stale = {
    ...github.github,
    gitAuthorization: async (owner: string, fresh = false) =>
      fresh
        ? github.github.gitAuthorization(owner, true)
        : `Basic ${Buffer.from("x-access-token:ghs_old").toString("base64")}`,
  };
  const repository = createPlatformRepository(stale, { fullName, mirrorDir: mirrorOf("renewed") });
  expect(await repository.fetch()).toBe(sha);
});

/** Arguments of every process of this machine that name `word`, looked at again and again while `work` runs. */
async function argumentsDuring(word: string, work: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = [];
  const watch = setInterval(() => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        if (command.includes(word)) seen.push(command);
      } catch {
        // It has ended.
      }
    }
  }, 3);
  await work();
  clearInterval(watch);
  return seen;
}

test.runIf(existsSync("/proc"))(
  "the App's token is in no file of the mirror and in no process's arguments",
  async () => {
    const { fullName } = await github.make("secret");
    const authorization = await github.github.gitAuthorization("acme");
    const token = Buffer.from(authorization.replace("Basic ", ""), "base64").toString("utf8").split(":")[1] ?? "";
    const repository = open(fullName, "secret");
    const seen = await argumentsDuring(fullName, async () => repository.push([change(await repository.fetch(), "a")]));
    expect(seen).not.toEqual([]);
    expect(seen.filter((command) => command.includes(token) || command.includes(authorization))).toEqual([]);
    const found = execFileSync("sh", ["-c", 'grep -rl "$1" "$2" || true', "sh", token, mirrorOf("secret")]).toString();
    expect(found).toBe("");
  },
);

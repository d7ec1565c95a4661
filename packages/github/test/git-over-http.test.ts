import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGitHub, type TestGitHub } from "./support.ts";

let github: TestGitHub;

beforeAll(async () => {
  github = await startGitHub();
});
afterAll(() => github.stop());

async function commit(clone: string, message: string) {
  writeFileSync(path.join(clone, `${message}.txt`), message);
  await github.git("developer", ["add", "."], clone);
  await github.git("developer", ["commit", "-q", "-m", message], clone);
}

const protection = {
  branch: "main",
  required_status_checks: null,
  enforce_admins: true,
  required_pull_request_reviews: null,
};

test("an empty repository is cloned, gets its first push, and is cloned again", async () => {
  await github.host.ensureRepository({ fullName: "acme/empty", description: "", marker: "svc_1" });
  const clone = await github.clone("developer", "empty");
  await github.git("developer", ["checkout", "-q", "-b", "main"], clone);
  await commit(clone, "first");
  const pushed = await github.git("developer", ["push", "-u", "origin", "main"], clone);
  expect(pushed).toMatchObject({ status: 0, stderr: expect.stringContaining("[new branch]") });
  const again = await github.clone("viewer", "empty");
  expect((await github.git("viewer", ["log", "--format=%s"], again)).stdout).toBe("first\n");
});

test("without a credential git is told to ask, and with a wrong one it is refused", async () => {
  const { fullName } = await github.make("guarded");
  const asked = await fetch(`${github.url}/${fullName}.git/info/refs?service=git-upload-pack`);
  expect(asked.status).toBe(401);
  expect(asked.headers.get("www-authenticate")).toMatch(/^Basic/);
  const wrong = await github.git("developer:wrong", ["ls-remote", `${github.url}/${fullName}.git`]);
  expect(wrong.status).not.toBe(0);
  expect(wrong.stderr).toContain("Authentication failed");
});

test("a person's token is a password under any name", async () => {
  const { fullName } = await github.make("tokened");
  const listed = await github.git("whoever:sandbox-viewer", ["ls-remote", `${github.url}/${fullName}.git`, "HEAD"]);
  expect(listed).toMatchObject({ status: 0, stdout: expect.stringMatching(/^[0-9a-f]{40}\tHEAD\n$/) });
});

test("who may only read pulls, and is refused a push with the reason", async () => {
  await github.make("readable");
  const clone = await github.clone("viewer", "readable");
  await commit(clone, "x");
  const pushed = await github.git("viewer", ["push"], clone);
  expect(pushed.status).not.toBe(0);
  expect(pushed.stderr).toContain("Permission to acme/readable.git denied");
});

test("who was made a collaborator may push", async () => {
  const { owner, repo } = await github.make("shared");
  const client = await github.github.installation("acme");
  await client.rest.repos.addCollaborator({ owner, repo, username: "viewer", permission: "push" });
  const clone = await github.clone("viewer", "shared");
  await commit(clone, "x");
  expect((await github.git("viewer", ["push", "-q"], clone)).status).toBe(0);
});

test("of two pushes at once one wins, and the other is told to fetch first and loses nothing", async () => {
  const { fullName } = await github.make("raced");
  const clones = await Promise.all(
    ["a", "b"].map(async (name) => {
      const clone = await github.clone("developer", "raced");
      await commit(clone, name);
      return clone;
    }),
  );
  const results = await Promise.all(clones.map((clone) => github.git("developer", ["push"], clone)));
  expect(results.map(({ status }) => status).sort()).toEqual([0, 1]);
  const loser = clones[results.findIndex(({ status }) => status === 1)] ?? "";
  expect((await github.git("developer", ["pull", "-q", "--rebase"], loser)).status).toBe(0);
  expect((await github.git("developer", ["push", "-q"], loser)).status).toBe(0);
  expect(await github.host.pushes(fullName, "main", { commits: [] })).toHaveLength(3);
});

test("a protected branch takes who is named and refuses the others, naming the rule", async () => {
  const { owner, repo } = await github.make("platform-like");
  await github.as("admin").rest.repos.updateBranchProtection({
    owner,
    repo,
    ...protection,
    restrictions: { users: ["admin"], teams: [], apps: ["turnpike"] },
  });
  const clone = await github.clone("developer", "platform-like");
  await commit(clone, "x");
  const refused = await github.git("developer", ["push"], clone);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain("GH006: Protected branch update failed for refs/heads/main");
  expect(refused.stderr).toContain("protected branch hook declined");
  expect((await github.git("developer", ["push", "-q", "origin", "HEAD:elsewhere"], clone)).status).toBe(0);
  await github.git("admin", ["remote", "set-url", "origin", `${github.url}/acme/platform-like.git`], clone);
  expect((await github.git("admin", ["push", "-q"], clone)).status).toBe(0);
});

test("a protected branch is neither rewritten nor deleted, even by who may push to it", async () => {
  const { owner, repo, sha } = await github.make("kept");
  await github.as("admin").rest.repos.updateBranchProtection({ owner, repo, ...protection, restrictions: null });
  const clone = await github.clone("developer", "kept");
  await github.git("developer", ["commit", "-q", "--amend", "-m", "Rewritten"], clone);
  const forced = await github.git("developer", ["push", "--force"], clone);
  expect(forced.status).toBe(1);
  expect(forced.stderr).toContain("Cannot force-push to this branch");
  const deleted = await github.git("admin", ["push", "origin", ":main"], clone);
  expect(deleted.stderr).toContain("Cannot delete this branch");
  expect(await github.host.head("acme/kept", "main")).toBe(sha);
});

test("a branch without protection is rewritten by force, and the record says so", async () => {
  const { fullName, sha } = await github.make("free");
  const clone = await github.clone("developer", "free");
  await github.git("developer", ["commit", "-q", "--amend", "-m", "Rewritten"], clone);
  expect((await github.git("developer", ["push", "-q", "--force"], clone)).status).toBe(0);
  const [push] = await github.host.pushes(fullName, "main", { commits: [] });
  expect(push).toMatchObject({ kind: "force-push", before: sha, login: "developer" });
});

test("each moved ref of a push is signalled to the rest of the sandbox, and nothing of a refused one", async () => {
  await github.make("signalled");
  const seen: string[] = [];
  const stop = github.sandbox.signals.on("github.push", ({ repository, ref, pusher }) =>
    seen.push(`${repository} ${ref} ${pusher}`),
  );
  const clone = await github.clone("developer", "signalled");
  await github.git("developer", ["push", "-q", "origin", "main:one", "main:two"], clone);
  await github.git("viewer", ["push", "-q", "origin", "main:three"], clone);
  stop();
  expect(seen.filter((line) => line.endsWith("developer")).sort()).toEqual([
    "acme/signalled refs/heads/one developer",
    "acme/signalled refs/heads/two developer",
  ]);
  expect(seen).toHaveLength(2);
});

test.each([0, 15, 30, 45, 60])("a description that is changed %i ms into a push stays changed", async (ms) => {
  const { owner, repo } = await github.make(`described-${ms}`);
  const clone = await github.clone("developer", repo);
  await commit(clone, "x");
  const { rest } = github.as("admin");
  const push = github.git("developer", ["push", "-q"], clone);
  await new Promise((resolve) => setTimeout(resolve, ms));
  await rest.repos.update({ owner, repo, description: "New" });
  expect((await push).status).toBe(0);
  expect((await rest.repos.get({ owner, repo })).data.description).toBe("New");
});

test("a repository that was deleted is gone, and one of its name begins with nothing of it", async () => {
  const { owner, repo, fullName } = await github.make("gone");
  const client = await github.github.installation("acme");
  await client.rest.repos.delete({ owner, repo });
  expect(await github.host.find(fullName)).toBeUndefined();
  expect((await github.git("developer", ["ls-remote", `${github.url}/${fullName}.git`])).status).not.toBe(0);
  await github.host.ensureRepository({ fullName, description: "", marker: "svc_new" });
  expect(await github.host.head(fullName, "main")).toBeUndefined();
  expect(await github.host.pushes(fullName, "main", { commits: [] })).toEqual([]);
});

/** A push without git: one command, and a pack of nothing. */
async function pushRaw(login: string, name: string, command: string): Promise<string> {
  const line = `${command}\0report-status\n`;
  const header = Buffer.from([...Buffer.from("PACK"), 0, 0, 0, 2, 0, 0, 0, 0]);
  const pack = Buffer.concat([header, createHash("sha1").update(header).digest()]);
  const length = (Buffer.byteLength(line) + 4).toString(16).padStart(4, "0");
  const answer = await fetch(`${github.url}/acme/${name}.git/git-receive-pack`, {
    method: "POST",
    headers: {
      "content-type": "application/x-git-receive-pack-request",
      authorization: `Basic ${Buffer.from(`${login}:sandbox`).toString("base64")}`,
    },
    body: Buffer.concat([Buffer.from(`${length}${line}0000`), pack]),
  });
  return `${answer.status} ${await answer.text()}`;
}

test("a command is judged in whatever case its hashes are written, and one that can't be read is refused", async () => {
  const { fullName, sha } = await github.make("cases");
  const none = "0".repeat(40);
  const made = (ref: string) => github.host.head(fullName, ref);
  for (const [index, written] of [sha, sha.toUpperCase()].entries()) {
    await pushRaw("viewer", "cases", `${none} ${written} refs/heads/viewer-${index}`);
    expect(await made(`viewer-${index}`)).toBeUndefined();
    expect(await pushRaw("developer", "cases", `${none} ${written} refs/heads/developer-${index}`)).toContain(
      "ok refs/",
    );
    expect(await made(`developer-${index}`)).toBe(sha);
  }
  await pushRaw("developer", "cases", `${none}  ${sha} refs/heads/odd`);
  expect(await made("odd")).toBeUndefined();
  const { data } = await github.as("developer").request("GET /repos/acme/cases/activity");
  const refs = (data as { ref: string }[]).map(({ ref }) => ref);
  expect(refs).toEqual(expect.arrayContaining(["refs/heads/developer-0", "refs/heads/developer-1"]));
});

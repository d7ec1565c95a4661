import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHmac, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { type Sandbox, startSandbox } from "@turnpike/sandbox";
import { Octokit } from "octokit";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createGitHub,
  createPlatformRepository,
  createRepositoryHost,
  type GitHub,
  verifyDelivery,
} from "../src/index.ts";

const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs1", format: "pem" })
  .toString();
const secret = "a-webhook-secret-of-the-tests";
const author = { name: "Developer", email: "developer@example.com" };
const at = new Date("2026-11-23T12:00:00Z");
const files = Array.from({ length: 15 }, (_, index) => ({
  path: index === 0 ? "script/build" : `src/file ${index}.ts`,
  content: new TextEncoder().encode(`export const n = ${index};\n`),
  mode: index === 0 ? 0o755 : 0o644,
}));

let folder: string;
let sandbox: Sandbox;
let github: GitHub;
let receiver: Server;
const deliveries: { event: string; signature: string; body: string; id: string }[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "turnpike-github-"));
  receiver = createServer(async (request, response) => {
    const header = (name: string) => String(request.headers[name] ?? "");
    const body = await text(request);
    deliveries.push({
      event: header("x-github-event"),
      signature: header("x-hub-signature-256"),
      id: header("x-github-delivery"),
      body,
    });
    response.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const address = receiver.address();
  const port = typeof address === "object" && address ? address.port : 0;
  sandbox = await startSandbox({
    dataDir: path.join(folder, "sandbox"),
    services: [],
    github: {
      organisation: "acme",
      app: { id: 1, slug: "turnpike", privateKey, webhookSecret: secret, webhookUrl: `http://127.0.0.1:${port}/hook` },
    },
    oidc: { clientId: "portal", clientSecret: "s", portalUrl: "http://127.0.0.1:1" },
  });
  github = createGitHub({ apiUrl: sandbox.githubUrl, url: sandbox.githubUrl, appId: 1, privateKey });
});

afterAll(async () => {
  await sandbox.stop();
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

/** git as a person runs it, with the password typed at its prompt. Never synchronous: the host is in this process. */
async function gitAs(login: string, args: string[], cwd = folder) {
  const askpass = path.join(folder, "askpass");
  writeFileSync(askpass, '#!/bin/sh\ncase "$1" in Username*) echo "$TEST_LOGIN" ;; *) echo sandbox ;; esac\n', {
    mode: 0o755,
  });
  const child = spawn("git", args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      TEST_LOGIN: login,
      GIT_ASKPASS: askpass,
      GIT_TERMINAL_PROMPT: "0",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_AUTHOR_NAME: "Mallory",
      GIT_AUTHOR_EMAIL: "approver@example.com",
      GIT_COMMITTER_NAME: "Mallory",
      GIT_COMMITTER_EMAIL: "approver@example.com",
    },
  });
  const ended = once(child, "close");
  const [stderr] = await Promise.all([text(child.stderr), text(child.stdout)]);
  const [status] = await ended;
  return { status: status as number, stderr };
}

async function makeRepository(name: string) {
  const host = createRepositoryHost(github);
  await host.ensureRepository({ fullName: `acme/${name}`, description: "A test", marker: "svc_1" });
  const { sha } = await host.ensureFirstCommit({
    fullName: `acme/${name}`,
    branch: "main",
    files,
    message: "First",
    author,
    at,
  });
  return { host, sha };
}

test("a repository carries its marker, and asking again finds the same one", async () => {
  const host = createRepositoryHost(github);
  const request = { fullName: "acme/marked", description: "Orders of customers", marker: "svc_abc" };
  const first = await host.ensureRepository(request);
  const second = await host.ensureRepository(request);
  expect(first).toEqual(second);
  expect(first).toMatchObject({ kind: "ours", repository: { fullName: "acme/marked", marker: "svc_abc" } });
});

test("a repository of the same name that carries another marker is refused and left as it is", async () => {
  const host = createRepositoryHost(github);
  await host.ensureRepository({ fullName: "acme/theirs", description: "", marker: "svc_theirs" });
  const result = await host.ensureRepository({ fullName: "acme/Theirs", description: "", marker: "svc_ours" });
  expect(result).toMatchObject({ kind: "taken", repository: { marker: "svc_theirs" } });
});

test("a repository whose creation was answered with 502 is found again, not made twice", async () => {
  let cut = true;
  const proxy = createServer(async (request, response) => {
    const answer = await fetch(`${sandbox.githubUrl}${request.url}`, {
      method: request.method ?? "GET",
      headers: Object.fromEntries(
        Object.entries(request.headers).filter(([name]) => !/^(host|connection|content-length)$/.test(name)),
      ) as Record<string, string>,
      ...(request.method === "POST" ? { body: await text(request) } : {}),
    });
    const body = await answer.text();
    const lost = cut && request.method === "POST" && request.url === "/orgs/acme/repos";
    if (lost) cut = false;
    response.writeHead(lost ? 502 : answer.status, {
      "content-type": answer.headers.get("content-type") ?? "text/plain",
    });
    response.end(lost ? "Bad Gateway" : body);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const apiUrl = `http://127.0.0.1:${port}`;
  const host = createRepositoryHost(createGitHub({ apiUrl, url: sandbox.githubUrl, appId: 1, privateKey }));
  const result = await host.ensureRepository({ fullName: "acme/lost", description: "", marker: "svc_lost" });
  proxy.close();
  expect(cut).toBe(false);
  expect(result).toMatchObject({ kind: "ours", repository: { marker: "svc_lost" } });
});

test("the first commit is pushed once, and asking again returns it", async () => {
  const { host, sha } = await makeRepository("first");
  expect(await host.head("acme/first", "main")).toBe(sha);
  const again = await host.ensureFirstCommit({
    fullName: "acme/first",
    branch: "main",
    files: files.slice(1),
    message: "Other",
    author,
    at,
  });
  expect(again.sha).toBe(sha);
});

test("a person clones and pushes with git, and GitHub's record names who authenticated, not the author", async () => {
  const { host, sha } = await makeRepository("pushed");
  const clone = path.join(folder, "pushed");
  const cloned = await gitAs("developer", ["clone", `${sandbox.githubUrl}/acme/pushed.git`, clone]);
  expect(cloned.status).toBe(0);
  expect(readFileSync(path.join(clone, "src/file 3.ts"), "utf8")).toBe("export const n = 3;\n");
  execFileSync("test", ["-x", path.join(clone, "script/build")]);
  writeFileSync(path.join(clone, "new.txt"), "new");
  await gitAs("developer", ["add", "."], clone);
  await gitAs("developer", ["commit", "-m", "A change"], clone);
  const pushed = await gitAs("developer", ["push"], clone);
  expect(pushed.stderr).not.toContain("error");
  expect(pushed.status).toBe(0);
  const [push] = await host.pushes("acme/pushed", "main", sha);
  expect(push).toMatchObject({ login: "developer", kind: "push", before: sha });
  const [commit] = await host.commits("acme/pushed", sha, push?.after ?? "");
  expect(commit).toMatchObject({ title: "A change", authorEmail: "approver@example.com" });
  expect(await host.pushes("acme/pushed", "main", push?.after)).toEqual([]);
});

test("of two pushes at once one wins and the other is told to fetch first", async () => {
  await makeRepository("raced");
  const clones = ["a", "b"].map(async (name) => {
    const clone = path.join(folder, `raced-${name}`);
    await gitAs("developer", ["clone", "-q", `${sandbox.githubUrl}/acme/raced.git`, clone]);
    writeFileSync(path.join(clone, name), name);
    await gitAs("developer", ["add", "."], clone);
    await gitAs("developer", ["commit", "-q", "-m", name], clone);
    return clone;
  });
  const ready = await Promise.all(clones);
  const results = await Promise.all(
    ready.map(async (clone) => (await gitAs("developer", ["push", "-q"], clone)).status),
  );
  expect(results.sort()).toEqual([0, 1]);
});

test("a wrong password and a viewer's push are refused", async () => {
  await makeRepository("guarded");
  const wrong = await fetch(`${sandbox.githubUrl}/acme/guarded.git/info/refs?service=git-upload-pack`, {
    headers: { authorization: `Basic ${Buffer.from("developer:wrong").toString("base64")}` },
  });
  expect(wrong.status).toBe(401);
  const clone = path.join(folder, "guarded");
  await gitAs("viewer", ["clone", "-q", `${sandbox.githubUrl}/acme/guarded.git`, clone]);
  await gitAs("viewer", ["commit", "-q", "--allow-empty", "-m", "x"], clone);
  const pushed = await gitAs("viewer", ["push"], clone);
  expect(pushed.status).not.toBe(0);
  expect(pushed.stderr).toContain("denied");
});

test("a protected branch takes the App's pushes and refuses a developer's, naming the rule", async () => {
  await makeRepository("platform-like");
  const client = await github.installation("acme");
  await client.rest.repos.updateBranchProtection({
    owner: "acme",
    repo: "platform-like",
    branch: "main",
    required_status_checks: null,
    enforce_admins: true,
    required_pull_request_reviews: null,
    restrictions: { users: ["admin"], teams: [], apps: ["turnpike"] },
  });
  const clone = path.join(folder, "platform-like");
  await gitAs("developer", ["clone", "-q", `${sandbox.githubUrl}/acme/platform-like.git`, clone]);
  await gitAs("developer", ["commit", "-q", "--allow-empty", "-m", "x"], clone);
  const pushed = await gitAs("developer", ["push"], clone);
  expect(pushed.status).toBe(1);
  expect(pushed.stderr).toContain("GH006");
  const repository = createPlatformRepository(github, {
    fullName: "acme/platform-like",
    mirrorDir: path.join(folder, "mirror-protected.git"),
  });
  const parent = await repository.fetch();
  const result = await repository.push([
    { parent, changes: [{ path: "a.yaml", content: "a" }], message: "A", author, at },
  ]);
  expect(result.kind).toBe("pushed");
});

test("intents become one commit each, in order, and whoever is late is told that the branch moved", async () => {
  await makeRepository("platform-2");
  const open = (name: string) =>
    createPlatformRepository(github, { fullName: "acme/platform-2", mirrorDir: path.join(folder, name) });
  const [one, two] = [open("one.git"), open("two.git")];
  const parent = await one.fetch();
  await two.fetch();
  const change = (name: string) => ({
    parent,
    changes: [{ path: `services/${name}.yaml`, content: `${name}\n` }],
    message: name,
    author,
    at,
  });
  const pushed = await one.push([change("a"), change("b")]);
  expect(pushed).toMatchObject({ kind: "pushed", shas: [expect.any(String), expect.any(String)] });
  expect(await two.push([change("c")])).toEqual({ kind: "moved" });
  const head = await two.fetch();
  expect(head).toBe(pushed.kind === "pushed" ? pushed.shas[1] : "");
  expect(await two.changedPaths(parent, head)).toEqual(["services/a.yaml", "services/b.yaml"]);
  const read = await two.read(head, ["services/a.yaml", "nothing", "services", "services/b.yaml"]);
  expect([...read]).toEqual([
    ["services/a.yaml", "a\n"],
    ["services/b.yaml", "b\n"],
  ]);
});

test("webhooks are signed with the App's secret and a wrong signature is seen", async () => {
  await makeRepository("hooked");
  await expect
    .poll(() => deliveries.some(({ event, body }) => event === "push" && body.includes("acme/hooked")))
    .toBe(true);
  const push = deliveries.find(({ event, body }) => event === "push" && body.includes("acme/hooked"));
  expect(await verifyDelivery(secret, push?.body ?? "", push?.signature ?? "")).toBe(true);
  const forged = `sha256=${createHmac("sha256", "another")
    .update(push?.body ?? "")
    .digest("hex")}`;
  expect(await verifyDelivery(secret, push?.body ?? "", forged)).toBe(false);
  expect(JSON.parse(push?.body ?? "{}")).toMatchObject({ ref: "refs/heads/main", sender: { login: "turnpike[bot]" } });
});

test("the token of the App is in no process's arguments and in no file of the mirror", async () => {
  const authorization = await github.gitAuthorization("acme");
  const token = Buffer.from(authorization.replace("Basic ", ""), "base64").toString("utf8").split(":")[1] ?? "";
  const mirrorDir = path.join(folder, "secret.git");
  await makeRepository("secret");
  await createPlatformRepository(github, { fullName: "acme/secret", mirrorDir }).fetch();
  const found = spawnSync("grep", ["-rl", token, mirrorDir], { encoding: "utf8" });
  expect(found.stdout).toBe("");
});

test("what the sandbox's GitHub lacks answers 501 and names itself", async () => {
  const client = new Octokit({
    auth: "sandbox-developer",
    baseUrl: sandbox.githubUrl,
    retry: { enabled: false },
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  await expect(client.request("GET /repos/acme/first/stargazers")).rejects.toMatchObject({
    status: 501,
    message: expect.stringContaining("GET /repos/acme/first/stargazers"),
  });
});

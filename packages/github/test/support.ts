import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { startSandbox } from "@turnpike/sandbox";
import { Octokit } from "octokit";
import { vi } from "vitest";
import { createGitHub, createRepositoryHost } from "../src/index.ts";
import { openJudge } from "./description/judge.ts";

export const SECRET = "a-webhook-secret-of-the-tests";
export const author = { name: "Developer", email: "developer@example.com" };
export const at = new Date("2026-11-23T12:00:00Z");
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A client that asks once and says nothing: what a test asks for is what the sandbox hears. */
export const clientOf = (baseUrl: string, auth: string): Octokit =>
  new Octokit({ auth, baseUrl, log: silent, retry: { enabled: false }, throttle: { enabled: false } });

/** Turnpike's App as the sandbox is told of it, with a key of its own. */
export function makeApp(webhookUrl: string) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  return { id: 1, slug: "turnpike", privateKey: pem, webhookSecret: SECRET, webhookUrl };
}

/** A service's first commit: a script that may be run, and fourteen files with a blank in their names. */
export const files = Array.from({ length: 15 }, (_, index) => ({
  path: index === 0 ? "script/build" : `src/file ${index}.ts`,
  content: new TextEncoder().encode(`export const n = ${index};\n`),
  mode: index === 0 ? 0o755 : 0o644,
}));

interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly signature: string;
  readonly body: string;
}

/** Takes webhooks; `answer` is the status of what comes next. */
async function openReceiver() {
  const deliveries: Delivery[] = [];
  const state = { answer: 202 };
  const server = createServer(async (request, response) => {
    const header = (name: string) => String(request.headers[name] ?? "");
    deliveries.push({
      id: header("x-github-delivery"),
      event: header("x-github-event"),
      signature: header("x-hub-signature-256"),
      body: await text(request),
    });
    response.writeHead(state.answer).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { deliveries, state, url: `http://127.0.0.1:${port}/hook`, close: () => server.close() };
}

type Fault = { at: "before" | "after"; status: number };

/**
 * Has every answer of the sandbox's GitHub judged by GitHub's own description, whoever asks.
 *
 * @returns what was wrong so far, in lines
 */
function judgeAnswers(url: string): string[] {
  const wrong: string[] = [];
  if (!judge) return wrong;
  vi.stubGlobal("fetch", async (...[input, init]: Parameters<typeof fetch>) => {
    const response = await plainFetch(input, init);
    const address = new URL(input instanceof Request ? input.url : input);
    const isApi = response.headers.get("x-github-media-type") !== null;
    if (!isApi || !address.href.startsWith(url)) return response;
    const said = await response.clone().text();
    const method = init?.method ?? "GET";
    const found = judge.answer(method, address.pathname, response.status, said === "" ? undefined : JSON.parse(said));
    if (found) wrong.push(found);
    return response;
  });
  return wrong;
}

const plainFetch = globalThis.fetch;
/** Undefined where GitHub's description couldn't be fetched. */
export const judge = openJudge();

/** GitHub in a sandbox of its own, and Turnpike's App in it. Its answers and webhooks are judged when it is stopped. */
export async function startGitHub(options: { rateLimits?: boolean } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-github-"));
  const receiver = await openReceiver();
  const app = makeApp(receiver.url);
  const asked: string[] = [];
  const sandbox = await startSandbox({
    dataDir: path.join(folder, "sandbox"),
    services: [],
    github: { organisation: "acme", app, rateLimits: options.rateLimits ?? false },
    log: (event, fields) => {
      const { effect, operation } = fields as { effect?: { kind: string }; operation?: string };
      if (event === "fault.met" && effect?.kind === "latency") asked.push(String(operation));
    },
  });
  // A delay of nothing changes nothing, and is put on record at each request.
  sandbox.faults.add({ service: "github", effect: { kind: "latency", ms: 0 } });
  const url = sandbox.githubUrl;
  const wrong = judgeAnswers(url);
  const github = createGitHub({ apiUrl: url, url, appId: app.id, privateKey: app.privateKey });
  const host = createRepositoryHost(github);
  return {
    folder,
    sandbox,
    url,
    github,
    host,
    receiver,
    privateKey: app.privateKey,
    /** Every request to the REST API, in order. */
    asked: asked as readonly string[],
    /** Makes the next such request fail; `after`: once it has done everything. */
    failNext: (operation: string, { at, status }: Fault) =>
      sandbox.faults.add({ service: "github", operation, times: 1, effect: { kind: "error", at, status } }),
    /** A person's own client. */
    as: (login: string) => clientOf(url, `sandbox-${login}`),
    /** A repository of the App with a first commit. */
    async make(name: string) {
      const fullName = `acme/${name}`;
      await host.ensureRepository({ fullName, description: "A test", marker: "svc_1" });
      const { sha } = await host.ensureFirstCommit({ fullName, branch: "main", files, message: "First", author, at });
      return { fullName, sha, owner: "acme", repo: name };
    },
    git: (login: string, args: readonly string[], cwd = folder) => gitAs(folder, login, args, cwd),
    /** A clone of a repository, by a person. */
    async clone(login: string, name: string) {
      const clone = path.join(folder, `${name}-${login}-${Math.random().toString(36).slice(2)}`);
      const { status, stderr } = await gitAs(folder, login, ["clone", "-q", `${url}/acme/${name}.git`, clone], folder);
      if (status !== 0) throw new Error(stderr);
      return clone;
    },
    async stop() {
      await sandbox.stop();
      receiver.close();
      rmSync(folder, { recursive: true, force: true });
      for (const { event, body } of receiver.deliveries) wrong.push(judge?.webhook(event, JSON.parse(body)) ?? "");
      const different = [...new Set(wrong)].filter((line) => line !== "");
      if (different.length > 0) throw new Error(`GitHub would not have answered so:\n${different.join("\n")}`);
    },
  };
}

export type TestGitHub = Awaited<ReturnType<typeof startGitHub>>;

/**
 * git as a person runs it, with the password typed at its prompt; they write someone else's name into their commits.
 * Never synchronous: the host is in this process.
 */
async function gitAs(folder: string, login: string, args: readonly string[], cwd: string) {
  const askpass = path.join(folder, "askpass");
  writeFileSync(
    askpass,
    '#!/bin/sh\ncase "$1" in Username*) echo "$TEST_LOGIN" ;; *) echo "$TEST_PASSWORD" ;; esac\n',
    {
      mode: 0o755,
    },
  );
  const [name, password = "sandbox"] = login.split(":");
  const child = spawn("git", args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      TEST_LOGIN: name,
      TEST_PASSWORD: password,
      GIT_ASKPASS: askpass,
      GIT_TERMINAL_PROMPT: "0",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_AUTHOR_NAME: "Mallory",
      GIT_AUTHOR_EMAIL: "approver@example.com",
      GIT_COMMITTER_NAME: "Mallory",
      GIT_COMMITTER_EMAIL: "approver@example.com",
    },
  });
  const ended = once(child, "close");
  const [stderr, stdout] = await Promise.all([text(child.stderr), text(child.stdout)]);
  const [status] = await ended;
  return { status: status as number, stderr, stdout };
}

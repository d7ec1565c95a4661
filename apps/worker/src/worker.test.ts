import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { requestService } from "@turnpike/domain/scaffolding";
import { createGitHub, createPlatformRepository, createRepositoryHost } from "@turnpike/github";
import { systemClock } from "@turnpike/kernel";
import { type Sandbox, startSandbox } from "@turnpike/sandbox";
import type { Store } from "@turnpike/store";
import { createTemplates } from "@turnpike/templating";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { person, platformFiles } from "../../../packages/domain/test/samples.ts";
import { testPostgres } from "../../../packages/store/test/postgres.ts";
import { startWorker, type WorkerProcess } from "./test-support/worker-process.ts";

const postgres = testPostgres();
const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs1", format: "pem" })
  .toString();
const SECRET = "a-secret-of-the-workers-tests";
/** Taken without AWS: these tests have no pipelines. */
const steps = ["decision", "repository", "first-commit"];

let folder: string;
let sandbox: Sandbox;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "turnpike-worker-"));
  const app = { id: 1, slug: "turnpike", privateKey, webhookSecret: SECRET, webhookUrl: "http://127.0.0.1:1/hook" };
  sandbox = await startSandbox({
    dataDir: path.join(folder, "sandbox"),
    services: [],
    github: { organisation: "acme", app },
  });
  writeFileSync(path.join(folder, "app.pem"), privateKey, { mode: 0o600 });
  writeTemplate();
});
afterAll(async () => {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

function writeTemplate(): void {
  const skeleton = path.join(folder, "templates/http-api/skeleton");
  mkdirSync(skeleton, { recursive: true });
  const text = "${{ name }} of ${{ owner }}\n";
  for (let i = 0; i < 15; i++) writeFileSync(path.join(skeleton, `file-${i}.txt`), text);
  writeFileSync(
    path.join(skeleton, "../template.yaml"),
    `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: http-api
  title: HTTP API
  description: For tests
  annotations: { turnpike.dev/version: 1.0.0 }
spec:
  owner: platform
  type: service
  steps:
    - { id: fetch, action: fetch:template, input: { url: ./skeleton } }
`,
  );
}

const at = new Date("2026-11-23T10:00:00Z");
const author = { name: "Turnpike", email: "turnpike@example.com" };

/** An organisation of its own database and platform repository, on the one GitHub. */
async function platform(name: string) {
  const url = await postgres.database();
  const store = await postgres.store(url);
  const github = createGitHub({ apiUrl: sandbox.githubUrl, url: sandbox.githubUrl, appId: 1, privateKey });
  const host = createRepositoryHost(github);
  const fullName = `acme/${name}`;
  await host.ensureRepository({ fullName, description: "What should exist", marker: "svc_platform" });
  await host.ensureFirstCommit({
    fullName,
    branch: "main",
    files: Object.entries(platformFiles).map(([file, text]) => ({
      path: file,
      content: new TextEncoder().encode(text),
      mode: 0o644,
    })),
    message: "Describe the platform",
    author,
    at,
  });
  const mirror = path.join(folder, `${name}-mirror.git`);
  const repository = createPlatformRepository(github, { fullName, mirrorDir: mirror });
  const templates = createTemplates({
    directory: path.join(folder, "templates"),
    cacheDir: path.join(folder, "cache"),
  });
  onTestFinished(() => templates.close());
  const workers = new Set<WorkerProcess>();
  onTestFinished(async () => {
    await Promise.all([...workers].map((worker) => worker.kill()));
  });
  return {
    store,
    host,
    /** @param instance workers of one name share a cache folder, as one machine's do, one after the other */
    async start(instance: string): Promise<WorkerProcess> {
      const worker = await startWorker(environment(url, fullName, path.join(folder, `${name}-${instance}`)));
      workers.add(worker);
      return worker;
    },
    /** Asks for a service, once the worker has read the platform repository: before that no team is known. */
    async ask(service: string) {
      await vi.waitFor(async () => expect(await store.platform.find("Team", "payments")).toBeDefined(), {
        timeout: 30_000,
      });
      const result = await requestService(
        { ...store, templates, advisories, clock: systemClock },
        person("developer"),
        {
          template: "http-api",
          name: service,
          owner: "payments",
          description: "",
          parameters: {},
        },
      );
      expect(result).toEqual({ kind: "accepted", service });
    },
    /** Titles of the platform repository's commits, newest first. */
    async titles() {
      return (await host.commits(fullName, undefined, await repository.fetch())).map(({ title }) => title);
    },
  };
}

/** Nothing is known against any component. */
const advisories = { current: async () => undefined };

function environment(databaseUrl: string, platformRepository: string, dataDir: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    DATABASE_URL: databaseUrl,
    PORTAL_URL: "http://127.0.0.1:1",
    AUTH_SECRET: SECRET,
    OIDC_ISSUER: "http://127.0.0.1:1",
    OIDC_CLIENT_ID: "turnpike-portal",
    OIDC_CLIENT_SECRET: SECRET,
    GITHUB_API_URL: sandbox.githubUrl,
    GITHUB_URL: sandbox.githubUrl,
    GITHUB_APP_ID: "1",
    GITHUB_APP_PRIVATE_KEY_FILE: path.join(folder, "app.pem"),
    GITHUB_WEBHOOK_SECRET: SECRET,
    PLATFORM_REPOSITORY: platformRepository,
    TURNPIKE_DATA_DIR: dataDir,
    TEMPLATES_DIR: path.join(folder, "templates"),
    VERIFIER_FILE: path.join(folder, "verify.mjs"),
    PIPELINE_TEMPLATE: path.resolve(import.meta.dirname, "../../../infra/service-pipeline.yaml"),
    READER_EXTERNAL_ID: SECRET,
    AWS_REGION: "eu-west-1",
    AWS_ENDPOINT_URL: sandbox.awsUrl,
    AWS_ACCESS_KEY_ID: sandbox.credentials("111111111111").accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.credentials("111111111111").secretAccessKey,
  };
}

async function isMade(store: Store, service: string): Promise<boolean> {
  const known = await store.services.steps(service);
  return steps.every((key) => known.find((step) => step.key === key)?.status === "done");
}

async function untilMade(store: Store, services: readonly string[], timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (const service of services) {
    while (!(await isMade(store, service))) {
      if (performance.now() > deadline) {
        throw new Error(`${service} was not made: ${JSON.stringify(await store.services.steps(service))}`);
      }
      await sleep(50);
    }
  }
}

/** Each service is one commit of the platform repository, one repository of ours, and one commit in it. */
async function expectMadeOnce(
  { store, host, titles }: Awaited<ReturnType<typeof platform>>,
  services: readonly string[],
) {
  const created = (await titles()).filter((title) => title.startsWith("Create "));
  expect(created.sort()).toEqual(services.map((service) => `Create ${service} from http-api@1.0.0`).sort());
  for (const service of services) {
    const fullName = `acme/${service}`;
    const repository = await host.find(fullName);
    expect(repository?.marker, service).toBe((await store.services.find(service))?.id);
    const head = await host.head(fullName, "main");
    expect(await host.commits(fullName, undefined, head ?? ""), service).toHaveLength(1);
  }
}

test("services are made once each, however often and whenever the worker is killed", { timeout: 240_000 }, async () => {
  const acme = await platform("platform-kill");
  const services: string[] = [];
  let midway = 0;
  // Milliseconds after the wish; a service takes a few hundred, so that the kills fall into all of its steps.
  for (const [round, delayMs] of [20, 60, 110, 170, 240, 330, 450, 600].entries()) {
    const worker = await acme.start("one");
    const asked = [`kill-${round}-a`, `kill-${round}-b`];
    services.push(...asked);
    for (const service of asked) await acme.ask(service);
    await sleep(delayMs);
    await worker.kill();
    const made = await Promise.all(asked.map((service) => isMade(acme.store, service)));
    if (made.includes(false)) midway++;
  }
  expect(midway, "rounds whose kill fell into the work").toBeGreaterThan(2);
  await acme.start("one");
  await untilMade(acme.store, services, 120_000);
  await expectMadeOnce(acme, services);
});

test("two workers at once make each service once, also when one of them is killed", { timeout: 180_000 }, async () => {
  const acme = await platform("platform-two");
  const [first] = await Promise.all([acme.start("one"), acme.start("two")]);
  const services = Array.from({ length: 10 }, (_, index) => `two-${index}-svc`);
  for (const [index, service] of services.entries()) {
    await acme.ask(service);
    if (index === 5) await first?.kill();
  }
  await untilMade(acme.store, services, 90_000);
  await expectMadeOnce(acme, services);
});

test("a worker that is asked to stop ends its step and stops within ten seconds", { timeout: 90_000 }, async () => {
  const acme = await platform("platform-stop");
  const worker = await acme.start("one");
  for (const service of ["stop-a-svc", "stop-b-svc"]) await acme.ask(service);
  const asked = performance.now();
  expect(await worker.terminate()).toBe(0);
  expect(performance.now() - asked).toBeLessThan(10_000);
  await acme.start("one");
  await untilMade(acme.store, ["stop-a-svc", "stop-b-svc"], 60_000);
  await expectMadeOnce(acme, ["stop-a-svc", "stop-b-svc"]);
});

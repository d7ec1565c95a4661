import { silentLogger } from "@turnpike/kernel";
import { describe, expect, test } from "vitest";
import { createMemoryAws, createMemoryHost, createMemoryTemplates } from "../../test/memory-hosts.ts";
import { createMemoryPlatformRepository } from "../../test/memory-platform-repository.ts";
import { createMemoryStore, steppedClock } from "../../test/memory-store.ts";
import { person, platformFiles, serviceFile } from "../../test/samples.ts";
import { syncPlatform, writeIntents } from "../platform/index.ts";
import { ensureService } from "./ensure-service.ts";
import { RepositoryHostError } from "./errors.ts";
import { getServiceProgress } from "./read-scaffolding.ts";
import { requestService } from "./request-service.ts";

async function setup({ byHand = false } = {}) {
  const store = createMemoryStore();
  const committed = byHand ? { "services/orders.yaml": serviceFile("orders") } : {};
  const git = createMemoryPlatformRepository({ ...platformFiles, ...committed });
  const github = createMemoryHost();
  const aws = createMemoryAws();
  const deps = {
    ...store,
    repository: git.repository,
    host: github.host,
    templates: createMemoryTemplates(),
    stacks: aws.stacks,
    pipelines: aws.pipelines,
    verifier: aws.verifier,
    clock: steppedClock(),
    log: silentLogger,
  };
  await syncPlatform(deps, { fetch: true });
  const wish = { template: "http-api", name: "orders", owner: "payments", description: "", parameters: {} };
  if (!byHand) await requestService(deps, person("developer"), wish);
  const ensure = () => ensureService(deps, "orders");
  return {
    store,
    git,
    github,
    aws,
    ensure,
    /** Looks again until all is done; bounded, since a loop that never ends would end every other test too. */
    async finish() {
      for (let look = 0; look < 10; look++) if ((await ensure()).kind === "done") return;
      throw new Error("ten looks did not finish the service");
    },
    sync: () => syncPlatform(deps, { fetch: true }),
    async commit() {
      await writeIntents(deps);
      await syncPlatform(deps, { fetch: false });
    },
    async steps() {
      const progress = await getServiceProgress(store, person("developer"), "orders");
      return Object.fromEntries((progress?.steps ?? []).map(({ key, status }) => [key, status]));
    },
    step: async (key: string) => (await store.services.steps("orders")).find((step) => step.key === key),
  };
}

const made = ["repository acme/orders", "first commit acme/orders"];

describe("making a service", () => {
  test("nothing is made before the decision is committed", async () => {
    const { ensure, github, aws, steps } = await setup();
    expect(await ensure()).toEqual({ kind: "waiting" });
    expect([github.made, aws.made]).toEqual([[], []]);
    expect(await steps()).toMatchObject({ decision: "running", repository: "waiting" });
  });

  test("a document that was committed by hand is a decision, too", async () => {
    const { finish, github, aws, steps } = await setup({ byHand: true });
    await finish();
    expect([github.made, aws.made]).toEqual([made, ["stack orders"]]);
    expect(new Set(Object.values(await steps()))).toEqual(new Set(["done"]));
  });

  test("once it is committed every step is taken in order, and each thing is made once", async () => {
    const { ensure, commit, github, aws, steps, git, step } = await setup();
    await commit();
    expect(await ensure()).toEqual({ kind: "waiting" });
    expect(await steps()).toMatchObject({ "first-commit": "done", pipeline: "running" });
    expect(await ensure()).toEqual({ kind: "done" });
    expect(await ensure()).toEqual({ kind: "done" });
    expect(new Set(Object.values(await steps()))).toEqual(new Set(["done"]));
    expect([github.made, aws.made]).toEqual([made, ["stack orders"]]);
    // A pipeline's first execution begins with its stack: what it is judged by is there before.
    expect(aws.published[0]).toEqual({ bucket: "artifacts", standards: { effects: {}, waivers: [] }, before: [] });
    expect((await step("decision"))?.detail).toBe(git.hostHead());
  });

  for (const at of ["before", "after"] as const) {
    for (const method of ["ensureRepository", "ensureFirstCommit", "publish", "ensure"] as const) {
      test(`${method} that fails ${at} it did its work is explained, retried, and made once`, async () => {
        const { finish, ensure, commit, github, aws, store } = await setup();
        const host = method === "ensure" || method === "publish" ? aws : github;
        host.fault(method, { at, error: new RepositoryHostError("answer") });
        await commit();
        expect(await ensure()).toEqual({ kind: "failed", attempts: 1, final: false });
        const failed = (await store.services.steps("orders")).find(({ status }) => status === "failed");
        expect(failed?.error).toMatch(/could not answer\. .*left as it is; .*tries again/);
        await finish();
        expect([github.made, aws.made]).toEqual([made, ["stack orders"]]);
        expect((await store.services.steps("orders")).some(({ error }) => error)).toBe(false);
      });
    }
  }

  test("a process that dies at any write of a step's state leaves what the next one finishes", async () => {
    for (let survived = 0; ; survived++) {
      const { finish, ensure, commit, store, github, aws, steps } = await setup();
      await commit();
      const { saveStep } = store.services;
      let writes = 0;
      let died = false;
      store.services.saveStep = async (...args) => {
        if (writes++ === survived) {
          died = true;
          throw new Error("killed");
        }
        return saveStep(...args);
      };
      await ensure().catch(() => undefined);
      store.services.saveStep = saveStep;
      await finish();
      expect([github.made, aws.made], `died at write ${survived}`).toEqual([made, ["stack orders"]]);
      expect(new Set(Object.values(await steps()))).toEqual(new Set(["done"]));
      if (!died) {
        expect(survived).toBeGreaterThan(4);
        return;
      }
    }
  });

  test("two workers at once make everything once", async () => {
    const { finish, ensure, commit, github, aws } = await setup();
    await commit();
    await Promise.all([ensure(), ensure()]);
    await finish();
    expect([github.made, aws.made]).toEqual([made, ["stack orders"]]);
  });

  test("a repository of that name that isn't ours is left untouched, and the failure is final and explained", async () => {
    const { ensure, commit, github, step } = await setup();
    github.addForeign("acme/orders", "svc_another");
    await commit();
    expect(await ensure()).toEqual({ kind: "failed", attempts: 1, final: true });
    expect(await step("repository")).toMatchObject({ final: true, error: expect.stringMatching(/left untouched/) });
    expect(github.made).toEqual([]);
  });

  test("failures in a row are counted, for a delay that grows", async () => {
    const { ensure, commit, github } = await setup();
    await commit();
    for (let i = 0; i < 3; i++) {
      github.fault("ensureRepository", { at: "before", error: new RepositoryHostError("answer") });
    }
    const attempts = [];
    for (let i = 0; i < 3; i++) attempts.push(await ensure());
    expect(attempts.map((result) => result.kind === "failed" && result.attempts)).toEqual([1, 2, 3]);
  });

  test("an error that nobody foresaw is kept from the page, and retried", async () => {
    const { ensure, commit, github, step } = await setup();
    github.fault("ensureRepository", { at: "before", error: new Error("token ghs_secret refused") });
    await commit();
    expect(await ensure()).toMatchObject({ kind: "failed", final: false });
    expect((await step("repository"))?.error).not.toContain("ghs_secret");
  });

  test("a service whose document is withdrawn before its repository exists makes nothing more", async () => {
    const { ensure, commit, sync, github, git } = await setup();
    github.fault("ensureRepository", { at: "before", error: new RepositoryHostError("answer") });
    await commit();
    await ensure();
    git.commitByOther({ "services/orders.yaml": undefined });
    await sync();
    expect(await ensure()).toEqual({ kind: "failed", attempts: 1, final: true });
    expect(github.made).toEqual([]);
  });

  test("a service whose document conflicts is refused for good, with the reason, and nothing is made", async () => {
    const { ensure, commit, git, github, step } = await setup();
    git.commitByOther({ "services/orders.yaml": "not: ours\n" });
    await git.repository.fetch();
    await commit();
    expect(await ensure()).toEqual({ kind: "failed", attempts: 1, final: true });
    expect((await step("decision"))?.error).toContain("exists already");
    expect(github.made).toEqual([]);
  });
});

import { describe, expect, test } from "vitest";
import { parseDocument } from "../src/platform/index.ts";
import { releaseChange } from "../src/releases/document.ts";
import type { ReleaseStore } from "../src/releases/index.ts";
import { stepKeys } from "../src/scaffolding/index.ts";
import type { MemoryStore } from "./memory-store.ts";
import { AT, execution, person, platformFiles, proposal, serviceRequest } from "./samples.ts";

export type StoreUnderTest = Pick<
  MemoryStore,
  "platform" | "intents" | "services" | "releases" | "executions" | "leases" | "scorecards"
>;

const SHA = "1".repeat(40);

function decisionOf(login: string, kind: "approve" | "reject" = "approve"): Parameters<ReleaseStore["decide"]>[0] {
  const { email, name } = person(login);
  return {
    id: "rel_1",
    fingerprint: "f".repeat(64),
    decision: { by: { email, name }, decision: kind, at: AT, comment: undefined },
    status: kind === "approve" ? "approved" : "rejected",
    intent: {
      change: { path: "releases/orders/prod.yaml", content: `by: ${login}\n` },
      message: `Decide as ${login}`,
      author: { name, email },
    },
  };
}

const intentOf = (name: string, by = "developer") => ({
  change: { path: `services/${name}.yaml`, content: `by: ${by}\n` },
  message: `Create ${name}`,
  author: { name: by, email: `${by}@example.com` },
});

function validDocument(path: string) {
  const parsed = parseDocument(path, platformFiles[path] ?? "");
  if (parsed.kind === "invalid") throw new Error(parsed.problems[0]?.message);
  return { path, document: parsed.document };
}

/** What the domain relies on, of every slice's store. `open` gives an empty one. */
export function describeStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name}: services`, () => {
    test("of many who ask for one name at once, one gets it, and only their intent is stored", async () => {
      const { services, intents } = await open();
      const asked = Array.from({ length: 8 }, (_, index) =>
        services.reserve(serviceRequest("orders", { id: `svc_${index}` }), intentOf("orders", `person-${index}`)),
      );
      const results = await Promise.all(asked);
      expect(results.filter(Boolean)).toHaveLength(1);
      const winner = results.indexOf(true);
      expect((await services.find("orders"))?.id).toBe(`svc_${winner}`);
      expect((await intents.waiting(10)).map(({ author }) => author.name)).toEqual([`person-${winner}`]);
    });

    test("a request comes back as it was written, with text that looks like a date left as text", async () => {
      const { services } = await open();
      const request = serviceRequest("orders", {
        description: "2026-01-01T00:00:00Z",
        parameters: { since: "2026-01-01T00:00:00.000Z", nested: { list: [1, null, "x"] } },
      });
      await services.reserve(request, intentOf("orders"));
      expect(await services.find("orders")).toEqual(request);
      expect(await services.list()).toEqual([request]);
    });

    test("a service is unfinished until every one of its steps is done", async () => {
      const { services } = await open();
      await services.reserve(serviceRequest("orders"), intentOf("orders"));
      expect(await services.unfinished()).toEqual(["orders"]);
      for (const key of stepKeys) await services.saveStep("orders", { key, status: "done", attempts: 0 });
      expect(await services.unfinished()).toEqual([]);
      await services.saveStep("orders", { key: "pipeline", status: "failed", error: "No.", attempts: 1 });
      expect(await services.unfinished()).toEqual(["orders"]);
    });

    test("saving a step replaces all that was known of it", async () => {
      const { services } = await open();
      await services.reserve(serviceRequest("orders"), intentOf("orders"));
      await services.saveStep("orders", {
        key: "repository",
        status: "failed",
        error: "No.",
        final: true,
        attempts: 3,
      });
      const done = {
        key: "repository",
        status: "done",
        detail: "acme/orders",
        startedAt: AT,
        finishedAt: AT,
        attempts: 0,
      };
      await services.saveStep("orders", done as Parameters<typeof services.saveStep>[1]);
      expect(await services.steps("orders")).toEqual([done]);
    });

    test("the decision of a service tells what became of its intent", async () => {
      const { services, intents } = await open();
      await services.reserve(serviceRequest("orders"), intentOf("orders"));
      await services.reserve(serviceRequest("billing"), intentOf("billing"));
      const [orders, billing] = await intents.waiting(10);
      await intents.committed([{ id: orders?.id ?? "", commit: SHA }], AT);
      await intents.conflicting(billing?.id ?? "", "It exists already.");
      expect(await services.decision("orders")).toEqual({ status: "committed", commit: SHA });
      expect(await services.decision("billing")).toEqual({ status: "conflict", error: "It exists already." });
      expect(await services.decision("nobody")).toBeUndefined();
      expect(await intents.waiting(10)).toEqual([]);
    });

    test("a service that was committed by hand is put on record once, as decided by that commit", async () => {
      const { services, intents } = await open();
      const request = serviceRequest("orders");
      const document = { path: "services/orders.yaml", commit: SHA };
      await Promise.all([services.adopt(request, document), services.adopt(request, document)]);
      expect(await services.find("orders")).toEqual(request);
      expect(await services.decision("orders")).toEqual({ status: "committed", commit: SHA });
      expect(await intents.waiting(10)).toEqual([]);
      await services.saveStep("orders", { key: "decision", status: "done", attempts: 0 });
      expect(await services.unfinished()).toEqual(["orders"]);
    });

    test("intents wait in the order in which they were accepted", async () => {
      const { services, intents } = await open();
      const names = ["zebra", "apple", "mango"];
      for (const each of names) await services.reserve(serviceRequest(each), intentOf(each));
      expect((await intents.waiting(2)).map(({ message }) => message)).toEqual(["Create zebra", "Create apple"]);
    });
  });

  describe(`${name}: releases`, () => {
    test("an execution's gate is one release, however many workers propose it at once", async () => {
      const { releases } = await open();
      const proposed = await Promise.all(
        [1, 2, 3, 4].map((id) => releases.propose(proposal(`${id}`, { executionId: "execution-1" }))),
      );
      expect(proposed.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(proposed.map(({ release }) => release.id)).size).toBe(1);
      expect(await releases.list({ service: "orders" })).toHaveLength(1);
    });

    test("of two people who decide at once, one is recorded, with one intent", async () => {
      const { releases, intents } = await open();
      await releases.propose(proposal("1"));
      const results = await Promise.all([
        releases.decide(decisionOf("approver")),
        releases.decide(decisionOf("second", "reject")),
      ]);
      expect(results.filter(Boolean)).toHaveLength(1);
      const winner = results[0] ? "approver" : "second";
      expect((await releases.get("rel_1"))?.decisions.map(({ by }) => by.name)).toEqual([winner]);
      expect((await intents.waiting(10)).map(({ message }) => message)).toEqual([`Decide as ${winner}`]);
    });

    test("what is decided no longer waits, and is listed as past", async () => {
      const { releases } = await open();
      await releases.propose(proposal("1"));
      await releases.propose(proposal("2", { executionId: "execution-2" }));
      await releases.decide(decisionOf("approver"));
      const ids = async (only: "waiting" | "past", limit?: number) =>
        (await releases.list({ only, ...(limit ? { limit } : {}) })).map(({ id }) => id);
      expect([await ids("waiting"), await ids("past")]).toEqual([["rel_2"], ["rel_1"]]);
      await releases.decide({ ...decisionOf("approver"), id: "rel_2" });
      expect(await ids("past", 1)).toHaveLength(1);
      // The limit counts what the asker sees: many releases of other teams don't push theirs off the list.
      await releases.propose(proposal("3", { executionId: "execution-3", owner: "billing" }));
      await releases.decide({ ...decisionOf("approver"), id: "rel_3" });
      const listed = async (owners: string[]) => (await releases.list({ only: "past", limit: 1, owners })).length;
      expect([await listed(["payments"]), await listed(["billing"]), await listed([])]).toEqual([1, 1, 0]);
    });

    test("a decision under another fingerprint writes nothing", async () => {
      const { releases, intents } = await open();
      await releases.propose(proposal("1"));
      expect(await releases.decide({ ...decisionOf("approver"), fingerprint: "0".repeat(64) })).toBe(false);
      expect((await releases.get("rel_1"))?.status).toBe("waiting");
      expect(await intents.waiting(10)).toEqual([]);
    });

    test("a concluded release is concluded once, and its outcome is one intent", async () => {
      const { releases, intents } = await open();
      await releases.propose(proposal("1"));
      const { intent } = decisionOf("turnpike");
      const conclude = () =>
        releases.move({
          id: "rel_1",
          from: ["waiting"],
          to: "deployed",
          outcome: { at: AT, reason: undefined },
          intent,
        });
      const results = await Promise.all([conclude(), conclude()]);
      expect(results.filter(Boolean)).toHaveLength(1);
      expect(await intents.waiting(10)).toHaveLength(1);
      expect(await releases.running("orders", "prod")).toMatchObject({ id: "rel_1", outcome: { at: AT } });
    });

    test("what runs is the release that was deployed last", async () => {
      const { releases } = await open();
      for (const [id, minute] of [
        ["1", 5],
        ["2", 9],
        ["3", 7],
      ] as const) {
        await releases.propose(proposal(id));
        const at = new Date(AT.getTime() + minute * 60_000);
        await releases.move({ id: `rel_${id}`, from: ["waiting"], to: "deployed", outcome: { at, reason: undefined } });
      }
      expect((await releases.running("orders", "prod"))?.id).toBe("rel_2");
      expect(await releases.running("orders", "dev")).toBeUndefined();
    });

    test("a decision counts as committed only under its own id and fingerprint", async () => {
      const { releases, platform } = await open();
      const path = "releases/orders/prod.yaml";
      const spec = {
        id: "rel_1",
        service: "orders",
        environment: "prod",
        commit: "c".repeat(40),
        artifactDigest: `sha256:${"a".repeat(64)}`,
        changeSetArn: "arn:aws:cloudformation:eu-west-1:333333333333:changeSet/c/1",
        executionId: "execution-1",
        fingerprint: "f".repeat(64),
        decisions: [{ by: { email: "approver@example.com" }, at: AT.toISOString(), decision: "approve" as const }],
      };
      const document = {
        apiVersion: "turnpike.dev/v1",
        kind: "Release",
        metadata: { name: "orders-prod" },
        spec,
      } as const;
      const release = { id: "rel_1", service: "orders", environment: "prod", fingerprint: "f".repeat(64) };
      expect(await releases.isCommitted(release)).toBe(false);
      await platform.apply({ head: SHA, at: AT, valid: [{ path, document }], removed: [], problems: [] });
      expect(await releases.isCommitted(release)).toBe(true);
      expect(await releases.isCommitted({ ...release, id: "rel_2" })).toBe(false);
      expect(await releases.isCommitted({ ...release, fingerprint: "0".repeat(64) })).toBe(false);
    });
  });

  describe(`${name}: executions`, () => {
    test("an execution comes back as it was observed, and is saved again only when it differs", async () => {
      const { executions } = await open();
      const running = execution("e-1", { status: "running" });
      expect(await executions.save(running)).toBe(true);
      expect(await executions.save(running)).toBe(false);
      expect(await executions.get("orders", "e-1")).toEqual(running);
      expect(await executions.get("billing", "e-1")).toBeUndefined();
      expect(await executions.save(execution("e-1", { status: "succeeded" }))).toBe(true);
    });

    test("executions are listed newest first", async () => {
      const { executions } = await open();
      for (const minute of [3, 9, 6]) {
        const startedAt = new Date(AT.getTime() + minute * 60_000);
        await executions.save(execution(`e-${minute}`, { status: "succeeded", startedAt }));
      }
      expect((await executions.list("orders", 2)).map(({ id }) => id)).toEqual(["e-9", "e-6"]);
      expect((await executions.latest(["orders", "billing"])).get("orders")?.id).toBe("e-9");
    });
  });

  describe(`${name}: platform documents`, () => {
    test("an invalid document is a problem, and leaves its last valid version in force", async () => {
      const { platform } = await open();
      const team = validDocument("teams/payments.yaml");
      await platform.apply({ head: SHA, at: AT, valid: [team], removed: [], problems: [] });
      const head = "2".repeat(40);
      const problem = { path: team.path, line: 4, message: "spec.title: Invalid input" };
      await platform.apply({ head, at: AT, valid: [], removed: [], problems: [problem, { ...problem, line: 9 }] });
      expect(await platform.head()).toBe(head);
      expect(await platform.problems()).toEqual([{ ...problem, commit: head }]);
      expect(await platform.find("Team", "payments")).toEqual({ ...team, commit: SHA });
    });

    test("releases whose names join to the same are two documents", async () => {
      const { platform, releases } = await open();
      const documentOf = (service: string, environment: string) => {
        const release = { ...proposal("1", { service, environment }), status: "approved" as const, outcome: undefined };
        const decisions = [decisionOf("approver").decision];
        const { path, content = "" } = releaseChange({ ...release, decisions }, decisions, undefined, undefined);
        const parsed = parseDocument(path, content);
        if (parsed.kind === "invalid") throw new Error(JSON.stringify(parsed.problems));
        return { path, document: parsed.document };
      };
      const valid = [documentOf("orders", "eu-prod"), documentOf("orders-eu", "prod")];
      await platform.apply({ head: SHA, at: AT, valid, removed: [], problems: [] });
      expect(await platform.list("Release")).toHaveLength(2);
      const { fingerprint } = proposal("1");
      for (const [service, environment] of [
        ["orders", "eu-prod"],
        ["orders-eu", "prod"],
      ] as const) {
        expect(await releases.isCommitted({ id: "rel_1", service, environment, fingerprint })).toBe(true);
      }
      expect(await releases.isCommitted({ id: "rel_1", service: "orders", environment: "prod", fingerprint })).toBe(
        false,
      );
    });

    test("a corrected document is no problem any more, and a removed one is gone", async () => {
      const { platform } = await open();
      const team = validDocument("teams/payments.yaml");
      const problem = { path: team.path, line: undefined, message: "No." };
      await platform.apply({ head: SHA, at: AT, valid: [], removed: [], problems: [problem] });
      expect(await platform.problems()).toEqual([{ ...problem, commit: SHA }]);
      await platform.apply({ head: SHA, at: AT, valid: [team], removed: [], problems: [] });
      expect(await platform.problems()).toEqual([]);
      await platform.apply({ head: SHA, at: AT, valid: [], removed: [team.path], problems: [] });
      expect(await platform.list("Team")).toEqual([]);
    });
  });

  describe(`${name}: leases`, () => {
    test("a lease that is held is refused to others, and free again when its work has ended or raised", async () => {
      const { leases } = await open();
      let second: string | undefined;
      const first = await leases.withLease("writer", async () => {
        second = await leases.withLease("writer", async () => undefined);
      });
      expect([first, second]).toEqual(["done", "busy"]);
      const failing = leases.withLease("writer", async () => Promise.reject(new Error("no")));
      await expect(failing).rejects.toThrow("no");
      expect(await leases.withLease("writer", async () => undefined)).toBe("done");
    });
  });

  describe(`${name}: scorecards`, () => {
    const judged = (of: string, commit: string, minute: number) => ({
      name: of,
      commit: commit.repeat(40),
      basis: `basis ${minute}`,
      judgedAt: new Date(AT.getTime() + minute * 60_000),
      problem: undefined,
      rules: [],
    });
    const fix = (id: string, base = "1") => ({
      id: `fix_${id}`,
      name: "orders",
      rule: "SUS-1",
      base: base.repeat(40),
      requestedBy: { email: "developer@example.com", name: "developer", github: "developer" },
      requestedAt: AT,
    });

    test("the latest of each name is what was judged last, and a commit is one row of its history", async () => {
      const { scorecards } = await open();
      expect(await scorecards.latest("orders")).toBeUndefined();
      for (const each of [judged("orders", "1", 1), judged("orders", "2", 2), judged("refunds", "3", 3)]) {
        await scorecards.save(each);
      }
      await scorecards.save(judged("orders", "1", 4));
      expect((await scorecards.latest("orders"))?.commit).toBe("1".repeat(40));
      expect((await scorecards.history("orders", 10)).map(({ basis }) => basis)).toEqual(["basis 4", "basis 2"]);
      expect((await scorecards.latestOfAll()).map(({ basis }) => basis)).toEqual(["basis 4", "basis 3"]);
      expect([...(await scorecards.bases())].sort()).toEqual([
        ["orders", "basis 4"],
        ["refunds", "basis 3"],
      ]);
    });

    test("of two who ask for one fix at once, one is heard; what became of it is kept", async () => {
      const { scorecards } = await open();
      const asked = await Promise.all([scorecards.requestFix(fix("1")), scorecards.requestFix(fix("2"))]);
      expect(asked.toSorted()).toEqual([false, true]);
      expect(await scorecards.requestFix(fix("3", "2"))).toBe(true);
      const [first, second] = await scorecards.waitingFixes();
      await scorecards.fixOpened(first?.id ?? "", { commit: "c".repeat(40), url: "https://example.com/1" });
      await scorecards.fixFailed(second?.id ?? "", "No more");
      expect(await scorecards.waitingFixes()).toEqual([]);
      expect((await scorecards.fixes("orders")).map(({ status }) => status).sort()).toEqual(["failed", "opened"]);
      expect(await scorecards.requesterOf("orders", "c".repeat(40))).toBe("developer");
      expect(await scorecards.requesterOf("refunds", "c".repeat(40))).toBeUndefined();
    });
  });
}

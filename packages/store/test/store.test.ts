import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { proposal, serviceRequest } from "../../domain/test/samples.ts";
import { describeStore } from "../../domain/test/store.contract.ts";
import { query, testPostgres } from "./postgres.ts";

const postgres = testPostgres();

describeStore("PostgreSQL", () => postgres.store());

const intent = {
  change: { path: "services/orders.yaml", content: "x\n" },
  message: "Create orders",
  author: { name: "developer", email: "developer@example.com" },
};

test("of two processes that ask for one name at once, one gets it, with one intent and one audit event", async () => {
  const url = await postgres.database();
  const stores = await Promise.all([postgres.store(url), postgres.store(url)]);
  const results = await Promise.all(
    stores.flatMap(({ services }, process) =>
      [1, 2, 3].map((id) => services.reserve(serviceRequest("orders", { id: `svc_${process}_${id}` }), intent)),
    ),
  );
  expect(results.filter(Boolean)).toHaveLength(1);
  const counts =
    "SELECT (SELECT count(*) FROM intent)::int AS intents, (SELECT count(*) FROM audit_event)::int AS audits";
  expect(await query(url, counts)).toEqual([{ intents: 1, audits: 1 }]);
});

test("a decision is written with its audit event, which names who decided", async () => {
  const url = await postgres.database();
  const { releases } = await postgres.store(url);
  await releases.propose(proposal("1"));
  await releases.decide({
    id: "rel_1",
    fingerprint: "f".repeat(64),
    status: "approved",
    decision: {
      by: { email: "approver@example.com", name: "approver" },
      decision: "approve",
      at: new Date(),
      comment: undefined,
    },
    intent,
  });
  const audits = await query(url, "SELECT actor, action, resource FROM audit_event");
  expect(audits).toEqual([{ actor: "approver@example.com", action: "release.approve", resource: "release/rel_1" }]);
});

test("a decision that was committed counts, also when the environment's document speaks of a later candidate by now", async () => {
  const { releases, intents } = await postgres.store();
  const made = proposal("1", { fingerprint: "1".repeat(64) });
  await releases.propose(made);
  await releases.decide({
    id: made.id,
    fingerprint: made.fingerprint,
    status: "approved",
    decision: { by: { email: "a@example.com", name: "a" }, decision: "approve", at: new Date(), comment: undefined },
    intent: {
      ...intent,
      change: { path: "releases/orders/prod.yaml", content: `fingerprint: ${made.fingerprint}\n` },
    },
  });
  expect(await releases.isCommitted(made)).toBe(false);
  const [waiting] = await intents.waiting(1);
  await intents.committed([{ id: waiting?.id ?? "", commit: "c".repeat(40) }], new Date());
  expect(await releases.isCommitted(made)).toBe(true);
});

test("a release's evidence keeps text that looks like a date as text", async () => {
  const { releases } = await postgres.store();
  const made = proposal("1");
  const title = "2026-01-01T00:00:00Z";
  await releases.propose({ ...made, evidence: { ...made.evidence, title } });
  expect((await releases.get("rel_1"))?.evidence.title).toBe(title);
});

test("a webhook delivery is taken once, however often and wherever it arrives", async () => {
  const url = await postgres.database();
  const stores = await Promise.all([postgres.store(url), postgres.store(url)]);
  const taken = await Promise.all(
    stores.flatMap(({ deliveries }) => [1, 2].map(() => deliveries.take("d-1", "push", new Date()))),
  );
  expect(taken.filter(Boolean)).toHaveLength(1);
  expect(await stores[0]?.deliveries.take("d-2", "push", new Date())).toBe(true);
});

test("what one process publishes, another hears", async () => {
  const url = await postgres.database();
  const [here, there] = [await postgres.store(url), await postgres.store(url)];
  const heard: string[] = [];
  const end = there.changes.subscribe((topic) => heard.push(topic));
  await here.changes.publish("service:orders");
  await vi.waitFor(() => expect(heard).toEqual(["service:orders"]));
  end();
  await here.changes.publish("services");
  await sleep(50);
  expect(heard).toEqual(["service:orders"]);
});

test("a process whose listening connection was cut listens again, and is told that anything may have changed", async () => {
  const url = await postgres.database();
  const [here, there] = [await postgres.store(url), await postgres.store(url)];
  const heard: string[] = [];
  there.changes.subscribe((topic) => heard.push(topic));
  await cutListeners(url);
  await vi.waitFor(() => expect(heard).toContain("*"), { timeout: 10_000 });
  await vi.waitFor(
    async () => {
      await here.changes.publish("intents");
      expect(heard).toContain("intents");
    },
    { timeout: 10_000, interval: 200 },
  );
});

test("a change that is published while the publisher's own listening connection is down reaches the others", async () => {
  const url = await postgres.database();
  const [here, there] = [await postgres.store(url), await postgres.store(url)];
  const heard: string[] = [];
  there.changes.subscribe((topic) => heard.push(topic));
  const [session] = await query<{ pid: number }>(
    url,
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' ORDER BY backend_start LIMIT 1",
  );
  await query(url, "SELECT pg_terminate_backend($1)", [session?.pid]);
  await sleep(100);
  await here.changes.publish("intents");
  await vi.waitFor(() => expect(heard).toContain("intents"), { timeout: 300 });
});

test("a lease is refused to another process, and free as soon as its holder's connection ends", async () => {
  const url = await postgres.database();
  const [here, there] = [await postgres.store(url), await postgres.store(url)];
  const begun = Promise.withResolvers<void>();
  const work = Promise.withResolvers<void>();
  const held = here.leases.withLease("writer", () => {
    begun.resolve();
    return work.promise;
  });
  await begun.promise;
  expect(await there.leases.withLease("writer", async () => undefined)).toBe("busy");
  await query(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database =
       (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  await vi.waitFor(async () => expect(await there.leases.withLease("writer", async () => undefined)).toBe("done"));
  work.resolve();
  await held.catch(() => undefined);
  expect(await here.leases.withLease("writer", async () => undefined)).toBe("done");
});

async function cutListeners(url: string): Promise<void> {
  await query(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'`,
  );
}

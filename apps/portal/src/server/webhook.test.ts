import { createHmac } from "node:crypto";
import { silentLogger, systemClock } from "@turnpike/kernel";
import { describe, expect, it } from "vitest";
import { receiveWebhook } from "./webhook.ts";

const SECRET = "a webhook secret of a test";
const sign = (body: string) => `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`;

function setUp() {
  const taken = new Set<string>();
  const published: string[] = [];
  const deps = {
    verifyWebhook: async (body: string, signature: string) => signature === sign(body),
    deliveries: { take: async (id: string) => !taken.has(id) && Boolean(taken.add(id)) },
    changes: { publish: async (topic: string) => void published.push(topic) },
    clock: systemClock,
    config: { platformRepository: "acme/platform" },
    log: silentLogger,
  };
  const deliver = (body: string, signature = sign(body), id = "d1") =>
    receiveWebhook(
      deps,
      new Request("http://portal/api/webhooks/github", {
        method: "POST",
        body,
        headers: { "x-github-delivery": id, "x-github-event": "push", "x-hub-signature-256": signature },
      }),
    );
  return { published, deliver };
}

const AFTER = "a".repeat(40);
const push = (full_name: string, after = AFTER) => JSON.stringify({ repository: { full_name }, after });

describe("a webhook", () => {
  it("is refused when its signature is another body's, and wakes nobody", async () => {
    const { deliver, published } = setUp();
    expect((await deliver(push("acme/platform"), sign("other"))).status).toBe(401);
    expect(published).toEqual([]);
  });

  it("wakes the worker once, however often GitHub repeats it", async () => {
    const { deliver, published } = setUp();
    expect((await deliver(push("acme/platform"))).status).toBe(202);
    expect((await deliver(push("acme/platform"))).status).toBe(202);
    expect(published).toEqual([`platform-pushed:${AFTER}`]);
  });

  it("of another repository wakes whoever judges it", async () => {
    const { deliver, published } = setUp();
    expect((await deliver(push("acme/orders"))).status).toBe(202);
    expect(published).toEqual(["repository-pushed:acme/orders"]);
  });

  it("is taken without effect when it speaks of no repository", async () => {
    const { deliver, published } = setUp();
    expect((await deliver("not json")).status).toBe(202);
    expect(published).toEqual([]);
  });
});

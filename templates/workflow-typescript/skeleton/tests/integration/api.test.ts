import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { createClient } from "../../client/index.ts";

// Every operation of openapi.yaml, asked of the deployed service.
// The address may end in a path of its own, behind which the API is: paths are put behind it, not in its place.
const base = (process.env.ENDPOINT ?? "").replace(/\/+$/, "");
const client = createClient({ baseUrl: base, timeoutMs: 10_000 });
const order = { customer: "Zoë", amount: 12.5 };

const post = (body: object, key: string) =>
  fetch(`${base}/orders`, {
    ...{ method: "POST", body: JSON.stringify(body), signal: AbortSignal.timeout(10_000) },
    headers: { "content-type": "application/json", "idempotency-key": key },
  });

describe("the deployed workflow", () => {
  test("GET /health is ok", async () => {
    assert.deepEqual(await client.getHealth(), { status: "ok" });
  });

  test("POST /orders places an order, and GET /orders/{id} says so in the end", async () => {
    const { id } = await client.placeOrder(order);
    assert.deepEqual(await client.decided({ id }), { id, status: "placed" });
  });

  test("an order that can't be charged is refused, and what was reserved is released", async () => {
    const { id } = await client.placeOrder({ ...order, amount: 5000 });
    assert.deepEqual(await client.decided({ id }), { id, status: "refused" });
  });

  test("an order that is sent twice is one order, and its key is no other's", async () => {
    const key = randomUUID();
    const [first, second] = await Promise.all([post(order, key), post(order, key)]);
    assert.deepEqual([first.status, second.status], [202, 202]);
    await client.decided({ id: key });
    assert.equal((await post({ ...order, amount: 13 }, key)).status, 409);
  });

  test("what is no order is refused", async () => {
    assert.equal((await post({ customer: "" }, randomUUID())).status, 400);
    await assert.rejects(client.getOrder({ id: randomUUID() }), { status: 404 });
  });
});

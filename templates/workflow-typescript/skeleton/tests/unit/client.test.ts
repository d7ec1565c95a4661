import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, beforeEach, describe, test } from "node:test";
import { createClient } from "../../client/index.ts";

let asked: IncomingMessage[] = [];
let answer: (response: ServerResponse, attempt: number) => void;
const service = createServer((request, response) => {
  asked.push(request);
  answer(response, asked.length);
});
service.listen(0, "127.0.0.1");
await once(service, "listening");
after(() => service.close().closeAllConnections());
const options = { baseUrl: `http://127.0.0.1:${(service.address() as AddressInfo).port}`, timeoutMs: 300 };
const client = createClient(options);

const json = (response: ServerResponse, status: number, body: object) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
const error = { error: { code: "invalid-order", message: "That is none." } };

describe("the client", () => {
  beforeEach(() => {
    asked = [];
  });

  test("asks with a path in which nothing but the id is the id", async () => {
    answer = (response) => json(response, 200, { id: "a", status: "placed" });
    assert.deepEqual(await client.getOrder({ id: "a/b?c" }), { id: "a", status: "placed" });
    assert.equal(asked[0]?.url, "/orders/a%2Fb%3Fc");
  });

  test("looks until an order is decided, and no longer than the caller has patience", async () => {
    answer = (response, attempt) => json(response, 200, { id: "a", status: attempt < 2 ? "under-way" : "refused" });
    assert.deepEqual(await client.decided({ id: "a" }), { id: "a", status: "refused" });
    answer = (response) => json(response, 200, { id: "a", status: "under-way" });
    await assert.rejects(client.decided({ id: "a" }, -1), /isn't decided/);
  });

  test("asks again when nobody is there for the moment, or the answer doesn't come in time", async () => {
    answer = (response, attempt) => {
      if (attempt === 1) json(response, 503, {});
      else if (attempt === 2) response.destroy();
      else if (attempt === 4) json(response, 200, { status: "ok" });
      // The third is never answered.
    };
    assert.deepEqual(await client.getHealth(), { status: "ok" });
    assert.equal(asked.length, 4);
  });

  test("gives up in the end, with what the service said last", async () => {
    answer = (response) => json(response, 429, { error: { code: "too-many", message: "Later." } });
    await assert.rejects(client.getHealth(), { name: "ApiError", status: 429, code: "too-many", message: "Later." });
    assert.equal(asked.length, 4);
  });

  test("takes a refusal for one, and asks no second time", async () => {
    answer = (response) => json(response, 400, error);
    await assert.rejects(client.placeOrder({ customer: "Zoë", amount: -1 }), { status: 400, code: "invalid-order" });
    answer = (response) => response.writeHead(500).end("oops");
    await assert.rejects(client.getHealth(), { status: 500, code: "unknown", message: "oops" });
    assert.equal(asked.length, 2);
  });

  test("waits as long as the service wants, and repeats a write under the same key", async () => {
    answer = (response, attempt) =>
      attempt === 1 ? response.writeHead(503, { "retry-after": "0.2" }).end() : json(response, 200, {});
    const startedAt = performance.now();
    await client.placeOrder({ customer: "Zoë", amount: 1 });
    assert.ok(performance.now() - startedAt >= 190);
    const keys = asked.map(({ headers }) => headers["idempotency-key"]);
    assert.equal(keys.length, 2);
    assert.ok(keys[0] && keys[0] === keys[1]);
    await client.placeOrder({ customer: "Zoë", amount: 1 });
    assert.notEqual(asked[2]?.headers["idempotency-key"], keys[0]);
  });
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, beforeEach, describe, test } from "node:test";
import { createClient } from "../../client/index.ts";
import { send } from "../../client/request.ts";

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
const error = { error: { code: "invalid-name", message: "That is no name." } };

describe("the client", () => {
  beforeEach(() => {
    asked = [];
  });

  test("asks with a path in which nothing but the name is a name", async () => {
    answer = (response) => json(response, 200, { message: "Hello" });
    assert.deepEqual(await client.sayHello({ name: "a/b?c" }), { message: "Hello" });
    assert.equal(asked[0]?.url, "/hello/a%2Fb%3Fc");
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
    await assert.rejects(client.sayHello({ name: "<" }), { status: 400, code: "invalid-name" });
    answer = (response) => response.writeHead(500).end("oops");
    await assert.rejects(client.getService(), { status: 500, code: "unknown", message: "oops" });
    assert.equal(asked.length, 2);
  });

  test("waits as long as the service wants, and repeats a write under the same key", async () => {
    answer = (response, attempt) =>
      attempt === 1 ? response.writeHead(503, { "retry-after": "0.2" }).end() : json(response, 200, {});
    const startedAt = performance.now();
    await send(options, { method: "POST", path: "/orders", body: { item: 1 } });
    assert.ok(performance.now() - startedAt >= 190);
    const keys = asked.map(({ headers }) => headers["idempotency-key"]);
    assert.equal(keys.length, 2);
    assert.ok(keys[0] && keys[0] === keys[1]);
    await send(options, { method: "POST", path: "/orders", body: { item: 1 } });
    assert.notEqual(asked[2]?.headers["idempotency-key"], keys[0]);
  });
});

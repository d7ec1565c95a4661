import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { handler } from "../../src/handler.ts";
import { context, eventFor } from "./event.ts";

const hello = (name: string) => eventFor("GET /hello/{name}", { pathParameters: { name } });

// In a suite: a report of tests outside of one is empty for CodeBuild.
describe("the handler", () => {
  test("GET / says what it is", async () => {
    const { statusCode, body } = await handler(eventFor("GET /"), context);
    assert.equal(statusCode, 200);
    assert.deepEqual(Object.keys(JSON.parse(body ?? "")), ["service", "environment", "version"]);
  });

  test("GET /health is ok", async () => {
    const { statusCode, body } = await handler(eventFor("GET /health"), context);
    assert.equal(statusCode, 200);
    assert.deepEqual(JSON.parse(body ?? ""), { status: "ok" });
  });

  test("GET /hello/{name} greets, in any script", async () => {
    const { statusCode, body } = await handler(hello("Zoë 李"), context);
    assert.equal(statusCode, 200);
    assert.deepEqual(JSON.parse(body ?? ""), { message: "Hello, Zoë 李!" });
  });

  const wrong = { empty: "", blank: " ", markup: "<script>", "too long": "x".repeat(51), "of two lines": "a\nb" };
  for (const [kind, name] of Object.entries(wrong)) {
    test(`a name that is ${kind} is refused`, async () => {
      const { statusCode, body } = await handler(hello(name), context);
      assert.equal(statusCode, 400);
      assert.equal(JSON.parse(body ?? "").error.code, "invalid-name");
    });
  }

  test("a route that isn't there is answered with 404, as JSON", async () => {
    for (const route of ["GET /nope", "constructor"]) {
      const { statusCode, headers, body } = await handler(eventFor(route), context);
      assert.equal(statusCode, 404);
      assert.equal(headers?.["content-type"], "application/json; charset=utf-8");
      assert.equal(JSON.parse(body ?? "").error.code, "not-found");
    }
  });

  test("a plain correlation id comes back, any other is replaced by the request's id", async () => {
    const send = async (id: string) =>
      (await handler(eventFor("GET /health", { headers: { "x-correlation-id": id } }), context)).headers;
    assert.equal((await send("order-7"))?.["x-correlation-id"], "order-7");
    assert.equal((await send('"}\n{"level":"x'))?.["x-correlation-id"], "request-1");
  });

  test("an error that no route expects is thrown on, so that Lambda counts it and the alarm sees it", async () => {
    const broken = hello(7 as unknown as string);
    await assert.rejects(handler(broken, context), { name: "TypeError" });
  });
});

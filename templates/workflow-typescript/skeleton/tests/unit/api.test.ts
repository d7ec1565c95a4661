import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { answers, asked, forget, refusal } from "./aws.ts";
import { context, eventFor } from "./event.ts";

const { handler } = await import("../../src/api.ts");

const order = { customer: "Zoë", amount: 12.5 };
async function post(body: unknown, key = "key-1") {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const event = eventFor("POST /orders", { body: text, headers: { "idempotency-key": key } });
  const { statusCode, body: answer } = await handler(event, context);
  return { statusCode, ...JSON.parse(answer ?? "") };
}
async function get(id: string) {
  const { statusCode, body } = await handler(eventFor("GET /orders/{id}", { pathParameters: { id } }), context);
  return { statusCode, ...JSON.parse(body ?? "") };
}

// In a suite: a report of tests outside of one is empty for CodeBuild.
describe("the API", () => {
  beforeEach(forget);

  test("starts an execution that is called as the caller's key, and waits for nothing", async () => {
    answers.StartExecution = { status: 200, body: { executionArn: "arn", startDate: 0 } };
    assert.deepEqual(await post(order), { statusCode: 202, id: "key-1", status: "under-way" });
    assert.equal(asked[0]?.input.name, "key-1");
    assert.deepEqual(JSON.parse(String(asked[0]?.input.input)), { order: { id: "key-1", ...order } });
  });

  test("answers with the order that is there when it is sent again, and refuses another under its key", async () => {
    answers.StartExecution = refusal("ExecutionAlreadyExists");
    const input = JSON.stringify({ order: { id: "key-1", ...order } });
    answers.DescribeExecution = { status: 200, body: { status: "SUCCEEDED", input, output: '{"outcome":"placed"}' } };
    assert.deepEqual(await post(order), { statusCode: 202, id: "key-1", status: "placed" });
    assert.equal((await post({ ...order, amount: 13 })).error.code, "key-taken");
  });

  const states = {
    "under-way": { status: "RUNNING" },
    placed: { status: "SUCCEEDED", output: '{"outcome":"placed"}' },
    refused: { status: "SUCCEEDED", output: '{"outcome":"refused"}' },
    failed: { status: "TIMED_OUT" },
  };
  for (const [status, body] of Object.entries(states)) {
    test(`says of an order that it is ${status}`, async () => {
      answers.DescribeExecution = { status: 200, body };
      assert.deepEqual(await get("key-1"), { statusCode: 200, id: "key-1", status });
    });
  }

  test("knows no order that isn't there, nor one that can't be", async () => {
    answers.DescribeExecution = refusal("ExecutionDoesNotExist");
    assert.equal((await get("key-1")).statusCode, 404);
    assert.equal((await get("a/../b")).statusCode, 404);
  });

  const wrong = {
    "no JSON": "{",
    "a list": [],
    "no customer": { amount: 1 },
    "an amount of nothing": { ...order, amount: 0 },
    "an amount that is text": { ...order, amount: "1" },
    "what nobody knows": { ...order, coupon: "x" },
  };
  for (const [what, body] of Object.entries(wrong)) {
    test(`refuses ${what}, and starts nothing`, async () => {
      const { statusCode, error } = await post(body);
      assert.deepEqual([statusCode, error.code, asked.length], [400, "invalid-order", 0]);
    });
  }

  test("refuses an order without a key", async () => {
    assert.equal((await post(order, "")).error.code, "no-key");
  });

  test("is healthy, and answers 404 as JSON where there is nothing", async () => {
    const health = await handler(eventFor("GET /health"), context);
    assert.equal(health.statusCode, 200);
    const { statusCode, body } = await handler(eventFor("GET /nope"), context);
    assert.deepEqual([statusCode, JSON.parse(body ?? "").error.code], [404, "not-found"]);
  });

  test("fails where AWS does, so that the alarm sees it", async () => {
    answers.StartExecution = refusal("StateMachineDoesNotExist");
    await assert.rejects(post(order), { name: "StateMachineDoesNotExist" });
  });
});

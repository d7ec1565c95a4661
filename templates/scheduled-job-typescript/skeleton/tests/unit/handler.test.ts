import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import type { Context } from "aws-lambda";
import { items } from "./dynamodb.ts";

const { handler } = await import("../../src/handler.ts");
const context = { awsRequestId: "request-1", getRemainingTimeInMillis: () => 10_000 } as Context;

describe("the handler", () => {
  beforeEach(() => items.clear());

  test("runs once for a time, however often it is told of it", async () => {
    const due = { scheduledTime: "2026-01-01T03:00:00Z" };
    assert.deepEqual(await handler(due, context), { ran: true });
    assert.deepEqual(await handler(due, context), { ran: false });
    assert.deepEqual([...items.keys()], ["run 2026-01-01T03:00:00.000Z"]);
  });

  test("without a time says only that it is there", async () => {
    assert.deepEqual(await handler({}, context), { ran: false });
    assert.equal(items.size, 0);
  });

  test("what is no time is an error", async () => {
    await assert.rejects(handler({ scheduledTime: "soon" }, context), { message: "soon is no time." });
  });

  test("a run that can't begin fails, so that Lambda tries it again", async () => {
    items.set("lease", { id: { S: "lease" }, holder: { S: "another" }, until: { N: String(Date.now() + 60_000) } });
    await assert.rejects(handler({ scheduledTime: "2026-01-01T03:00:00Z" }, context), /under way/);
  });
});

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import type { Context, SQSRecord } from "aws-lambda";
import { records, refused, setAside } from "./aws.ts";

const { handler } = await import("../../src/handler.ts");

const context = {
  functionName: "service",
  awsRequestId: "request-1",
  getRemainingTimeInMillis: () => 10_000,
} as Context;

const order = (id: string) => ({ version: 1, id, customer: "Zoë", items: [{ article: "tea", count: 2 }] });

const record = (messageId: string, body: unknown) =>
  ({
    ...{ messageId, body: typeof body === "string" ? body : JSON.stringify(body), eventSource: "aws:sqs" },
    attributes: { ApproximateReceiveCount: "1" },
  }) as SQSRecord;

const send = async (...Records: SQSRecord[]) =>
  (await handler({ Records }, context)).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);

describe("a batch", () => {
  beforeEach(() => {
    records.clear();
    setAside.length = 0;
    refused.clear();
  });

  test("is worked on message by message", async () => {
    assert.deepEqual(await send(record("m1", order("o1")), record("m2", order("o2"))), []);
    assert.deepEqual([...records.values()], [{ completed: 1 }, { completed: 1 }]);
  });

  test("whose message came before is done already", async () => {
    await send(record("m1", order("o1")));
    assert.deepEqual(await send(record("m2", order("o1"))), []);
    assert.deepEqual([...records.values()], [{ completed: 1 }]);
  });

  test("names the messages that failed, and no other", async () => {
    const hash = await hashOf("o2");
    refused.add(hash);
    assert.deepEqual(await send(record("m1", order("o1")), record("m2", order("o2"))), ["m2"]);
    assert.equal(records.size, 1);
    assert.deepEqual(setAside, []);
  });

  test("without a message is no failure: a new version is tried with one", async () => {
    assert.deepEqual(await send(), []);
  });

  const poison = {
    "no JSON": "{",
    "another version": { ...order("o1"), version: 2 },
    "nothing ordered": { ...order("o1"), items: [] },
    "a count that is none": { ...order("o1"), items: [{ article: "tea", count: 0.5 }] },
    "a member that nobody knows": { ...order("o1"), coupon: "x" },
  };
  for (const [what, body] of Object.entries(poison)) {
    test(`sets aside a message with ${what}, with the reason, and tries it no second time`, async () => {
      assert.deepEqual(await send(record("m1", body)), []);
      assert.equal(records.size, 0);
      assert.equal(setAside[0]?.MessageBody, record("m1", body).body);
      assert.notEqual(setAside[0]?.MessageAttributes.reason.StringValue, "");
    });
  }
});

/** The end of the record's id for an order: a message is let in once to see it, and forgotten. */
async function hashOf(id: string): Promise<string> {
  await send(record("m0", order(id)));
  const [key = ""] = records.keys();
  records.clear();
  return key;
}

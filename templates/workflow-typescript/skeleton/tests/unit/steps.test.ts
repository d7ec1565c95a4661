import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { answers, asked, forget, refusal } from "./aws.ts";
import { context } from "./event.ts";

const { handler } = await import("../../src/steps.ts");
const order = { id: "o1", customer: "Zoë", amount: 12.5 };
const take = (step: string, more: object = {}) => handler({ step, order: { ...order, ...more } }, context);

describe("a step", () => {
  beforeEach(forget);

  test("is done, and done again without harm", async () => {
    for (const step of ["reserve", "charge", "release"]) {
      assert.deepEqual(await take(step), { done: true });
      answers.PutItem = answers.UpdateItem = answers.DeleteItem = refusal("ConditionalCheckFailedException");
      assert.deepEqual(await take(step), { done: true });
      forget();
    }
  });

  test("refuses to charge what is too much, and writes nothing", async () => {
    assert.deepEqual(await take("charge", { amount: 1000.01 }), { done: false });
    assert.equal(asked.length, 0);
  });

  test("that fails is thrown on, so that the state machine tries it again", async () => {
    answers.PutItem = refusal("ResourceNotFoundException");
    await assert.rejects(take("reserve"), { name: "ResourceNotFoundException" });
  });

  test("that nobody knows is an error; without one it only says that it is there", async () => {
    await assert.rejects(take("constructor"), { message: "There is no step constructor." });
    assert.deepEqual(await handler({ order }, context), { done: true });
  });
});

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { items } from "./dynamodb.ts";

const { BusyError, runOnce } = await import("../../src/lease.ts");

const noon = new Date("2026-01-01T12:00:00Z");
const one = new Date("2026-01-01T13:00:00Z");
const lease = (scheduledTime: Date, holder: string, forMs = 60_000) => ({
  ...{ scheduledTime, holder },
  untilMs: Date.now() + forMs,
});

describe("a lease", () => {
  let runs: string[] = [];
  const work = (name: string) => async () => {
    runs.push(name);
  };
  beforeEach(() => {
    items.clear();
    runs = [];
  });

  test("lets each time's work happen once, one after the other", async () => {
    assert.equal(await runOnce(lease(noon, "a"), work("noon")), true);
    assert.equal(await runOnce(lease(noon, "b"), work("noon again")), false);
    assert.equal(await runOnce(lease(one, "c"), work("one")), true);
    assert.deepEqual(runs, ["noon", "one"]);
    assert.equal(items.has("lease"), false);
  });

  test("lets nobody else begin while a run is under way", async () => {
    await runOnce(lease(noon, "a"), async () => {
      await assert.rejects(runOnce(lease(one, "b"), work("one")), BusyError);
      // Its own time is being done: that is no failure.
      assert.equal(await runOnce(lease(noon, "b"), work("noon again")), false);
    });
    assert.deepEqual(runs, []);
  });

  test("is given back by work that fails, and its time is tried again", async () => {
    const failing = runOnce(lease(noon, "a"), async () => {
      throw new Error("no");
    });
    await assert.rejects(failing, { message: "no" });
    assert.equal(await runOnce(lease(noon, "a"), work("noon")), true);
  });

  test("of a run that was stopped is over when its time is, and what it left is another's", async () => {
    await runOnce(lease(noon, "stopped", -1), async () => {
      assert.equal(await runOnce(lease(one, "b"), work("one")), true);
    });
    assert.deepEqual(runs, ["one"]);
  });
});

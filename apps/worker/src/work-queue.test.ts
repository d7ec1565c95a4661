import { silentLogger } from "@turnpike/kernel";
import { expect, test } from "vitest";
import { createWorkQueue } from "./work-queue.ts";

const tick = () => new Promise((resolve) => setTimeout(resolve, 5));

test("a key is never looked at twice at once, and what is asked meanwhile is one more look", async () => {
  let active = 0;
  let most = 0;
  let looks = 0;
  const queue = createWorkQueue({
    name: "test",
    concurrency: 4,
    log: silentLogger,
    look: async () => {
      active++;
      looks++;
      most = Math.max(most, active);
      await tick();
      active--;
      return undefined;
    },
  });
  queue.ask("a");
  await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 5; i++) queue.ask("a");
  await tick();
  await tick();
  await tick();
  await queue.stop();
  expect(most).toBe(1);
  expect(looks).toBe(2);
});

test("no more keys are looked at side by side than the concurrency", async () => {
  let active = 0;
  let most = 0;
  const queue = createWorkQueue({
    name: "test",
    concurrency: 2,
    log: silentLogger,
    look: async () => {
      most = Math.max(most, ++active);
      await tick();
      active--;
      return undefined;
    },
  });
  for (const key of ["a", "b", "c", "d", "e"]) queue.ask(key);
  await new Promise((resolve) => setTimeout(resolve, 60));
  await queue.stop();
  expect(most).toBe(2);
});

test("a look that raises is repeated", async () => {
  let looks = 0;
  let done: () => void = () => {};
  const succeeded = new Promise<void>((resolve) => {
    done = resolve;
  });
  const queue = createWorkQueue({
    name: "test",
    concurrency: 1,
    log: silentLogger,
    look: async () => {
      if (++looks === 1) throw new Error("first look");
      done();
      return undefined;
    },
  });
  queue.ask("a");
  await succeeded;
  await queue.stop();
  expect(looks).toBe(2);
});

test("stopping waits for the look under way and starts no other", async () => {
  const seen: string[] = [];
  const queue = createWorkQueue({
    name: "test",
    concurrency: 1,
    log: silentLogger,
    look: async (key) => {
      await tick();
      seen.push(key);
      return { againInMs: 1 };
    },
  });
  queue.ask("a");
  queue.ask("b");
  await queue.stop();
  await tick();
  expect(seen).toEqual(["a"]);
});

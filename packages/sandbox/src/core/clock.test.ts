import { expect, test } from "vitest";
import { createClock } from "./clock.ts";

test("what sleeps until a time that was passed wakes at once, in order", async () => {
  const clock = createClock(new Date("2026-01-01T00:00:00Z"));
  const woken: number[] = [];
  const sleeps = [30_000, 10_000].map((ms) => clock.sleep(ms).then(() => woken.push(ms)));
  const later = clock.sleep(3600_000);
  clock.advance(30_000);
  await Promise.all(sleeps);
  expect(woken).toEqual([10_000, 30_000]);
  expect(clock.now().getTime() - new Date("2026-01-01T00:00:30Z").getTime()).toBeLessThan(5000);
  expect(
    await Promise.race([later.then(() => "woke"), new Promise((resolve) => setTimeout(resolve, 50, "sleeps"))]),
  ).toBe("sleeps");
  clock.stop();
});

test("a sleep ends with its signal's reason, and one already given up never begins", async () => {
  const clock = createClock();
  const giveUp = new AbortController();
  const sleep = clock.sleep(60_000, giveUp.signal);
  giveUp.abort(new Error("enough"));
  await expect(sleep).rejects.toThrow("enough");
  await expect(clock.sleep(1, giveUp.signal)).rejects.toThrow("enough");
});

import { expect, test } from "vitest";
import { createClock } from "../core/clock.ts";
import type { Principal } from "./authentication.ts";
import type { GitHubError } from "./errors.ts";
import { createRateLimits } from "./rate-limits.ts";

const account = { id: 1001, login: "developer", type: "User", name: "Developer", email: "" } as const;
const person: Principal = { kind: "user", account };
const MINUTE_MS = 60_000;

function open(repositories = 0) {
  const clock = createClock(new Date("2026-11-23T12:00:00Z"));
  const limits = createRateLimits({ clock, enforced: true, repositories: () => repositories });
  /** Asks again and again: how many were answered, and the last refusal. */
  const ask = async (times: number, method: string, path: string) => {
    let answered = 0;
    let refusal: GitHubError | undefined;
    for (let index = 0; index < times; index++) {
      await limits.within(person, method, path, async () => void answered++).catch((error) => (refusal = error));
    }
    return { answered, refusal };
  };
  return { clock, limits, ask };
}

test("80 things may be made in a minute, and 500 in an hour, while reading goes on", async () => {
  const { clock, ask } = open();
  const make = (times: number) => ask(times, "POST", "/repos/acme/orders/pulls");
  expect((await make(82)).answered).toBe(80);
  expect((await ask(1, "GET", "/repos/acme/orders")).answered).toBe(1);
  for (let minute = 0; minute < 5; minute++) {
    clock.advance(MINUTE_MS);
    expect((await make(80)).answered).toBe(80);
  }
  clock.advance(MINUTE_MS);
  const { answered, refusal } = await make(21);
  expect(answered).toBe(20);
  expect(refusal).toMatchObject({ status: 403, message: expect.stringContaining("secondary rate limit") });
  clock.advance(Number(refusal?.headers["retry-after"]) * 1000);
  expect((await make(1)).answered).toBe(1);
});

test("5,000 requests an hour are told down, then refused until the hour is over", async () => {
  const { clock, limits, ask } = open();
  for (let minute = 0; minute < 6; minute++) {
    await ask(900, "GET", "/user");
    clock.advance(MINUTE_MS);
  }
  expect(limits.standing(person)).toMatchObject({ limit: 5000, used: 5000, remaining: 0 });
  const { answered, refusal } = await ask(1, "GET", "/user");
  expect(answered).toBe(0);
  expect(refusal?.message).toBe("API rate limit exceeded for user ID 1001.");
  expect((await ask(1, "GET", "/rate_limit")).answered).toBe(1);
  clock.advance(limits.standing(person).reset * 1000 - clock.now().getTime());
  expect((await ask(1, "GET", "/user")).answered).toBe(1);
  expect(limits.standing(person).remaining).toBe(4999);
});

test("an installation has 50 requests more for each repository above 20, up to 12,500", () => {
  const installation: Principal = { kind: "installation", account, permissions: {} };
  expect(open(20).limits.standing(installation).limit).toBe(5000);
  expect(open(30).limits.standing(installation).limit).toBe(5500);
  expect(open(400).limits.standing(installation).limit).toBe(12_500);
});

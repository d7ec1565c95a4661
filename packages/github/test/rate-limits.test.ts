import { afterEach, expect, test } from "vitest";
import { startGitHub, type TestGitHub } from "./support.ts";

let github: TestGitHub;
afterEach(() => github.stop());

async function ask(path: string, { method = "GET", login = "developer", body = {} } = {}) {
  const headers = { authorization: `token sandbox-${login}` };
  const sent = method === "GET" ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`${github.url}${path}`, { method, headers, ...sent });
  const told = (await response.json()) as { message?: string };
  return { status: response.status, message: told.message, headers: response.headers };
}

/** Asks again and again, and counts what came back by status. */
async function askTimes(times: number, ...request: Parameters<typeof ask>) {
  const answers: Awaited<ReturnType<typeof ask>>[] = [];
  for (let index = 0; index < times; index++) answers.push(await ask(...request));
  const counted = Object.groupBy(answers, ({ status }) => status);
  const counts = Object.fromEntries(Object.entries(counted).map(([status, all]) => [status, all?.length]));
  return { counts, last: answers.at(-1) };
}

test("900 points a minute may be spent, a reading 1 and a writing 5, and then the answer says how long to wait", async () => {
  github = await startGitHub({ rateLimits: true });
  const { repo } = await github.make("points");
  const writing = { method: "PATCH", login: "admin", body: { description: "x" } };
  expect((await askTimes(100, `/repos/acme/${repo}`, writing)).counts).toEqual({ 200: 100 });
  const { counts, last } = await askTimes(402, `/repos/acme/${repo}`, { login: "admin" });
  expect(counts).toEqual({ 200: 400, 403: 2 });
  expect(last?.message).toContain("secondary rate limit");
  const wait = Number(last?.headers.get("retry-after"));
  expect(wait).toBeGreaterThan(30);
  expect((await ask(`/repos/acme/${repo}`, { login: "developer" })).status).toBe(200);
  github.sandbox.clock.advance(wait * 1000);
  expect((await ask(`/repos/acme/${repo}`, { login: "admin" })).status).toBe(200);
});

test("100 requests at once are answered, and the next is refused until one of them is", async () => {
  github = await startGitHub({ rateLimits: true });
  github.sandbox.faults.add({ service: "github", operation: "GET /user", effect: { kind: "latency", ms: 1500 } });
  const asked = await Promise.all(Array.from({ length: 103 }, () => ask("/user")));
  expect(asked.filter(({ status }) => status === 200)).toHaveLength(100);
  expect(asked.filter(({ status, message }) => status === 403 && message?.includes("secondary"))).toHaveLength(3);
  expect((await ask("/user")).status).toBe(200);
});

test("unless they are switched on, limits are told and nothing is refused for them", async () => {
  github = await startGitHub();
  const { counts, last } = await askTimes(950, "/user");
  expect(counts).toEqual({ 200: 950 });
  expect(last?.headers.get("x-ratelimit-used")).toBe("950");
});

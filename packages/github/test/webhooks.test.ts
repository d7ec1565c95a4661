import { createHmac } from "node:crypto";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "octokit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyDelivery } from "../src/index.ts";
import { SECRET, startGitHub, type TestGitHub } from "./support.ts";

let github: TestGitHub;
let app: Octokit;

beforeAll(async () => {
  github = await startGitHub();
  const auth = { appId: 1, privateKey: github.privateKey };
  app = new Octokit({ authStrategy: createAppAuth, auth, baseUrl: github.url });
});
afterAll(() => github.stop());

const about = (event: string, fullName: string) =>
  github.receiver.deliveries.filter((delivery) => delivery.event === event && delivery.body.includes(`"${fullName}"`));

async function delivered(event: string, fullName: string) {
  await expect.poll(() => about(event, fullName).length, { timeout: 5000 }).toBeGreaterThan(0);
  return about(event, fullName)[0] ?? expect.fail("no delivery");
}

test("a push is delivered with who pushed and its commits, signed with the App's secret", async () => {
  const { fullName, sha } = await github.make("hooked");
  const { body, signature } = await delivered("push", fullName);
  expect(await verifyDelivery(SECRET, body, signature)).toBe(true);
  expect(JSON.parse(body)).toMatchObject({
    ref: "refs/heads/main",
    before: "0".repeat(40),
    after: sha,
    created: true,
    repository: { full_name: fullName },
    sender: { login: "turnpike[bot]" },
    installation: { id: expect.any(Number) },
    head_commit: { id: sha, message: "First" },
  });
  expect((await delivered("repository", fullName)).body).toContain('"action":"created"');
});

test("a delivery that was changed, signed with another secret, or not signed is not believed", async () => {
  const body = '{"ref":"refs/heads/main"}';
  const sign = (secret: string) => `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  expect(await verifyDelivery(SECRET, body, sign(SECRET))).toBe(true);
  expect(await verifyDelivery(SECRET, `${body} `, sign(SECRET))).toBe(false);
  expect(await verifyDelivery(SECRET, body, sign("another"))).toBe(false);
  expect(await verifyDelivery(SECRET, body, null)).toBe(false);
  expect(await verifyDelivery(SECRET, "", sign(SECRET))).toBe(false);
});

test("a delivery that failed is not repeated by itself, and is sent again under its id when asked", async () => {
  github.receiver.state.answer = 500;
  const { fullName } = await github.make("failing");
  const first = await delivered("push", fullName);
  const listed = async () => {
    const { data } = await app.request("GET /app/hook/deliveries", { per_page: 100 });
    return data.filter(({ guid }) => guid === first.id);
  };
  await expect.poll(listed).toMatchObject([{ status_code: 500, redelivery: false, event: "push" }]);
  github.receiver.state.answer = 202;
  const [failed] = await listed();
  const id = Number(failed?.id);
  expect(
    (await app.request("GET /app/hook/deliveries/{delivery_id}", { delivery_id: id })).data.request.payload,
  ).toEqual(JSON.parse(first.body));
  expect(about("push", fullName)).toHaveLength(1);
  await app.request("POST /app/hook/deliveries/{delivery_id}/attempts", { delivery_id: id });
  await expect.poll(listed).toMatchObject([{ status_code: 202, redelivery: true }, { status_code: 500 }]);
  const [, again] = about("push", fullName);
  expect(again).toEqual(first);
});

test("a fault loses a delivery, which stays on record as failed, or sends it twice", async () => {
  const { faults } = github.sandbox;
  const lost = faults.add({ service: "webhook", operation: "push", times: 1, effect: { kind: "lose" } });
  const { fullName } = await github.make("lossy");
  await expect.poll(() => faults.list().find(({ id }) => id === lost.id)?.met).toBe(1);
  await delivered("repository", fullName);
  expect(about("push", fullName)).toEqual([]);
  const { data } = await app.request("GET /app/hook/deliveries", { per_page: 100 });
  expect(data.find(({ event, status_code }) => event === "push" && status_code === 502)).toBeDefined();

  faults.add({ service: "webhook", operation: "push", times: 1, effect: { kind: "duplicate" } });
  const twice = await github.make("twice");
  await expect.poll(() => about("push", twice.fullName).map(({ id }) => id)).toHaveLength(2);
  expect(new Set(about("push", twice.fullName).map(({ id }) => id)).size).toBe(1);
});

test("deliveries are listed page by page", async () => {
  const all = await app.paginate("GET /app/hook/deliveries", { per_page: 2 });
  expect(all.length).toBeGreaterThan(4);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});

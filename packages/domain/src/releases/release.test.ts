import { expect, test } from "vitest";
import { person, proposal } from "../../test/samples.ts";
import { fingerprintOf, judge, productionGate, type Release } from "./release.ts";

const waiting: Release = { ...proposal("1"), status: "waiting", decisions: [], outcome: undefined };
const approver = person("approver", "approver");

test("an approver of the owning team who contributed nothing may decide", () => {
  expect(judge(productionGate, waiting, approver)).toEqual({ kind: "may-decide" });
});

test("who pushed or asked for any of it may not decide, however their login is written", () => {
  const evidence = { ...waiting.evidence, contributors: ["Approver"] };
  expect(judge(productionGate, { ...waiting, evidence }, approver)).toMatchObject({ kind: "refused" });
  const admin = person("APPROVER", "admin", "platform");
  expect(judge(productionGate, { ...waiting, evidence }, admin)).toMatchObject({ kind: "refused" });
});

test("who goes by two GitHub logins, in two teams, contributed by either", () => {
  const evidence = { ...waiting.evidence, contributors: ["second"] };
  const standing = judge(productionGate, { ...waiting, evidence }, { ...approver, githubLogins: ["first", "second"] });
  expect(standing).toMatchObject({ kind: "refused", reason: expect.stringContaining("second") });
});

test("who asked for it without a GitHub login is known by their e-mail address", () => {
  const evidence = { ...waiting.evidence, contributors: [approver.email.toUpperCase()] };
  expect(judge(productionGate, { ...waiting, evidence }, approver)).toMatchObject({ kind: "refused" });
});

test("commits that nobody is on record for are approved by nobody", () => {
  const [commit] = waiting.evidence.commits;
  const commits = [
    commit ?? { sha: "a".repeat(40), title: "t", authorEmail: "a@example.com", at: new Date(0), htmlUrl: "" },
  ];
  const evidence = { ...waiting.evidence, commits: commits as Release["evidence"]["commits"], contributors: [] };
  expect(judge(productionGate, { ...waiting, evidence }, approver)).toMatchObject({ kind: "refused" });
});

test("a release that brings no commit is nobody's contribution, and may be decided", () => {
  const evidence = { ...waiting.evidence, commits: [], contributors: [] };
  expect(judge(productionGate, { ...waiting, evidence }, approver)).toEqual({ kind: "may-decide" });
});

test("who isn't an approver of the owning team may not decide", () => {
  for (const actor of [person("d", "developer"), person("v", "viewer"), person("a", "admin", "billing")]) {
    const standing = judge(productionGate, waiting, actor);
    expect(standing).toMatchObject({ kind: "refused", reason: expect.stringContaining("payments") });
  }
});

test("who has no linked GitHub login may not decide: nobody can tell what they contributed", () => {
  const standing = judge(productionGate, waiting, { ...approver, githubLogins: [] });
  expect(standing).toMatchObject({ kind: "refused", reason: expect.stringContaining("teams/payments.yaml") });
});

test("a release that doesn't wait any more is closed to everyone", () => {
  for (const status of ["approved", "rejected", "deploying", "deployed", "failed", "expired", "stopped"] as const) {
    expect(judge(productionGate, { ...waiting, status }, approver).kind).toBe("closed");
  }
});

test("the fingerprint changes with everything that a decision is about, and with nothing else", () => {
  const original = fingerprintOf(waiting, productionGate);
  expect(original).toMatch(/^[0-9a-f]{64}$/);
  const { evidence } = waiting;
  const others: [string, Release][] = [
    ["commit", { ...waiting, evidence: { ...evidence, commit: "d".repeat(40) } }],
    ["artifact", { ...waiting, evidence: { ...evidence, artifactDigest: `sha256:${"b".repeat(64)}` } }],
    ["account", { ...waiting, evidence: { ...evidence, accountId: "222222222222" } }],
    ["region", { ...waiting, evidence: { ...evidence, region: "us-east-1" } }],
    ["change set", { ...waiting, evidence: { ...evidence, changeSet: { ...evidence.changeSet, arn: "arn:other" } } }],
    ["execution", { ...waiting, executionId: "other" }],
    ["question", { ...waiting, approval: { ...waiting.approval, token: "other" } }],
    ["service", { ...waiting, service: "billing" }],
    ["environment", { ...waiting, environment: "dev" }],
  ];
  for (const [what, other] of others) expect(fingerprintOf(other, productionGate), what).not.toBe(original);
  expect(fingerprintOf(waiting, { ...productionGate, approvals: 2 })).not.toBe(original);
  expect(fingerprintOf({ ...waiting, decisions: [], status: "approved" } as Release, productionGate)).toBe(original);
  const reordered = Object.fromEntries(Object.entries(evidence).reverse()) as unknown as Release["evidence"];
  expect(fingerprintOf({ ...waiting, evidence: reordered }, productionGate)).toBe(original);
});

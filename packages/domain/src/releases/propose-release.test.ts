import { silentLogger } from "@turnpike/kernel";
import { describe, expect, test } from "vitest";
import { createMemoryPlatformRepository } from "../../test/memory-platform-repository.ts";
import { createMemoryStore, steppedClock } from "../../test/memory-store.ts";
import { AT, execution, platformFiles, serviceFile } from "../../test/samples.ts";
import { syncPlatform } from "../platform/index.ts";
import type { Push } from "../scaffolding/index.ts";
import { AccountUnreadableError } from "./errors.ts";
import { type ProposeDeps, proposeRelease } from "./propose-release.ts";

const push = (login: string, byTurnpike = false): Push => ({
  ref: "refs/heads/main",
  before: "0".repeat(40),
  after: "c".repeat(40),
  login,
  byTurnpike,
  at: AT,
  kind: "push",
});

/** An execution at its gate: built, with its change set made. */
function waiting() {
  const found = execution("execution-1", { status: "waiting-for-person" });
  const [stage] = found.stages;
  const outputs: Record<string, Record<string, string>> = {
    ChangeSet: { StackName: "orders", ChangeSetName: "turnpike", ARTIFACT_DIGEST: "a".repeat(64) },
  };
  const groups = (stage?.groups ?? []).map((group) =>
    group.map((action) => ({ ...action, outputs: outputs[action.name] ?? {} })),
  );
  return {
    ...found,
    stages: stage ? [{ ...stage, groups }] : [],
    approval: { stage: "Prod", action: "Approval", token: "token-1", since: AT },
  };
}

async function setup(pushes: readonly Push[], more: Partial<ProposeDeps> = {}) {
  const store = createMemoryStore();
  const git = createMemoryPlatformRepository({ ...platformFiles, "services/orders.yaml": serviceFile("orders") });
  const base = { ...store, repository: git.repository, clock: steppedClock(), log: silentLogger };
  await syncPlatform(base, { fetch: true });
  const deps: ProposeDeps = {
    ...base,
    pipelines: { testReports: async () => [] },
    changeSets: {
      describe: async () => ({ arn: "arn:aws:cloudformation:eu-west-1:333333333333:changeSet/t/1", changes: [] }),
    },
    host: { commits: async () => [], pushes: async () => [...pushes] },
    ...more,
  };
  return { store, propose: () => proposeRelease(deps, "orders", waiting()) };
}

describe("proposing a release", () => {
  test("who pushed contributed, and what Turnpike pushed is the work of whoever asked for the service", async () => {
    const { propose } = await setup([push("mallory"), push("turnpike[bot]", true)]);
    expect((await propose())?.evidence.contributors).toEqual(["developer", "mallory"]);
  });

  test("a fix that Turnpike pushed is the work of whoever asked for the fix", async () => {
    const { propose, store } = await setup([push("turnpike[bot]", true)]);
    const requestedBy = { email: "helper@example.com", name: "Helper", github: "helper" };
    const fix = { id: "fix_1", name: "orders", rule: "SUS-1", base: "b".repeat(40), requestedBy, requestedAt: AT };
    await store.scorecards.requestFix(fix);
    await store.scorecards.fixOpened(fix.id, { commit: "c".repeat(40), url: "https://github.com/acme/orders/pull/1" });
    expect((await propose())?.evidence.contributors).toEqual(["helper"]);
  });

  test("another App whose name begins like Turnpike's counts as itself", async () => {
    const { propose } = await setup([push("turnpike-evil[bot]")]);
    expect((await propose())?.evidence.contributors).toEqual(["turnpike-evil[bot]"]);
  });

  test("the digest of the evidence is the one that the platform's own action exported", async () => {
    const { propose } = await setup([]);
    expect((await propose())?.evidence.artifactDigest).toBe(`sha256:${"a".repeat(64)}`);
  });

  test("proposing again returns the stored release, with its first evidence", async () => {
    const { propose, store } = await setup([push("developer")]);
    const first = await propose();
    expect((await propose())?.id).toBe(first?.id);
    expect(await store.releases.list({})).toHaveLength(1);
  });

  test("without the change set there is nothing to decide on yet", async () => {
    const { propose } = await setup([], { changeSets: { describe: async () => undefined } });
    expect(await propose()).toBeUndefined();
  });

  test("an account that can't be read raises, and no release with half its evidence is stored", async () => {
    const describe = async () => {
      throw new AccountUnreadableError("333333333333", "access denied");
    };
    const { propose, store } = await setup([], { changeSets: { describe } });
    await expect(propose()).rejects.toThrow(AccountUnreadableError);
    expect(await store.releases.list({})).toEqual([]);
  });
});

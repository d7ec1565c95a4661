import { silentLogger } from "@turnpike/kernel";
import { describe, expect, test } from "vitest";
import { createMemoryPlatformRepository } from "../../test/memory-platform-repository.ts";
import { createMemoryStore, steppedClock } from "../../test/memory-store.ts";
import { execution, person, platformFiles, proposal, serviceFile } from "../../test/samples.ts";
import { ForbiddenError } from "../identity/index.ts";
import type { Answer } from "../pipelines/index.ts";
import { parseDocument, syncPlatform, writeIntents } from "../platform/index.ts";
import { decideRelease } from "./decide-release.ts";
import { ReleaseNotFoundError } from "./errors.ts";
import { abandonedBy, followReleases, outcomeOf } from "./follow-release.ts";

const PATH = "releases/orders/prod.yaml";
const FINGERPRINT = "f".repeat(64);

async function setup(files: Readonly<Record<string, string>> = { "services/orders.yaml": serviceFile("orders") }) {
  const store = createMemoryStore();
  const git = createMemoryPlatformRepository({ ...platformFiles, ...files });
  const answered: string[] = [];
  const answers: (() => Answer)[] = [];
  const pipelines = {
    async answerApproval({ executionId, decision }: { executionId: string; decision: string }): Promise<Answer> {
      const answer = answers.shift()?.() ?? { kind: "accepted" };
      answered.push(`${decision} ${executionId}`);
      return answer;
    },
  };
  const deps = { ...store, repository: git.repository, pipelines, clock: steppedClock(), log: silentLogger };
  await syncPlatform(deps, { fetch: true });
  await store.releases.propose(proposal("1"));
  return {
    store,
    git,
    answered,
    answerNext: (answer: () => Answer) => answers.push(answer),
    decide: (login = "approver", decision: "approve" | "reject" = "approve", id = "1", fingerprint = FINGERPRINT) =>
      decideRelease(deps, person(login, "approver"), {
        releaseId: `rel_${id}`,
        decision,
        fingerprint,
        comment: " ok ",
      }),
    follow: () => followReleases(deps),
    async commit() {
      await writeIntents(deps);
      await syncPlatform(deps, { fetch: false });
    },
    status: async (id = "1") => (await store.releases.get(`rel_${id}`))?.status,
    document() {
      const parsed = parseDocument(PATH, git.file(PATH) ?? "");
      if (parsed.kind === "invalid" || parsed.document.kind !== "Release") throw new Error("no valid release document");
      return parsed.document.spec;
    },
  };
}

describe("deciding a release", () => {
  test("what the platform repository no longer asks for is not approved, and may be rejected", async () => {
    const { decide, status } = await setup({});
    expect(await decide()).toMatchObject({ kind: "refused", reason: expect.stringContaining("services/orders.yaml") });
    expect(await status()).toBe("waiting");
    expect(await decide("approver", "reject")).toMatchObject({ kind: "recorded" });
  });

  test("an approval is a commit in the approver's name, and only then an answer to the pipeline", async () => {
    const { decide, follow, commit, git, answered, status, document } = await setup();
    expect(await decide()).toEqual({ kind: "recorded", status: "approved" });
    await follow();
    expect(answered).toEqual([]);
    await commit();
    expect(git.messages()[0]).toBe("Approve orders ccccccc for prod");
    expect(document()).toMatchObject({ id: "rel_1", decisions: [{ decision: "approve", comment: "ok" }] });
    await follow();
    await follow();
    expect(answered).toEqual(["approve execution-1"]);
    expect(await status()).toBe("deploying");
  });

  test("an approval is refused when the release changed after it was opened, and nothing is written", async () => {
    const { decide, store, status } = await setup();
    expect(await decide("approver", "approve", "1", "0".repeat(64))).toMatchObject({ kind: "changed" });
    expect([store.recordedIntents, await status()]).toEqual([[], "waiting"]);
  });

  test("a contributor is refused, and a stranger is forbidden; nothing is written", async () => {
    const { decide, store } = await setup();
    expect(await decide("developer")).toMatchObject({ kind: "refused" });
    const stranger = person("stranger", "admin", "billing");
    const input = { releaseId: "rel_1", decision: "approve", fingerprint: FINGERPRINT } as const;
    const deps = { ...store, clock: steppedClock() };
    await expect(decideRelease(deps, stranger, input)).rejects.toThrow(ForbiddenError);
    await expect(decideRelease(deps, stranger, { ...input, releaseId: "rel_0" })).rejects.toThrow(ReleaseNotFoundError);
    expect(store.recordedIntents).toEqual([]);
  });

  test("of two who decide at once, the second is told that it changed", async () => {
    const { decide, store } = await setup();
    const results = await Promise.all([decide("approver"), decide("second", "reject")]);
    expect(results.map(({ kind }) => kind)).toEqual(["recorded", "changed"]);
    expect(store.recordedIntents).toHaveLength(1);
  });

  test("a rejection is committed with its outcome, the pipeline is told, and nothing runs because of it", async () => {
    const { decide, follow, commit, answered, store, document } = await setup();
    await decide("approver", "reject");
    await commit();
    await follow();
    await follow();
    expect(answered).toEqual(["reject execution-1"]);
    expect(document()).toMatchObject({ outcome: { status: "rejected", reason: "ok" } });
    expect(document().running).toBeUndefined();
    expect((await store.releases.get("rel_1"))?.outcome).toBeDefined();
  });
});

describe("following a release", () => {
  test("a deployment that succeeded is committed as what runs", async () => {
    const { decide, follow, commit, store, status, document } = await setup();
    await decide();
    await commit();
    await follow();
    await store.executions.save(
      execution("execution-1", { status: "succeeded", approval: "succeeded", deploy: "succeeded" }),
    );
    await follow();
    expect(await status()).toBe("deployed");
    await commit();
    expect(document()).toMatchObject({ outcome: { status: "deployed" }, running: { release: "rel_1" } });
  });

  test("an answer that was lost is given again", async () => {
    const { decide, follow, commit, answered, answerNext, status } = await setup();
    await decide();
    await commit();
    answerNext(() => {
      throw new Error("connection reset");
    });
    expect(await follow()).toMatchObject([{ release: { id: "rel_1" } }]);
    expect(await status()).toBe("approved");
    await follow();
    expect([answered, await status()]).toEqual([["approve execution-1"], "deploying"]);
  });

  test("an answer that the pipeline refuses for good ends the release with the pipeline's reason", async () => {
    const { decide, follow, commit, answerNext, store, document } = await setup();
    await decide();
    await commit();
    answerNext(() => ({ kind: "refused", reason: "The token is spent." }));
    await follow();
    const release = await store.releases.get("rel_1");
    expect(release).toMatchObject({ status: "stopped", outcome: { reason: "The token is spent." } });
    await commit();
    expect(document()).toMatchObject({ outcome: { status: "stopped" } });
  });

  test("one release that can't be followed doesn't hold up the others", async () => {
    const { decide, follow, commit, store, answerNext, status } = await setup({
      "services/orders.yaml": serviceFile("orders"),
      "services/billing.yaml": serviceFile("billing"),
    });
    await store.releases.propose(proposal("2", { service: "billing", executionId: "execution-2" }));
    await decide();
    await decide("approver", "approve", "2");
    await commit();
    answerNext(() => {
      throw new Error("throttled");
    });
    expect(await follow()).toHaveLength(1);
    expect([await status("1"), await status("2")].sort()).toEqual(["approved", "deploying"]);
  });

  test("an approval survives that the outcome of the release before is recorded after it", async () => {
    const { decide, follow, commit, store, status, answered } = await setup();
    await decide();
    await commit();
    await follow();
    await store.executions.save(
      execution("execution-1", { status: "succeeded", approval: "succeeded", deploy: "succeeded" }),
    );
    await store.releases.propose(proposal("2"));
    await decide("approver", "approve", "2");
    await follow();
    expect(await status("1")).toBe("deployed");
    await commit();
    await follow();
    expect(answered).toContain("approve execution-2");
  });

  test("what became of an execution is read from its deployment first", () => {
    const release = proposal("1");
    const state = (more: Parameters<typeof execution>[1]) => outcomeOf(execution("e", more), release)?.status;
    expect(state({ status: "running", deploy: "running" })).toBeUndefined();
    expect(state({ status: "running", deploy: "succeeded" })).toBe("deployed");
    expect(state({ status: "failed", deploy: "failed" })).toBe("failed");
    expect(state({ status: "failed", deploy: "waiting" })).toBe("failed");
    expect(state({ status: "stopped", deploy: "waiting" })).toBe("stopped");
    expect(
      outcomeOf(execution("e", { status: "failed", deploy: "failed", error: "Rolled back." }), release)?.reason,
    ).toBe("Rolled back.");
  });

  test("a waiting release that nobody can decide any more says why", () => {
    const release = proposal("1");
    const state = (more: Parameters<typeof execution>[1]) => abandonedBy(execution("e", more), release)?.status;
    expect(state({ status: "running" })).toBeUndefined();
    expect(state({ status: "superseded" })).toBe("superseded");
    expect(state({ status: "stopped" })).toBe("stopped");
    expect(state({ status: "failed", approval: "failed" })).toBe("expired");
    expect(state({ status: "running", approval: "succeeded" })).toBe("stopped");
  });

  test("a release that nobody decided ends without a commit", async () => {
    const { follow, store, status } = await setup();
    await store.executions.save(execution("execution-1", { status: "superseded" }));
    await follow();
    expect([await status(), store.recordedIntents]).toEqual(["superseded", []]);
  });
});

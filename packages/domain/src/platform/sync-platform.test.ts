import { silentLogger } from "@turnpike/kernel";
import { expect, test } from "vitest";
import { createMemoryPlatformRepository } from "../../test/memory-platform-repository.ts";
import { createMemoryStore, steppedClock } from "../../test/memory-store.ts";
import { platformFiles } from "../../test/samples.ts";
import { syncPlatform } from "./sync-platform.ts";

function setup(files: Record<string, string> = { ...platformFiles }) {
  const store = createMemoryStore();
  const git = createMemoryPlatformRepository(files);
  const read: string[] = [];
  const repository = {
    ...git.repository,
    read: (commit: string, paths: readonly string[]) => {
      read.push(...paths);
      return git.repository.read(commit, paths);
    },
  };
  const deps = { ...store, repository, clock: steppedClock(), log: silentLogger };
  return { store, git, read, sync: () => syncPlatform(deps, { fetch: true }) };
}

test("the first read takes everything over; a later one reads only what changed", async () => {
  const { store, git, read, sync } = setup();
  await sync();
  expect((await store.platform.list("Account")).map(({ document }) => document.metadata.name)).toEqual([
    "dev",
    "prod",
    "tooling",
  ]);
  read.length = 0;
  git.commitByOther({
    "teams/payments.yaml": (platformFiles["teams/payments.yaml"] ?? "").replace("Payments", "Money"),
  });
  await sync();
  expect(read).toEqual(["teams/payments.yaml"]);
  expect((await store.platform.find("Team", "payments"))?.document.spec.title).toBe("Money");
});

test("an invalid document is listed with file and line, changes nothing, and holds up no other", async () => {
  const { store, git, sync } = setup();
  await sync();
  const bad = (platformFiles["accounts/dev.yaml"] ?? "").replace("222222222222", "12");
  const head = git.commitByOther({ "accounts/dev.yaml": bad, "accounts/prod.yaml": undefined });
  await sync();
  expect(await store.platform.problems()).toMatchObject([{ path: "accounts/dev.yaml", line: 6, commit: head }]);
  expect((await store.platform.find("Account", "dev"))?.document.spec.accountId).toBe("222222222222");
  expect(await store.platform.find("Account", "prod")).toBeUndefined();
});

test("files that Turnpike doesn't know are not even read", async () => {
  const { read, store, sync } = setup({ ...platformFiles, "README.md": "# Acme", "docs/x.yaml": ": :" });
  await sync();
  expect(read.sort()).toEqual(Object.keys(platformFiles).sort());
  expect(await store.platform.problems()).toEqual([]);
});

test("reading the same head again does nothing", async () => {
  const { store, sync, read } = setup();
  await sync();
  read.length = 0;
  const told: string[] = [];
  store.changes.subscribe((topic) => told.push(topic));
  expect(await sync()).toEqual([]);
  expect([read, told]).toEqual([[], []]);
});

import { silentLogger } from "@turnpike/kernel";
import { describe, expect, test } from "vitest";
import { createMemoryPlatformRepository } from "../../test/memory-platform-repository.ts";
import { createMemoryStore, steppedClock } from "../../test/memory-store.ts";
import { person, serviceRequest } from "../../test/samples.ts";
import { writeIntents } from "./write-intents.ts";

function setup(files: Record<string, string> = {}) {
  const store = createMemoryStore();
  const git = createMemoryPlatformRepository(files);
  const deps = { ...store, repository: git.repository, clock: steppedClock(), log: silentLogger };
  return {
    store,
    git,
    run: () => writeIntents(deps),
    /** A person's wish for a service of this name. */
    async ask(name: string, by = "developer") {
      const { name: author, email } = person(by);
      const change = { path: `services/${name}.yaml`, content: `by: ${by}\n` };
      await store.services.reserve(serviceRequest(name), {
        change,
        message: `Create ${name}`,
        author: { name: author, email },
      });
    },
    status: () => store.recordedIntents.map(({ status }) => status),
  };
}

describe("writing decisions to the platform repository", () => {
  test("waiting intents become a commit each, in their order, and each is recorded under its own", async () => {
    const { git, store, ask, run } = setup();
    await ask("orders");
    await ask("billing");
    await run();
    expect(git.messages()).toEqual(["Create billing", "Create orders", "Start"]);
    const commits = store.recordedIntents.map(({ commit }) => commit);
    expect(commits[1]).toBe(git.hostHead());
    expect(new Set(commits).size).toBe(2);
  });

  test("when someone else's commit was first, the intents are written on top of it", async () => {
    const { git, ask, run, status } = setup();
    git.commitByOther({ "teams/a.yaml": "x\n" });
    await ask("orders");
    await run();
    expect(git.messages()).toEqual(["Create orders", "By someone else", "Start"]);
    expect(git.file("teams/a.yaml")).toBe("x\n");
    expect(status()).toEqual(["committed"]);
  });

  test("an intent to create what someone else has created is a conflict, told to its asker, and nothing is overwritten", async () => {
    const { git, store, ask, run, status } = setup();
    git.commitByOther({ "services/orders.yaml": "theirs\n" });
    await ask("orders");
    await ask("billing");
    await run();
    expect(git.file("services/orders.yaml")).toBe("theirs\n");
    expect(status()).toEqual(["conflict", "committed"]);
    expect((await store.services.decision("orders"))?.error).toContain("services/orders.yaml exists already");
  });

  test("a crash between the push and its record leaves one commit, and the intent is recorded under it", async () => {
    const { git, store, ask, run, status } = setup();
    await ask("orders");
    const { committed } = store.intents;
    store.intents.committed = async () => {
      throw new Error("killed");
    };
    await expect(run()).rejects.toThrow("killed");
    expect(status()).toEqual(["waiting"]);
    store.intents.committed = committed;
    await run();
    expect(git.messages()).toEqual(["Create orders", "Start"]);
    expect(store.recordedIntents[0]).toMatchObject({ status: "committed", commit: git.hostHead() });
  });

  test("a push whose answer was lost is looked up, not repeated", async () => {
    const { git, store, ask, run } = setup();
    await ask("orders");
    git.atNextPush((_commits, push) => {
      push();
      throw new Error("connection reset");
    });
    await expect(run()).rejects.toThrow("connection reset");
    git.commitByOther({ "teams/a.yaml": "x\n" });
    const pushed = git.messages();
    await run();
    expect(git.messages()).toEqual(pushed);
    expect(store.recordedIntents[0]).toMatchObject({ status: "committed" });
    expect(store.recordedIntents[0]?.commit).not.toBe(git.hostHead());
  });

  test("a branch that moves all the time is given up by name, and the intents wait", async () => {
    const { git, ask, run, status } = setup();
    await ask("orders");
    for (let i = 0; i < 5; i++) git.atNextPush(() => void git.commitByOther({ "teams/a.yaml": `${i}\n` }));
    await expect(run()).rejects.toThrow(/moved 5 times/);
    expect(status()).toEqual(["waiting"]);
    await run();
    expect(status()).toEqual(["committed"]);
  });

  test("two runs at once write each intent once", async () => {
    const { git, ask, run } = setup();
    await ask("orders");
    await Promise.all([run(), run()]);
    expect(git.messages()).toEqual(["Create orders", "Start"]);
  });

  test("an intent that was pushed, and whose file was edited before it could be recorded, is no conflict", async () => {
    const { git, store, ask, run, status } = setup();
    await ask("orders");
    const { committed } = store.intents;
    store.intents.committed = async () => {
      throw new Error("killed");
    };
    await expect(run()).rejects.toThrow("killed");
    store.intents.committed = committed;
    git.commitByOther({ "services/orders.yaml": "by: developer\n# edited\n" });
    await git.repository.fetch();
    await run();
    expect(status()).toEqual(["committed"]);
  });
});

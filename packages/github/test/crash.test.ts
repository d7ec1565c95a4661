import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import type { Octokit } from "octokit";
import { expect, onTestFinished, test } from "vitest";
import { clientOf, makeApp } from "./support.ts";

const MAIN = path.resolve(import.meta.dirname, "../../sandbox/src/main.ts");
/** A hook that git waits for once a ref has moved: long enough to kill the sandbox meanwhile. */
const WAITING_HOOK = '#!/bin/sh\nif [ "$1" = committed ]; then sleep 2; fi\n';

const place = { owner: "acme", repo: "orders" };

/** A folder of a sandbox that may be started, and killed, again and again. */
function openFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-crash-"));
  const app = makeApp("http://127.0.0.1:9/");
  const config = path.join(folder, "config.json");
  const dataDir = path.join(folder, "data");
  writeFileSync(config, JSON.stringify({ dataDir, github: { organisation: "acme", app } }));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const repository = path.join(dataDir, "github/acme/orders.git");
  const readHead = () => readFileSync(path.join(repository, "refs/heads/main"), "utf8").trim();
  return {
    /** Resolves once the ref has moved, while the git that moved it goes on running. */
    async untilMoved(before: string) {
      while (readHead() === before) await setTimeout(5);
    },
    holdGit() {
      mkdirSync(path.join(repository, "hooks"), { recursive: true });
      writeFileSync(path.join(repository, "hooks/reference-transaction"), WAITING_HOOK, { mode: 0o755 });
    },
    releaseGit: () => rmSync(path.join(repository, "hooks"), { recursive: true, force: true }),
    async start() {
      const child = spawn(process.execPath, [MAIN, "--config", config], { stdio: ["pipe", "pipe", "inherit"] });
      onTestFinished(() => void child.kill("SIGKILL"));
      const ended = once(child, "exit");
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const { githubUrl } = JSON.parse(line) as { githubUrl: string };
      return {
        as: (login: string) => clientOf(githubUrl, `sandbox-${login}`).rest,
        async kill() {
          child.kill("SIGKILL");
          await ended;
        },
      };
    },
  };
}

type Rest = Octokit["rest"];

const headOf = async (rest: Rest, branch: string) =>
  (await rest.git.getRef({ ...place, ref: `heads/${branch}` })).data.object.sha;

async function openPull(rest: Rest, branch: string): Promise<number> {
  const parent = await headOf(rest, "main");
  const content = [{ path: branch, mode: "100644" as const, type: "blob" as const, content: branch }];
  const { data: tree } = await rest.git.createTree({ ...place, base_tree: parent, tree: content });
  const commit = { ...place, message: branch, tree: tree.sha, parents: [parent] };
  const { data: made } = await rest.git.createCommit(commit);
  await rest.git.createRef({ ...place, ref: `refs/heads/${branch}`, sha: made.sha });
  return (await rest.pulls.create({ ...place, title: branch, head: branch, base: "main" })).data.number;
}

test("a kill -9 in a merge or a push leaves a branch that moved with its record: who moved it, and what it ended", async () => {
  const folder = openFolder();
  let sandbox = await folder.start();
  let rest = sandbox.as("admin");
  await rest.repos.createInOrg({ org: "acme", name: "orders" });
  const content = [{ path: "a", mode: "100644" as const, type: "blob" as const, content: "a" }];
  const { data: tree } = await rest.git.createTree({ ...place, tree: content });
  const { data: first } = await rest.git.createCommit({ ...place, message: "First", tree: tree.sha, parents: [] });
  await rest.git.createRef({ ...place, ref: "refs/heads/main", sha: first.sha });

  for (const how of ["squash", "merge", "push"] as const) {
    const pull_number = await openPull(rest, how);
    const before = await headOf(rest, "main");
    const approver = sandbox.as("approver");
    folder.holdGit();
    const answer =
      how === "push"
        ? approver.git.updateRef({ ...place, ref: "heads/main", sha: await headOf(rest, how) })
        : approver.pulls.merge({ ...place, pull_number, merge_method: how });
    const unanswered = expect(answer).rejects.toThrow();
    await folder.untilMoved(before);
    await sandbox.kill();
    await unanswered;
    folder.releaseGit();

    sandbox = await folder.start();
    rest = sandbox.as("admin");
    const { data: pull } = await rest.pulls.get({ ...place, pull_number });
    expect(pull).toMatchObject({ merged: true, merged_by: { login: "approver" } });
    const { data: activities } = await rest.repos.listActivities({ ...place, ref: "main", per_page: 100 });
    expect(activities[0]).toMatchObject({
      before,
      after: await headOf(rest, "main"),
      activity_type: how === "push" ? "push" : "pr_merge",
      actor: { login: "approver" },
    });
    expect(new Set(activities.map(({ after }) => after)).size).toBe(activities.length);
  }
  await sandbox.kill();
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "./support.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");

async function startProcess() {
  const folder = temporaryFolder();
  const config = join(folder, "config.json");
  writeFileSync(config, JSON.stringify({ dataDir: join(folder, "data") }));
  const child = spawn(process.execPath, [MAIN, "--config", config], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exit = once(child, "exit");
  const line = new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`The sandbox ended with ${code} before it was ready.`)));
  });
  const ready = JSON.parse(await line) as { ready: boolean; awsUrl: string };
  return { child, ready, exit };
}

test("the process says where it answers and ends in order when its lifeline closes", async () => {
  const { child, ready, exit } = await startProcess();
  expect(ready.ready).toBe(true);
  expect((await fetch(ready.awsUrl)).status).not.toBe(503);
  child.stdin.end();
  expect(await exit).toEqual([0, null]);
});

test("the process ends in order on SIGTERM", async () => {
  const { child, exit } = await startProcess();
  child.kill("SIGTERM");
  expect(await exit).toEqual([0, null]);
});

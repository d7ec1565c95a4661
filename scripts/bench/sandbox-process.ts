import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

const root = path.resolve(import.meta.dirname, "../..");

/** A sandbox in a process of its own on free ports, once it answers; `seconds` is what that took. */
export async function startSandboxProcess(dataDir: string, region = "eu-west-1") {
  const config = `${dataDir}.json`;
  writeFileSync(config, JSON.stringify({ dataDir, region }));
  const main = path.join(root, "packages/sandbox/src/main.ts");
  const started = performance.now();
  const child = spawn(process.execPath, [main, "--config", config], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const { awsUrl } = JSON.parse(line) as { awsUrl: string };
    const seconds = (performance.now() - started) / 1000;
    const secrets = JSON.parse(readFileSync(path.join(dataDir, "credentials.json"), "utf8")) as Record<string, string>;
    return {
      pid: child.pid ?? 0,
      seconds,
      stop,
      /** Without warning. */
      async kill() {
        child.kill("SIGKILL");
        await ended;
      },
      settings: (account: string) => settingsOf(awsUrl, region, secrets, account),
    };
  }
  throw new Error("The sandbox ended before it was ready.");
}

/** Settings of an SDK client with an account's own key; the folder holds the keys' secrets by account. */
function settingsOf(endpoint: string, region: string, secrets: Record<string, string>, account: string) {
  const credentials = { accessKeyId: `AKIA${account}0000`, secretAccessKey: secrets[account] ?? "" };
  return { endpoint, region, credentials, maxAttempts: 1 };
}

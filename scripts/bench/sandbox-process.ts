import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

const REGION = "eu-west-1";
const root = path.resolve(import.meta.dirname, "../..");

/**
 * A sandbox in a process of its own on free ports, once it answers; `seconds` is what that took.
 *
 * @param github as in `SandboxOptions`; left out: there is no GitHub
 */
export async function startSandboxProcess(dataDir: string, github?: object) {
  const config = `${dataDir}.json`;
  writeFileSync(config, JSON.stringify({ dataDir, region: REGION, ...(github && { github }) }));
  const main = path.join(root, "packages/sandbox/src/main.ts");
  const started = performance.now();
  const child = spawn(process.execPath, [main, "--config", config], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const { awsUrl, githubUrl } = JSON.parse(line) as { awsUrl: string; githubUrl: string };
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
      githubUrl,
      settings: (account: string) => settingsOf(awsUrl, secrets, account),
    };
  }
  throw new Error("The sandbox ended before it was ready.");
}

/** Settings of an SDK client with an account's own key; the folder holds the keys' secrets by account. */
function settingsOf(endpoint: string, secrets: Record<string, string>, account: string) {
  const credentials = { accessKeyId: `AKIA${account}0000`, secretAccessKey: secrets[account] ?? "" };
  return { endpoint, region: REGION, credentials, maxAttempts: 1 };
}

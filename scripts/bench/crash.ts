import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { type Ledger, newLedger, type Settings } from "../../packages/sandbox/test/crash/ledger.ts";
import { checkAll, workUntilKilled } from "../../packages/sandbox/test/crash/work.ts";
import { print } from "./figure.ts";

const root = path.resolve(import.meta.dirname, "../..");
const KILLS = 50;
const ACCOUNT = "111111111111";
const REGION = "eu-west-1";
/** A kill comes this long after work began, at random: between operations and in the middle of them. */
const LONGEST_WORK_MS = 900;

/**
 * `sandbox.crash_lost`: the real sandbox process is killed without warning again and again while clients write to S3, SQS,
 * DynamoDB, logs, SSM and CloudFormation; after each new start everything that was acknowledged must be there, and no
 * resource may exist that no stack's events tell of. `--kills N` makes fewer.
 */
export async function run(): Promise<void> {
  const given = process.argv.indexOf("--kills");
  const kills = given > 0 ? Number(process.argv[given + 1]) : KILLS;
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-crash-"));
  const ledger = newLedger();
  let child: ChildProcess | undefined;
  try {
    for (let round = 0; round <= kills; round++) {
      const started = await startSandbox(folder);
      child = started.child;
      const settings = settingsOf(folder, started.awsUrl);
      await checkAll(settings, ledger);
      if (round === kills) break;
      const work = workUntilKilled(settings, ledger, round);
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * LONGEST_WORK_MS));
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      await work;
    }
    print("sandbox.crash_lost", ledger.lost.length, kills, { ...counts(ledger), lost: ledger.lost.slice(0, 10) });
    if (ledger.lost.length > 0) process.exitCode = 1;
  } finally {
    child?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const counts = ({ acknowledged, unanswered, checked }: Ledger) => ({ acknowledged, unanswered, checked });

/** A sandbox in a process of its own, on free ports, that answers. */
async function startSandbox(folder: string): Promise<{ child: ChildProcess; awsUrl: string }> {
  const config = path.join(folder, "config.json");
  writeFileSync(config, JSON.stringify({ dataDir: path.join(folder, "data"), region: REGION }));
  const main = path.join(root, "packages/sandbox/src/main.ts");
  const child = spawn(process.execPath, [main, "--config", config], { stdio: ["pipe", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const { awsUrl } = JSON.parse(line) as { awsUrl: string };
    return { child, awsUrl };
  }
  throw new Error("The sandbox ended before it was ready.");
}

function settingsOf(folder: string, endpoint: string): Settings {
  const secrets = JSON.parse(readFileSync(path.join(folder, "data", "credentials.json"), "utf8")) as Record<
    string,
    string
  >;
  const credentials = { accessKeyId: `AKIA${ACCOUNT}0000`, secretAccessKey: secrets[ACCOUNT] ?? "" };
  return { endpoint, region: REGION, credentials, maxAttempts: 1 };
}

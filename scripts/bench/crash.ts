import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Ledger, newLedger } from "../../packages/sandbox/test/crash/ledger.ts";
import { checkAll, workUntilKilled } from "../../packages/sandbox/test/crash/work.ts";
import { print } from "./figure.ts";
import { startSandboxProcess } from "./sandbox-process.ts";

const KILLS = 50;
const ACCOUNT = "111111111111";
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
  let sandbox: Awaited<ReturnType<typeof startSandboxProcess>> | undefined;
  try {
    for (let round = 0; round <= kills; round++) {
      sandbox = await startSandboxProcess(path.join(folder, "data"));
      const settings = sandbox.settings(ACCOUNT);
      await checkAll(settings, ledger);
      if (round === kills) break;
      const work = workUntilKilled(settings, ledger, round);
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * LONGEST_WORK_MS));
      await sandbox.kill();
      await work;
    }
    print("sandbox.crash_lost", ledger.lost.length, kills, { ...counts(ledger), lost: ledger.lost.slice(0, 10) });
    if (ledger.lost.length > 0) process.exitCode = 1;
  } finally {
    await sandbox?.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const counts = ({ acknowledged, unanswered, checked }: Ledger) => ({ acknowledged, unanswered, checked });

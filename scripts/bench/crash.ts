import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Ledger, newLedger } from "../../packages/sandbox/test/crash/ledger.ts";
import { makePipeline } from "../../packages/sandbox/test/crash/pipelines.ts";
import { checkAll, workUntilKilled } from "../../packages/sandbox/test/crash/work.ts";
import { gitAs } from "../product/git.ts";
import { print } from "./figure.ts";
import { startSandboxProcess } from "./sandbox-process.ts";

const KILLS = 50;
const ACCOUNT = "111111111111";
const [ORGANISATION, NAME] = ["acme", "crash"];
const REPOSITORY = `${ORGANISATION}/${NAME}`;
/** A kill comes this long after work began, at random: between operations and in the middle of them. */
const LONGEST_WORK_MS = 900;

/**
 * `sandbox.crash_lost`: the real sandbox process is killed without warning again and again while clients write to S3, SQS,
 * DynamoDB, logs, SSM and CloudFormation, start a pipeline's executions and approve them; after each new start everything
 * that was acknowledged must be there, what was approved must succeed, and no resource may exist that no stack's events
 * tell of. `--kills N` makes fewer.
 */
export async function run(): Promise<void> {
  const given = process.argv.indexOf("--kills");
  const kills = given > 0 ? Number(process.argv[given + 1]) : KILLS;
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-crash-"));
  const ledger = newLedger();
  const github = githubSettings();
  let sandbox: Awaited<ReturnType<typeof startSandboxProcess>> | undefined;
  try {
    for (let round = 0; round <= kills; round++) {
      sandbox = await startSandboxProcess(path.join(folder, "data"), github);
      const settings = sandbox.settings(ACCOUNT);
      if (round === 0) {
        await makeRepository(folder, sandbox.githubUrl);
        await makePipeline(settings, REPOSITORY);
      }
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

const counts = ({ acknowledged, unanswered, checked, executions }: Ledger) => ({
  ...{ acknowledged, unanswered, checked },
  executions: executions.size,
  executionsEnded: [...executions.values()].filter((state) => state === "ended").length,
});

/** GitHub with an App that nobody listens for. */
function githubSettings(): object {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const app = { id: 1, slug: "crash", webhookSecret: "crash", webhookUrl: "http://127.0.0.1:9/" };
  return {
    organisation: ORGANISATION,
    app: { ...app, privateKey: privateKey.export({ type: "pkcs8", format: "pem" }) },
  };
}

/** What the pipeline fetches: a repository with one commit. */
async function makeRepository(folder: string, githubUrl: string): Promise<void> {
  const answer = await fetch(`${githubUrl}/orgs/${ORGANISATION}/repos`, {
    method: "POST",
    headers: { authorization: "Bearer sandbox-admin", "content-type": "application/json" },
    body: JSON.stringify({ name: NAME }),
  });
  if (!answer.ok) throw new Error(`The repository wasn't made: ${answer.status} ${await answer.text()}`);
  const work = path.join(folder, "work");
  const git = (...args: string[]) => gitAs(folder, "admin", args, args[0] === "init" ? folder : work);
  await git("init", "--quiet", "--initial-branch=main", work);
  await git("commit", "--quiet", "--allow-empty", "-m", "First");
  await git("push", "--quiet", `${githubUrl}/${REPOSITORY}.git`, "main");
}

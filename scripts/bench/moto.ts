import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startSandbox } from "../../packages/sandbox/src/index.ts";
import { compare, outcomesOf, type Scenario } from "../../packages/sandbox/test/moto/clients.ts";
import { parameters, secretValues } from "../../packages/sandbox/test/moto/configuration.ts";
import { rules, stateMachines } from "../../packages/sandbox/test/moto/glue.ts";
import { createJudge } from "../../packages/sandbox/test/moto/judge.ts";
import { JUDGED } from "../../packages/sandbox/test/moto/judged.ts";
import { identities, objects } from "../../packages/sandbox/test/moto/objects.ts";
import { logEvents, metrics } from "../../packages/sandbox/test/moto/observability.ts";
import { fifoQueues, queues, topics } from "../../packages/sandbox/test/moto/queues.ts";
import { stacks } from "../../packages/sandbox/test/moto/stacks.ts";
import { tables } from "../../packages/sandbox/test/moto/tables.ts";
import { anyFreePort } from "../product/home.ts";
import { print, until } from "./figure.ts";

const scenarios: Readonly<Record<string, Scenario>> = {
  sts: identities,
  s3: objects,
  sqs: queues,
  "sqs fifo": fifoQueues,
  sns: topics,
  ssm: parameters,
  secrets: secretValues,
  cloudwatch: metrics,
  logs: logEvents,
  events: rules,
  dynamodb: tables,
  states: stateMachines,
  cloudformation: stacks,
};

/**
 * The same calls, in the same order, to the sandbox and to moto, an independent imitation of AWS; ids and times are masked.
 * `moto.identical_pct`: calls answered alike to the last member; `moto.same_pct`: those, and those in which AWS's own
 * documentation is with the sandbox in every difference (`docs/fidelity.md`). Whatever else differs is printed, ours first;
 * a difference that no row judges and a row that nothing matched fail the bench.
 */
export async function run(): Promise<void> {
  if (spawnSync("python3", ["-c", "import moto.server"]).status !== 0) {
    console.log("moto.same_pct: skipped, no python3 here can import moto.server");
    return;
  }
  const only = process.argv.slice(3);
  const names = Object.keys(scenarios).filter((name) => only.length === 0 || only.includes(name));
  const judge = createJudge(JUDGED);
  const dataDir = mkdtempSync(path.join(tmpdir(), "turnpike-moto-"));
  const sandbox = await startSandbox({ dataDir, fronts: [] });
  const moto = await startMoto();
  try {
    const ours = { url: sandbox.awsUrl, credentials: sandbox.credentials("111111111111") };
    const theirs = { url: moto.url, credentials: { accessKeyId: "testing", secretAccessKey: "testing" } };
    let calls = 0;
    let identical = 0;
    let documented = 0;
    for (const [name, scenario] of Object.entries(scenarios)) {
      if (!names.includes(name)) continue;
      const [left, right] = await Promise.all([outcomesOf(ours, scenario), outcomesOf(theirs, scenario)]);
      const found = compare(left, right);
      calls += found.length;
      for (const [index, differences] of found.entries()) {
        const operation = left[index]?.operation ?? "";
        const judged = differences.map((text) => ({ text, row: judge.rowOf(name, operation, text) }));
        const against = judged.filter(({ row }) => row?.judge !== "sandbox");
        if (differences.length === 0) identical += 1;
        else if (against.length === 0) documented += 1;
        for (const { text, row } of against) {
          if (!row) process.exitCode = 1;
          console.log(`  ${row ? "gap" : "unjudged"}: ${name} #${index + 1} ${operation} ${text}`);
        }
      }
    }
    for (const complaint of judge.complaints(names)) {
      process.exitCode = 1;
      console.log(`  stale row: ${complaint}`);
    }
    print("moto.identical_pct", (100 * identical) / calls, calls, { identical });
    print("moto.same_pct", (100 * (identical + documented)) / calls, calls, { identical, documented });
  } finally {
    moto.stop();
    await sandbox.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function startMoto() {
  const port = await anyFreePort();
  const server = spawn("python3", ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  await until("moto to answer", 60_000, 200, () =>
    fetch(`${url}/moto-api/`).then(
      () => true,
      () => undefined,
    ),
  );
  return { url, stop: () => server.kill("SIGKILL") };
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ACCOUNT, fill } from "../../packages/sandbox/test/load/fill.ts";
import { questionsOf } from "../../packages/sandbox/test/load/questions.ts";
import { percentile, print } from "./figure.ts";
import { startSandboxProcess } from "./sandbox-process.ts";

const ROUNDS = 20;

/**
 * `sandbox.query_p95_ms`: what a dashboard, a log view, Insights and a trace list ask for, over HTTP, with a million
 * metric points, a million log lines and 30,000 traces behind them; of all calls together, and of each kind.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-query-"));
  try {
    const dataDir = path.join(folder, "data");
    const nowMs = await fill(dataDir);
    const sandbox = await startSandboxProcess(dataDir);
    try {
      const questions = questionsOf(sandbox.settings(ACCOUNT));
      const all: number[] = [];
      const kinds: Record<string, number> = {};
      for (const [name, ask] of Object.entries(questions)) {
        await ask(nowMs);
        const times: number[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          const started = performance.now();
          await ask(nowMs - round * 1000);
          times.push(performance.now() - started);
        }
        all.push(...times);
        kinds[name] = Math.round(percentile(times, 95));
      }
      print("sandbox.query_p95_ms", percentile(all, 95), all.length, { ...kinds, start_seconds: sandbox.seconds });
    } finally {
      await sandbox.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

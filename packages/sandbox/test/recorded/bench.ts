import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClock } from "../../src/core/clock.ts";
import { startSandbox } from "../../src/index.ts";
import { clientsOf } from "./clients.ts";
import { type Comparison, type Reproductions, readRecording, reproduce, type Stage } from "./reproduction.ts";

const ACCOUNT = "111111111111";
const REGION = "us-east-1";

/**
 * Runs a service's reproductions against a sandbox of their own, and holds each answer against its recording in
 * `folder`. A test whose name isn't in the recording raises: the reproduction is wrong then.
 */
export async function compareAll(folder: string, reproductions: Reproductions, only?: string): Promise<Comparison[]> {
  const { file, tests } = reproductions;
  const recording = readRecording(folder, file);
  const comparisons: Comparison[] = [];
  let count = 0;
  for (const [test, run] of Object.entries(tests)) {
    if (only && !test.includes(only)) continue;
    const content = recording.get(test);
    if (!content) throw new Error(`${file} has no recording of ${test}.`);
    // A sandbox for each: what one test leaves behind is in no other's recording.
    const dataDir = mkdtempSync(join(tmpdir(), "turnpike-recorded-"));
    const clock = createClock();
    const sandbox = await startSandbox({ dataDir, clock, region: REGION, fronts: [] });
    const settings = { endpoint: sandbox.awsUrl, region: REGION, credentials: sandbox.credentials(ACCOUNT) };
    const clients = clientsOf({ ...settings, isQuery: test.includes("[sqs_query") });
    count += 1;
    const name = (prefix: string) => `${prefix}-${count.toString(36)}${Math.random().toString(36).slice(2, 9)}`;
    const as: Stage["as"] = (credentials) => clientsOf({ ...settings, credentials });
    const elsewhere: Stage["in"] = (region) => clientsOf({ ...settings, region });
    const stage = { ...clients, as, in: elsewhere, clock, account: ACCOUNT, region: REGION, name };
    try {
      comparisons.push(...(await reproduce(reproductions, test, run, content, stage)));
    } finally {
      clients.destroy();
      await sandbox.stop();
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  return comparisons;
}

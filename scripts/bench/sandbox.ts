import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { makeService } from "../../packages/sandbox/test/load/services.ts";
import { median, print } from "./figure.ts";
import { processTree, pssMb } from "./processes.ts";
import { startSandboxProcess } from "./sandbox-process.ts";

const STARTS = 5;
const IDLE_MS = 10_000;
const SERVICES = 200;

type Running = Awaited<ReturnType<typeof startSandboxProcess>>;

/**
 * `sandbox.start_seconds`: from the process to the port that answers, over an empty folder and one with 200 services, the
 * larger median. `sandbox.idle_mb` and `sandbox.services200_mb`: the memory of all its processes after ten idle seconds.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-sandbox-"));
  try {
    const seconds: number[] = [];
    const memory: number[] = [];
    for (let round = 0; round < STARTS; round++) {
      const sandbox = await startSandboxProcess(path.join(folder, `empty-${round}`));
      seconds.push(sandbox.seconds);
      if (round === 0) memory.push(await idleMb(sandbox));
      await sandbox.stop();
    }
    print("sandbox.idle_mb", median(memory), memory.length);

    const dataDir = path.join(folder, "services");
    const filled = await startSandboxProcess(dataDir);
    for (let service = 0; service < SERVICES; service++) await makeService(filled.settings, service);
    const afterwards = await idleMb(filled);
    await filled.stop();
    const again: number[] = [];
    const found: number[] = [];
    for (let round = 0; round < STARTS; round++) {
      const sandbox = await startSandboxProcess(dataDir);
      again.push(sandbox.seconds);
      if (round === 0) found.push(await idleMb(sandbox));
      await sandbox.stop();
    }
    print("sandbox.services200_mb", Math.max(afterwards, ...found), 2, { made: afterwards, found: median(found) });
    const starts = { empty: median(seconds), services200: median(again) };
    print("sandbox.start_seconds", Math.max(starts.empty, starts.services200), STARTS, starts);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function idleMb({ pid }: Running): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return pssMb(processTree(pid));
}

import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";

const main = path.resolve(import.meta.dirname, "../main.ts");
const lifeline = path.resolve(import.meta.dirname, "../../../../scripts/product/lifeline.mjs");
const READY_MS = 60_000;

export interface WorkerProcess {
  /** SIGKILL of the worker and of every process in its group, as when a machine goes. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit status. */
  terminate(): Promise<number | null>;
}

/** Starts the worker as production does, in a process group of its own; resolves when it says that it is ready. */
export async function startWorker(env: Record<string, string>): Promise<WorkerProcess> {
  const child = spawn(process.execPath, ["--import", lifeline, main], {
    env,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const kill = async () => {
    killGroup(child);
    await ended;
  };
  const output: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => {
      killGroup(child);
      reject(new Error(`The worker ${why}:\n${output.slice(-20).join("\n")}`));
    };
    const timer = setTimeout(() => fail("was not ready in time"), READY_MS);
    child.once("exit", () => {
      clearTimeout(timer);
      fail("ended at its start");
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        output.push(line);
        if (!line.includes('"worker ready"')) return;
        clearTimeout(timer);
        resolve();
      });
    }
  });
  return {
    kill,
    async terminate() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // ESRCH: the group has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

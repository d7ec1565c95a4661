import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { print, until } from "./figure.ts";
import { processesNaming, processTree, pssMb } from "./processes.ts";

const root = path.resolve(import.meta.dirname, "../..");
const IDLE_MS = 30_000;

/** Runs `npm start` in `folder` and returns once the sign-in page has answered, with the seconds that took. */
export async function startAndWait(folder: string, home: string) {
  const started = performance.now();
  const npm = spawn("npm", ["start", "--", "--home", home], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const output: string[] = [];
  createInterface({ input: npm.stdout }).on("line", (line) => output.push(line));
  const ended = once(npm, "exit");
  const stop = async () => {
    if (npm.exitCode === null && npm.pid) process.kill(-npm.pid, "SIGINT");
    await ended;
  };
  try {
    const url = await until("the product's URL", 600_000, 20, async () => {
      if (npm.exitCode !== null) throw new Error(`npm start ended:\n${output.join("\n")}`);
      return output.map((line) => /Turnpike runs at (\S+)/.exec(line)?.[1]).find(Boolean);
    });
    await until("the sign-in page", 60_000, 20, async () => {
      const answer = await fetch(`${url}/sign-in`);
      return answer.ok && (await answer.text()).includes("Sign in") ? true : undefined;
    });
    return { seconds: (performance.now() - started) / 1000, pid: npm.pid ?? 0, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** `start.seconds`: the median of three starts that find their state again; `start.rss_mb`: PSS after 30 s of idling. */
export async function run(): Promise<void> {
  const home = mkdtempSync(path.join(tmpdir(), "turnpike-bench-"));
  try {
    const first = await startAndWait(root, home);
    await first.stop();
    print("start.first_seconds", first.seconds, 1);
    const seconds: number[] = [];
    for (let i = 0; i < 3; i++) {
      const started = await startAndWait(root, home);
      seconds.push(started.seconds);
      if (i === 2) {
        await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
        // As root under a private folder, PostgreSQL's data is elsewhere, and this file says where.
        const elsewhere = path.join(home, "postgres", "elsewhere");
        const database = existsSync(elsewhere) ? readFileSync(elsewhere, "utf8") : path.join(home, "postgres");
        const roots = [started.pid, ...processesNaming(database)];
        const pids = [...new Set(roots.flatMap(processTree))];
        print("start.rss_mb", pssMb(pids), 1, { processes: pids.length });
      }
      await started.stop();
    }
    print("start.seconds", seconds.sort((a, b) => a - b)[1] ?? Number.NaN, seconds.length);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, type WriteStream } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

/** A process of the product that ended, or never became ready. */
class ChildFailedError extends Error {
  constructor(name: string, why: string, logFile: string) {
    super(`The ${name} ${why}. Its output is in ${logFile}.`);
  }
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** SIGTERM, then SIGKILL of its process group after `graceMs`. Resolves when it is gone. */
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL, at once: for tests. */
  kill(): Promise<void>;
  /** Settles when the process has ended, by whatever cause. */
  readonly ended: Promise<void>;
}

/**
 * Starts a process in a group of its own (a terminal's Ctrl-C reaches the supervisor alone), with a lifeline on its
 * standard input and its output in `<logDir>/<name>.log`.
 *
 * @param ready decides from a line of output whether the process is ready; what it returns is the result
 */
export async function startChild<Ready>(options: {
  name: string;
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
  logDir: string;
  timeoutMs: number;
  ready: (line: string) => Ready | undefined;
}): Promise<{ child: Child; ready: Ready }> {
  const logFile = path.join(options.logDir, `${options.name}.log`);
  const log = createWriteStream(logFile, { flags: "a", mode: 0o600 });
  const spawned = spawn(process.execPath, options.args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => spawned.once("close", () => resolve()));
  const child = handle(options.name, spawned, ended, log);

  const ready = await new Promise<Ready>((resolve, reject) => {
    const fail = (why: string) => {
      child.kill().finally(() => reject(new ChildFailedError(options.name, why, logFile)));
    };
    const timer = setTimeout(() => fail(`was not ready after ${options.timeoutMs / 1000} s`), options.timeoutMs);
    spawned.once("error", (error) => fail(`could not be started (${error.message})`));
    spawned.once("exit", (code, signal) => {
      clearTimeout(timer);
      reject(new ChildFailedError(options.name, `ended at its start (${signal ?? `exit status ${code}`})`, logFile));
    });
    for (const stream of [spawned.stdout, spawned.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        log.write(`${line}\n`);
        const value = options.ready(line);
        if (value === undefined) return;
        clearTimeout(timer);
        resolve(value);
      });
    }
  });
  return { child, ready };
}

function handle(name: string, spawned: ChildProcess, ended: Promise<void>, log: WriteStream): Child {
  const pid = spawned.pid ?? -1;
  const signalGroup = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  ended.then(() => log.end());
  const kill = async () => {
    if (pid > 0) signalGroup("SIGKILL");
    await ended;
  };
  return {
    name,
    pid,
    ended,
    kill,
    async stop(graceMs = 15_000) {
      if (spawned.exitCode === null && spawned.signalCode === null) spawned.kill("SIGTERM");
      const timer = setTimeout(kill, graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

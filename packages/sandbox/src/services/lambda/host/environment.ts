import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { ServiceRuntime } from "../../../core/context.ts";
import { codeFolder } from "../code.ts";
import { optFolder, wrapperOf } from "../layers.ts";
import type { FunctionConfig } from "../records.ts";
import { frameReader, lineReader } from "./frames.ts";
import { killGroup, type Lifeline } from "./lifeline.ts";
import { peakMemoryMb, usedMemoryMb } from "./memory.ts";
import { type Job, openRuntimeApi, type RuntimeApi } from "./runtime-api.ts";
import { type Command, commandFor } from "./runtimes.ts";
import { variablesOf } from "./variables.ts";

/** How a job, or the initialisation, came to an end. */
export type Outcome =
  | { readonly kind: "response"; readonly body: Buffer }
  /** The runtime reported an error; `body` is its JSON. */
  | { readonly kind: "error"; readonly body: Buffer }
  | { readonly kind: "timeout" }
  /** It had more memory than its function may have, and was killed. */
  | { readonly kind: "memory" }
  /** The process ended without an answer. */
  | { readonly kind: "exit"; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  /** The process ended, after an earlier job, before it took this one. */
  | { readonly kind: "gone" };

/** An execution environment: one process, one job at a time. */
export interface Environment {
  readonly config: FunctionConfig;
  readonly logStream: string;
  /** Milliseconds from the start of the process until it asked for work. */
  readonly initMs: number;
  readonly groupId: number;
  /** Undefined: it waits for work. Otherwise the initialisation failed, and the process is gone. */
  readonly initialised: Promise<Outcome | undefined>;
  run(job: Job, timeoutMs: number): Promise<Outcome>;
  /** The most memory that the process has had, in MB, where the machine tells (Linux). */
  maxMemoryMb(): number | undefined;
  /** False once the process is ending. */
  alive(): boolean;
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;
  /** Kills the process with all its children; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface EnvironmentOptions {
  readonly runtime: ServiceRuntime;
  readonly account: string;
  readonly region: string;
  readonly config: FunctionConfig;
  readonly xrayAddress: string;
  readonly lifeline: Lifeline;
  readonly onLine: (text: string) => void;
  /** While too much of what was said is unread: resolves when it may go on. */
  readonly drained: () => Promise<void> | undefined;
  readonly isProvisioned: boolean;
}

/** AWS gives initialisation 10 s, then starts it again within the function's own timeout; here it is one wait. */
const INIT_TIMEOUT_MS = 10_000;
/** How long an exited process's pipes may stay open before they are given up. */
const PIPES_CLOSE_MS = 1000;

export async function startEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { runtime, config, lifeline } = options;
  const id = runtime.random.hex(32);
  const logStream = `${runtime.clock.now().toISOString().slice(0, 10).replaceAll("-", "/")}/[${config.version}]${id}`;
  const root = codeFolder(runtime, config.codeSha256);
  const scratch = join(runtime.surroundings.dataDir, "lambda", "tmp", id);
  mkdirSync(scratch, { recursive: true });

  let finish: ((outcome: Outcome) => void) | undefined;
  let isInitialised: (outcome: Outcome | undefined) => void = () => undefined;
  const initialised = new Promise<Outcome | undefined>((resolve) => {
    isInitialised = resolve;
  });
  let memory: { atMs: number; peakMb: number | undefined } = { atMs: Number.NEGATIVE_INFINITY, peakMb: undefined };
  let initMs = 0;
  let ending = false;
  /** The runtime asked for work and got none yet. */
  let waiting = false;
  /** Work for when it asks. */
  let next: Job | undefined;

  const end = (outcome: Outcome) => {
    const told = finish;
    finish = undefined;
    if (told) told(outcome);
    else isInitialised(outcome);
  };

  const startedAt = performance.now();
  const api: RuntimeApi = await openRuntimeApi({
    ready() {
      if (initMs === 0) initMs = performance.now() - startedAt;
      isInitialised(undefined);
      waiting = next === undefined;
      if (next) api.give(next);
      next = undefined;
    },
    initError: (body) => end({ kind: "error", body }),
    answer: ({ kind, body }) => end({ kind, body }),
  });
  const opt = optFolder(runtime, config);
  const wrapper = wrapperOf(config, opt);
  const command = wrap(await commandFor(runtime.surroundings, config, root), wrapper);
  const child = spawn(command.file, [...command.args], {
    cwd: root,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: variablesOf(options, { id, logStream, root, scratch, opt, runtimeApi: api.address }),
  });
  const groupId = child.pid;
  if (groupId !== undefined) lifeline.hold(groupId);
  const readers = readOutput(child, options);

  const exited = new Promise<void>((resolve) => {
    let told = false;
    const gone = (code: number | null, signal: NodeJS.Signals | null) => {
      if (told) return;
      told = true;
      ending = true;
      clearTimeout(initTimer);
      if (groupId !== undefined) {
        // What the function started and left behind.
        killGroup(groupId);
        lifeline.release(groupId);
      }
      for (const reader of readers) reader.flush();
      api.close();
      rmSync(scratch, { recursive: true, force: true });
      end(next ? { kind: "gone" } : { kind: "exit", code, signal });
      resolve();
    };
    // A process that couldn't be started (no such bootstrap) has no exit.
    child.once("error", (error) => {
      options.onLine(`sandbox: ${command.file} can't be started: ${error.message}`);
      gone(127, null);
    });
    // `close` comes after the last lines. What the function started may still hold its pipes: it is killed at the exit,
    // and who left the group isn't waited for.
    child.once("exit", (code, signal) => {
      ending = true;
      if (groupId !== undefined) killGroup(groupId);
      child.once("close", () => gone(code, signal));
      setTimeout(() => gone(code, signal), PIPES_CLOSE_MS).unref();
    });
  });

  const kill = async () => {
    ending = true;
    if (groupId !== undefined && child.exitCode === null && child.signalCode === null) killGroup(groupId);
    await exited;
  };
  const initTimer = setTimeout(
    () => {
      end({ kind: "timeout" });
      void kill();
    },
    INIT_TIMEOUT_MS + config.timeoutS * 1000,
  );
  void initialised.then(() => clearTimeout(initTimer));

  return {
    config,
    logStream,
    groupId: groupId ?? 0,
    initialised,
    get initMs() {
      return initMs;
    },
    run: (job, timeoutMs) =>
      new Promise<Outcome>((resolve) => {
        const cut = (kind: "timeout" | "memory") => {
          clearTimeout(timer);
          clearInterval(meter);
          finish = undefined;
          resolve({ kind });
          void kill();
        };
        const timer = setTimeout(() => cut("timeout"), timeoutMs);
        const meter = setInterval(() => {
          if (groupId !== undefined && usedMemoryMb(groupId) > config.memoryMb) cut("memory");
        }, MEMORY_WATCH_MS);
        finish = (outcome) => {
          clearTimeout(timer);
          clearInterval(meter);
          resolve(outcome);
        };
        if (ending) return finish({ kind: "gone" });
        if (waiting) api.give(job);
        else next = job;
        waiting = false;
      }),
    maxMemoryMb() {
      const nowMs = performance.now();
      if (nowMs - memory.atMs > MEMORY_READING_MS)
        memory = { atMs: nowMs, peakMb: peakMemoryMb(groupId) ?? memory.peakMb };
      return memory.peakMb;
    },
    alive: () => !ending,
    exited,
    kill,
  };
}

/** A layer's wrapper is given the runtime's own command, as on AWS. */
const wrap = ({ file, args }: Command, wrapper: string | undefined): Command =>
  wrapper === undefined ? { file, args } : { file: wrapper, args: [file, ...args] };

function readOutput(
  child: ChildProcess,
  { onLine, drained }: Pick<EnvironmentOptions, "onLine" | "drained">,
): { flush(): void }[] {
  /** Leaves what it says in its pipe while memory is full of it: the function waits there, as for a slow terminal. */
  const restrain = (stream: Readable) => {
    const waiting = drained();
    if (!waiting) return;
    stream.pause();
    void waiting.then(() => stream.resume());
  };
  const readers = [child.stdout, child.stderr].map((stream) => {
    const reader = lineReader(onLine);
    stream?.setEncoding("utf8").on("data", (text: string) => {
      reader.write(text);
      restrain(stream);
    });
    return reader;
  });
  const frames = child.stdio[3];
  if (frames && "read" in frames) {
    const read = frameReader(onLine);
    frames.on("data", (chunk: Buffer) => {
      read(chunk);
      restrain(frames);
    });
  }
  return readers;
}

/** How long a reading of the memory's peak is good for: reading it takes as long as a small function. */
const MEMORY_READING_MS = 500;
/** How often a function at work is asked for its memory: between two looks it may take more than it may have. */
const MEMORY_WATCH_MS = 100;

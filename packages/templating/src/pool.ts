import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

export interface RenderedText {
  readonly path: string;
  readonly body: string | undefined;
}

/** The template's own code failed, or went past a limit. */
export class RenderFailedError extends Error {}

const DEADLINE_MS = 2000;
const IDLE_MS = 60_000;
const MEMORY_MB = 64;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** JSON on one line, for readers that take U+2028 and U+2029 for a line's end too. */
const line = (value: object) =>
  JSON.stringify(value).replace(/[\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);

interface Job {
  readonly request: string;
  readonly resolve: (files: RenderedText[]) => void;
  readonly reject: (error: Error) => void;
}

/** A file of an installed package, found as Node finds it. Spelled out, because a bundler would take it over. */
function installed(file: string, from: string): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, "node_modules", file);
    if (existsSync(candidate)) return candidate;
    if (folder === path.dirname(folder)) throw new Error(`${file} is not installed.`);
  }
}

/**
 * One restricted process that renders, started when it is first needed and ended after a minute without work. Renders
 * are done in order. A process that broke a limit is killed and never used again.
 *
 * @param cacheDir absolute path of the compiled templates: all that the process may read beside its own code
 */
export function createRenderPool(cacheDir: string) {
  const here = import.meta.dirname;
  const renderer = path.join(here, "renderer.mjs");
  const runtime = installed("nunjucks/browser/nunjucks-slim.js", here);
  const queue: Job[] = [];
  let child: ChildProcess | undefined;
  let current: (Job & { timer: NodeJS.Timeout }) | undefined;
  let idle: NodeJS.Timeout | undefined;

  function start(): ChildProcess {
    const started = spawn(
      process.execPath,
      [
        "--permission",
        `--allow-fs-read=${renderer}`,
        `--allow-fs-read=${runtime}`,
        `--allow-fs-read=${cacheDir}/*`,
        "--disallow-code-generation-from-strings",
        `--max-old-space-size=${MEMORY_MB}`,
        renderer,
        runtime,
      ],
      { cwd: here, env: {}, stdio: ["pipe", "pipe", "ignore"] },
    );
    // A process that ended early closes its input: its end tells.
    started.stdin?.on("error", () => undefined);
    let bytes = 0;
    started.stdout?.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) started.kill("SIGKILL");
    });
    if (started.stdout) {
      createInterface({ input: started.stdout }).on("line", (answer) => {
        bytes = 0;
        settle(started, answer);
      });
    }
    started.on("error", () => ended(started));
    started.on("exit", () => ended(started));
    return started;
  }

  function settle(from: ChildProcess, text: string): void {
    if (from !== child || !current) return;
    const job = current;
    clearTimeout(job.timer);
    current = undefined;
    const answer = JSON.parse(text) as { files?: RenderedText[]; error?: string };
    if (answer.files) job.resolve(answer.files);
    else job.reject(new RenderFailedError(answer.error ?? "it gave no reason"));
    next();
  }

  function ended(from: ChildProcess): void {
    if (from !== child) return;
    child = undefined;
    const job = current;
    current = undefined;
    if (job) {
      clearTimeout(job.timer);
      job.reject(
        new RenderFailedError(`it went past ${DEADLINE_MS / 1000} s or ${MEMORY_MB} MB, or ended its process`),
      );
    }
    next();
  }

  function next(): void {
    if (current) return;
    const job = queue.shift();
    clearTimeout(idle);
    if (!job) {
      idle = setTimeout(() => end(), IDLE_MS);
      idle.unref();
      return;
    }
    child ??= start();
    const running = child;
    current = { ...job, timer: setTimeout(() => running.kill("SIGKILL"), DEADLINE_MS) };
    running.stdin?.write(`${job.request}\n`);
  }

  function end(): void {
    const running = child;
    child = undefined;
    running?.kill("SIGKILL");
  }

  return {
    /** Raises `RenderFailedError`. */
    render(module: string, values: object): Promise<RenderedText[]> {
      return new Promise((resolve, reject) => {
        queue.push({ request: line({ module, values }), resolve, reject });
        next();
      });
    },
    async close(): Promise<void> {
      clearTimeout(idle);
      for (const { reject } of queue.splice(0)) reject(new RenderFailedError("Turnpike is stopping"));
      end();
    },
  };
}

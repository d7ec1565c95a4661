import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

export const MEMORY_MB = 64;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export interface RendererEvents {
  /** It can take requests. */
  ready(): void;
  /** The answer to the one request that it has, a line of JSON. */
  answer(line: string): void;
  /** It is gone, for whatever reason. Said once. */
  ended(): void;
}

export interface Renderer {
  send(line: string): void;
  kill(): void;
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
 * Starts one restricted process: Node's permission model without network, child processes, workers or writing, and with
 * reading of its own code and `cacheDir` alone; no environment; no code from strings; 64 MB of heap.
 * https://nodejs.org/api/permissions.html (the network is closed by it from Node 25 on)
 */
export function startRenderer(cacheDir: string, events: RendererEvents): Renderer {
  const here = import.meta.dirname;
  const renderer = path.join(here, "renderer.mjs");
  const runtime = installed("nunjucks/browser/nunjucks-slim.js", here);
  const child = spawn(
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
  let isReady = false;
  let isOver = false;
  let bytes = 0;
  // A process that ended early closes its input: its end tells.
  child.stdin.on("error", () => undefined);
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) child.kill("SIGKILL");
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    bytes = 0;
    if (isReady) return events.answer(line);
    isReady = true;
    events.ready();
  });
  const end = () => {
    if (isOver) return;
    isOver = true;
    events.ended();
  };
  child.on("error", end);
  child.on("exit", end);
  return {
    send: (line) => void child.stdin.write(`${line}\n`),
    kill: () => void child.kill("SIGKILL"),
  };
}

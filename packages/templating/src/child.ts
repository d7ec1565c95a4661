import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

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

/**
 * Starts one restricted process: Node's permission model without network, child processes, workers or writing, and with
 * reading of its own code and `cacheDir` alone; no environment; no code from strings; 64 MB of heap.
 * https://nodejs.org/api/permissions.html (the network is closed by it from Node 25 on)
 */
export function startRenderer(cacheDir: string, events: RendererEvents): Renderer {
  // Not `new URL("renderer.mjs", import.meta.url)`: a bundler would take that for an asset and copy it away.
  const here = path.dirname(fileURLToPath(import.meta.url));
  const renderer = path.join(here, "renderer.mjs");
  const runtime = createRequire(import.meta.url).resolve("nunjucks/browser/nunjucks-slim.js");
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

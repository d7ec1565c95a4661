import { MEMORY_MB, type Renderer, startRenderer } from "./child.ts";

export interface RenderedText {
  readonly path: string;
  /** Undefined for a file that is copied as it is. */
  readonly body: string | undefined;
}

/** What one run of a step came to. */
export interface Operation {
  /** Index of the step in its template. */
  readonly step: number;
  readonly input: Readonly<Record<string, unknown>>;
  /** Of a `fetch:template`: what became of each file, in the order of its source. */
  readonly files?: readonly RenderedText[];
}

/** The template's own code failed, or went past a limit. */
export class RenderFailedError extends Error {}

/** Starting isn't the template's fault, and a machine can be busy: it has a limit of its own. */
const START_MS = 20_000;
const RENDER_MS = 2000;
const IDLE_MS = 60_000;

/** JSON on one line, for readers that take U+2028 and U+2029 for a line's end too. */
const toLine = (value: object) =>
  JSON.stringify(value).replace(/[\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);

interface Job {
  readonly line: string;
  readonly resolve: (operations: Operation[]) => void;
  readonly reject: (error: Error) => void;
}

interface Running {
  readonly renderer: Renderer;
  ready: boolean;
}

export interface RenderPool {
  /** Starts the process, when there is none, while the caller still has other work. */
  warm(): void;
  /** Renders the compiled `module`. Raises `RenderFailedError`. */
  render(module: string, input: object): Promise<Operation[]>;
  /** Ends the process; what waits is refused. */
  close(): Promise<void>;
}

/**
 * One restricted process that renders, started when it is first needed and ended after a minute without work: idle, it
 * costs memory. Renders are done in order, each within two seconds. A process that broke a limit is killed and never
 * used again.
 *
 * @param cacheDir absolute path of the compiled templates, links resolved
 */
export function createRenderPool(cacheDir: string, idleMs = IDLE_MS): RenderPool {
  const queue: Job[] = [];
  let running: Running | undefined;
  let current: Job | undefined;
  let deadline: NodeJS.Timeout | undefined;
  let idle: NodeJS.Timeout | undefined;
  let closed = false;

  function start(): void {
    if (running || closed) return;
    const started: Running = {
      ready: false,
      renderer: startRenderer(cacheDir, {
        ready() {
          clearTimeout(deadline);
          started.ready = true;
          next();
        },
        answer: (line) => started === running && settle(line),
        ended: () => started === running && ended(started),
      }),
    };
    running = started;
    deadline = setTimeout(started.renderer.kill, START_MS);
  }

  function settle(line: string): void {
    const job = current;
    clearTimeout(deadline);
    current = undefined;
    const answer = JSON.parse(line) as { operations?: Operation[]; error?: string };
    if (answer.operations) job?.resolve(answer.operations);
    else job?.reject(new RenderFailedError(answer.error ?? "it gave no reason"));
    next();
  }

  function ended({ ready }: Running): void {
    clearTimeout(deadline);
    running = undefined;
    const why = ready ? `it went past ${RENDER_MS / 1000} s or ${MEMORY_MB} MB` : "the renderer could not be started";
    // What never starts would be started again and again for each that waits.
    const failed = ready ? [current] : [current, ...queue.splice(0)];
    current = undefined;
    for (const job of failed) job?.reject(new RenderFailedError(why));
    next();
  }

  function next(): void {
    clearTimeout(idle);
    if (current) return;
    if (queue.length === 0) {
      if (running?.ready) idle = setTimeout(end, idleMs).unref();
      return;
    }
    start();
    if (!running?.ready) return;
    current = queue.shift();
    deadline = setTimeout(running.renderer.kill, RENDER_MS);
    running.renderer.send(current?.line ?? "");
  }

  function end(): void {
    const { renderer } = running ?? {};
    running = undefined;
    clearTimeout(deadline);
    renderer?.kill();
  }

  return {
    warm: start,
    render(module, input) {
      if (closed) return Promise.reject(new RenderFailedError("Turnpike is stopping"));
      return new Promise((resolve, reject) => {
        queue.push({ line: toLine({ module, input }), resolve, reject });
        next();
      });
    },
    async close() {
      closed = true;
      clearTimeout(idle);
      const waiting = [current, ...queue.splice(0)];
      current = undefined;
      for (const job of waiting) job?.reject(new RenderFailedError("Turnpike is stopping"));
      end();
    },
  };
}

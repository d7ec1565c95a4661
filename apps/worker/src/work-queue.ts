import type { Logger } from "@turnpike/kernel";

/** What a look at a key came to: look again after so many milliseconds, or when asked. */
export interface LookResult {
  readonly againInMs?: number;
}

export interface WorkQueue {
  /** Asks for a look at `key` soon. Asked again before it happened: one look; while it happens: one more after it. */
  ask(key: string, inMs?: number): void;
  /** Takes no more keys, and resolves when the looks under way have ended. */
  stop(): Promise<void>;
}

const BACKOFF_MS = [1000, 2000, 5000, 15_000, 30_000, 60_000];

/**
 * Level-triggered work, as Kubernetes controllers do it: keys, not events. A key is never looked at twice at once; a
 * look that raises is repeated with a growing delay; whatever was asked in between is answered by the next look.
 */
export function createWorkQueue(options: {
  name: string;
  concurrency: number;
  look: (key: string) => Promise<LookResult | undefined>;
  log: Logger;
}): WorkQueue {
  const ready: string[] = [];
  const timers = new Map<string, { timer: NodeJS.Timeout; due: number }>();
  const running = new Map<string, Promise<void>>();
  const askedAgain = new Set<string>();
  const failures = new Map<string, number>();
  let stopped = false;

  function start(): void {
    while (!stopped && running.size < options.concurrency) {
      const key = ready.shift();
      if (key === undefined) return;
      running.set(key, run(key));
    }
  }

  async function run(key: string): Promise<void> {
    let againInMs: number | undefined;
    try {
      againInMs = (await options.look(key))?.againInMs;
      failures.delete(key);
    } catch (error) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      againInMs = BACKOFF_MS[Math.min(count, BACKOFF_MS.length - 1)];
      options.log.error({ queue: options.name, key, failures: count + 1, err: error }, "look failed");
    }
    running.delete(key);
    if (askedAgain.delete(key)) ask(key);
    else if (againInMs !== undefined) ask(key, againInMs);
    start();
  }

  function ask(key: string, inMs = 0): void {
    if (stopped) return;
    if (inMs > 0) {
      const due = performance.now() + inMs;
      const planned = timers.get(key);
      if (planned && planned.due <= due) return;
      if (planned) clearTimeout(planned.timer);
      const timer = setTimeout(() => {
        timers.delete(key);
        ask(key);
      }, inMs);
      timers.set(key, { timer, due });
      return;
    }
    if (running.has(key)) {
      askedAgain.add(key);
      return;
    }
    const planned = timers.get(key);
    if (planned) {
      clearTimeout(planned.timer);
      timers.delete(key);
    }
    if (!ready.includes(key)) ready.push(key);
    start();
  }

  return {
    ask,
    async stop() {
      stopped = true;
      for (const { timer } of timers.values()) clearTimeout(timer);
      await Promise.all(running.values());
    },
  };
}

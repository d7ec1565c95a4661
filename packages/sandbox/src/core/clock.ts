import type { SandboxClock } from "./context.ts";

/** A clock that tests can move: what sleeps until a time that was passed wakes at once. */
export interface ControlledClock extends SandboxClock {
  /** Moves sandbox time forward by `ms`. */
  advance(ms: number): void;
  /** Drops every sleeper; their promises stay pending, because nobody is left to be told. */
  stop(): void;
}

/** `setTimeout` fires at once beyond 2^31 ms; a longer sleep is looked at again after this long. */
const LONGEST_TIMER_MS = 2 ** 30;

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Sandbox time: the machine's clock plus what `advance` added. Timers don't keep the process alive; its servers do.
 * `start` lets a test begin at a known instant; `realistic` turns AWS's own delays on.
 */
export function createClock(start?: Date, { realistic = false }: { realistic?: boolean } = {}): ControlledClock {
  let offsetMs = start ? start.getTime() - Date.now() : 0;
  const sleepers = new Set<Sleeper>();
  const nowMs = () => Date.now() + offsetMs;

  const arm = (sleeper: Sleeper) => {
    clearTimeout(sleeper.timer);
    const leftMs = sleeper.dueMs - nowMs();
    if (leftMs <= 0) {
      sleepers.delete(sleeper);
      sleeper.wake();
      return;
    }
    sleeper.timer = setTimeout(() => arm(sleeper), Math.min(leftMs, LONGEST_TIMER_MS));
    sleeper.timer.unref();
  };

  return {
    isRealistic: realistic,
    now: () => new Date(nowMs()),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const cancel = () => {
          clearTimeout(sleeper.timer);
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const wake = () => {
          signal?.removeEventListener("abort", cancel);
          resolve();
        };
        const sleeper: Sleeper = { dueMs: nowMs() + ms, wake, timer: undefined };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", cancel, { once: true });
        arm(sleeper);
      }),
    advance(ms) {
      offsetMs += ms;
      for (const sleeper of [...sleepers].sort((a, b) => a.dueMs - b.dueMs)) arm(sleeper);
    },
    stop() {
      for (const sleeper of sleepers) clearTimeout(sleeper.timer);
      sleepers.clear();
    },
  };
}

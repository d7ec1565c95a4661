import type { ServiceRuntime } from "./context.ts";
import type { Schedule } from "./schedule-expression.ts";

interface DueOptions {
  /** When the next thing is due, of all accounts and regions; undefined when nothing is. Asked after each change. */
  nextMs(): number | undefined;
  /** Does what is due at `nowMs` or before; must move what it did out of `nextMs`'s way, even when it fails. */
  fire(nowMs: number): Promise<void>;
}

export interface DueLoop {
  /** Something was added, moved or taken away: look again. */
  poke(): void;
  /** Ends the loop; resolves when what was under way is over. */
  stop(): Promise<void>;
}

/**
 * One sleeper for all the timers of a service, in sandbox time: what advances the clock fires what is due. It keeps
 * nothing itself; when things are due is in the service's rows, so that a restart arms it again.
 */
export function startDueLoop(runtime: ServiceRuntime, options: DueOptions): DueLoop {
  const ending = new AbortController();
  let waiting = new AbortController();
  let isPoked = false;

  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      isPoked = false;
      waiting = new AbortController();
      const nextMs = options.nextMs();
      const nowMs = runtime.clock.now().getTime();
      if (nextMs !== undefined && nextMs <= nowMs) {
        try {
          await options.fire(nowMs);
        } catch (error) {
          runtime.log("timer.failed", { error: String(error) });
        }
        continue;
      }
      if (isPoked) continue;
      const sleepMs = nextMs === undefined ? Number.MAX_SAFE_INTEGER : nextMs - nowMs;
      await runtime.clock.sleep(sleepMs, AbortSignal.any([waiting.signal, ending.signal])).catch(() => undefined);
    }
  }

  const done = run();
  return {
    poke() {
      isPoked = true;
      waiting.abort();
    },
    async stop() {
      ending.abort();
      await done;
    },
  };
}

const MOST_AT_ONCE = 100;

/**
 * Which occurrences of a schedule are due, and the next after them. Moved far ahead, a clock passes many: the first
 * hundred happen. What passed while the sandbox was off (`once`) happens one time.
 */
export function dueOccurrences(
  schedule: Schedule,
  at: { nextMs: number; startMs: number; nowMs: number; once: boolean },
): { due: number[]; nextMs: number | undefined } {
  const due: number[] = [];
  let next: number | undefined = at.nextMs;
  while (next !== undefined && next <= at.nowMs && due.length < (at.once ? 1 : MOST_AT_ONCE)) {
    due.push(next);
    next = schedule.next(next, at.startMs);
  }
  if (next !== undefined && next <= at.nowMs) next = schedule.next(at.nowMs, at.startMs);
  return { due, nextMs: next };
}

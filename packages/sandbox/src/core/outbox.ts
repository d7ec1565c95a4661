import type { Context, ServiceRuntime } from "./context.ts";
import { AwsError } from "./errors.ts";

/** One thing that must reach a target, with what is known of the attempts so far. JSON, so that it can be kept. */
interface Pending<T> {
  readonly item: T;
  readonly firstAtMs: number;
  readonly attempts: number;
  readonly dueAtMs: number;
}

/** What ended a delivery that failed. */
export interface Failure {
  readonly error: AwsError;
  /** Attempts after the first. */
  readonly retries: number;
  /** Which limit was reached; undefined where the error is one that no retry mends. */
  readonly exhausted: "MaximumRetryAttempts" | "MaximumEventAgeInSeconds" | undefined;
}

interface OutboxOptions<T> {
  /** Of the collection that keeps what waits for another attempt. */
  readonly name: string;
  /** Raises what the target answered. */
  attempt(context: Context, item: T): Promise<void>;
  limits(item: T): { readonly retries: number; readonly ageMs: number };
  /** Told once: a dead-letter queue, or nothing but the log. */
  giveUp(context: Context, item: T, failure: Failure): Promise<void>;
}

export interface Outbox<T> {
  /**
   * Tries at once and resolves after the first attempt, so that what can be delivered is when the caller answers. What
   * failed in a way that may pass is on disk by then, and is tried again with growing pauses of sandbox time, after a
   * restart too.
   */
  deliver(context: Context, item: T): Promise<void>;
  /** Takes up what an earlier start of the sandbox left. */
  resume(): void;
  stop(): void;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 600_000;

/** A refusal stays one; a throttled or broken target may answer later. */
const mayPass = (error: AwsError) =>
  /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown/.test(error.code) ||
  (error.status !== undefined && error.status >= 500 && error.status !== 501);

/** Deliveries with retries for the services that push to others: EventBridge, its Scheduler, SNS. */
export function createOutbox<T>(runtime: ServiceRuntime, options: OutboxOptions<T>): Outbox<T> {
  const ending = new AbortController();
  const pending = (scope: { account: string; region: string }) =>
    runtime.storeOf(scope.account, scope.region).collection<Pending<T>>(options.name);

  /** The next state of a delivery; undefined when it is over. */
  async function attempt(context: Context, delivery: Pending<T>): Promise<Pending<T> | undefined> {
    try {
      await options.attempt(context, delivery.item);
      return undefined;
    } catch (thrown) {
      const error =
        thrown instanceof AwsError ? thrown : new AwsError("InternalFailure", String(thrown), { status: 500 });
      const nowMs = runtime.clock.now().getTime();
      const { retries, ageMs } = options.limits(delivery.item);
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** delivery.attempts, LONGEST_PAUSE_MS);
      const isOld = nowMs + pauseMs - delivery.firstAtMs > ageMs;
      if (mayPass(error) && delivery.attempts < retries && !isOld) {
        return { ...delivery, attempts: delivery.attempts + 1, dueAtMs: nowMs + pauseMs };
      }
      const limit = delivery.attempts >= retries ? "MaximumRetryAttempts" : "MaximumEventAgeInSeconds";
      const exhausted = mayPass(error) ? limit : undefined;
      await options.giveUp(context, delivery.item, { error, retries: delivery.attempts, exhausted });
      return undefined;
    }
  }

  async function follow(scope: { account: string; region: string }, id: string, first: Pending<T>): Promise<void> {
    try {
      for (let delivery: Pending<T> | undefined = first; delivery; ) {
        const waitMs = delivery.dueAtMs - runtime.clock.now().getTime();
        if (waitMs > 0) await runtime.clock.sleep(waitMs, ending.signal);
        if (ending.signal.aborted) return;
        delivery = await attempt(runtime.contextFor(scope.account, scope.region), delivery);
        // Cut off by the end of the sandbox, the row stays as it was: tried again is better than lost.
        if (ending.signal.aborted) return;
        if (delivery) pending(scope).put(id, delivery);
        else pending(scope).delete(id);
      }
    } catch (error) {
      if (!ending.signal.aborted) runtime.log("delivery.failed", { id, error: String(error) });
    }
  }

  return {
    async deliver(context, item) {
      const nowMs = runtime.clock.now().getTime();
      const again = await attempt(context, { item, firstAtMs: nowMs, attempts: 0, dueAtMs: nowMs });
      if (!again) return;
      const id = runtime.random.uuid();
      const scope = { account: context.account, region: context.region };
      pending(scope).put(id, again);
      void follow(scope, id, again);
    },
    resume() {
      for (const scope of runtime.scopes()) {
        for (const { key, value } of pending(scope).list()) void follow(scope, key, value);
      }
    },
    stop: () => ending.abort(),
  };
}

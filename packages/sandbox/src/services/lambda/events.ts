import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { hostOf } from "./host/host.ts";
import { drawFrom, eventInvokeConfigs, functionArn, functions, resolveQualifier } from "./records.ts";

/** An asynchronous invocation that was accepted and isn't finished. */
export interface PendingEvent {
  readonly id: string;
  readonly name: string;
  readonly qualifier: string | undefined;
  /** base64 */
  readonly payload: string;
  readonly traceHeader: string | undefined;
  readonly acceptedAt: string;
  readonly attempts: number;
  readonly dueAt: string;
}

/** After the first and the second failure. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const RETRY_AFTER_MS = [60_000, 120_000];
const THROTTLED_AGAIN_MS = 5_000;
const DEFAULT_AGE_S = 21_600;

const events = (from: Pick<Context, "collection">) => from.collection<PendingEvent>("events");

/** Keeps the event before it is acknowledged, and starts it. */
export function acceptEvent(
  context: Context,
  event: Omit<PendingEvent, "attempts" | "acceptedAt" | "dueAt">,
  ending: AbortSignal,
): void {
  const now = context.clock.now().toISOString();
  const pending: PendingEvent = { ...event, attempts: 0, acceptedAt: now, dueAt: now };
  events(context).put(event.id, pending);
  void follow(context.runtime, context, pending, ending);
}

/** Goes on with what an earlier start of the sandbox had accepted: an event may be run twice, never lost. */
export function resumeEvents(runtime: ServiceRuntime, ending: AbortSignal): void {
  for (const { account, region } of runtime.scopes()) {
    for (const { value } of events(runtime.storeOf(account, region)).list()) {
      void follow(runtime, { account, region }, value, ending);
    }
  }
}

async function follow(
  runtime: ServiceRuntime,
  { account, region }: { account: string; region: string },
  first: PendingEvent,
  ending: AbortSignal,
): Promise<void> {
  const store = runtime.storeOf(account, region);
  let event = first;
  try {
    for (;;) {
      const waitMs = Date.parse(event.dueAt) - runtime.clock.now().getTime();
      if (waitMs > 0) await runtime.clock.sleep(waitMs, ending);
      if (ending.aborted) return;
      const record = functions(store).get(event.name);
      const config = eventInvokeConfigs(store).get(`${event.name}/${event.qualifier ?? "$LATEST"}`);
      const result = record ? await attempt(runtime, { account, region }, event) : "gone";
      if (ending.aborted) return;
      const retries = config?.retries ?? RETRY_AFTER_MS.length;
      const delayMs = result === "throttled" ? THROTTLED_AGAIN_MS : RETRY_AFTER_MS[event.attempts];
      const attempts = result === "throttled" ? event.attempts : event.attempts + 1;
      const ageS = (runtime.clock.now().getTime() - Date.parse(event.acceptedAt)) / 1000;
      const again = (result === "failed" || result === "throttled") && attempts <= retries && delayMs !== undefined;
      if (!again || ageS > (config?.longestAgeS ?? DEFAULT_AGE_S)) {
        if (result !== "done")
          runtime.log("event.dropped", { function: event.name, event: event.id, result, attempts });
        events(store).delete(event.id);
        return;
      }
      event = { ...event, attempts, dueAt: new Date(runtime.clock.now().getTime() + delayMs).toISOString() };
      events(store).put(event.id, event);
      runtime.log("event.retried", { function: event.name, event: event.id, result, attempts, dueAt: event.dueAt });
    }
  } catch (error) {
    // Ending: the row stays for the next start.
    if (!ending.aborted) runtime.log("event.failed", { event: event.id, error: String(error) });
  }
}

async function attempt(
  runtime: ServiceRuntime,
  scope: { account: string; region: string },
  event: PendingEvent,
): Promise<"done" | "failed" | "throttled" | "gone"> {
  const context = runtime.contextFor(scope.account, scope.region);
  const record = functions(context).get(event.name);
  if (!record) return "gone";
  try {
    const { config, alias } = resolveQualifier(context, record, event.qualifier, drawFrom(runtime));
    const { failed } = await hostOf(runtime).invoke({
      ...scope,
      config,
      alias,
      invokedArn: functionArn(scope, event.name, event.qualifier),
      requestId: event.id,
      payload: Buffer.from(event.payload, "base64"),
      traceHeader: event.traceHeader,
      clientContext: undefined,
      reservedConcurrency: record.reservedConcurrency,
    });
    return failed ? "failed" : "done";
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return error.code === "TooManyRequestsException" ? "throttled" : "gone";
  }
}

import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { type Attempted, type EventEnd, settle } from "./event-end.ts";
import { hostOf } from "./host/host.ts";
import {
  drawFrom,
  type EventInvokeConfig,
  eventInvokeConfigs,
  functionArn,
  functions,
  type PendingEvent,
  resolveQualifier,
} from "./records.ts";

/** After the first and the second failure. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const RETRY_AFTER_MS = [60_000, 120_000];
/** Throttled, an event is tried again with growing pauses, for as long as it may wait. */
const THROTTLED_FIRST_MS = 1_000;
const THROTTLED_LONGEST_MS = 300_000;
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
  hostOf(context.runtime).count(context, event.name, "AsyncEventsReceived", 1);
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
      const settings = eventInvokeConfigs(store).get(`${event.name}/${event.qualifier ?? "$LATEST"}`);
      const attempted = await attempt(runtime, { account, region }, event);
      if (ending.aborted) return;
      const nowMs = runtime.clock.now().getTime();
      const next = after(event, attempted, settings, nowMs);
      if ("end" in next) {
        await settle(runtime, { account, region }, next.event, { ...attempted, end: next.end }, settings?.destinations);
        // The sandbox may have stopped on the way: told twice is better than never.
        if (!ending.aborted) events(store).delete(event.id);
        return;
      }
      event = next.event;
      events(store).put(event.id, event);
      const { attempts, dueAt } = event;
      runtime.log("event.retried", { function: event.name, event: event.id, result: attempted.kind, attempts, dueAt });
    }
  } catch (error) {
    // Ending: the row stays for the next start.
    if (!ending.aborted) runtime.log("event.failed", { event: event.id, error: String(error) });
  }
}

type Next = { readonly event: PendingEvent; readonly end: EventEnd } | { readonly event: PendingEvent };

/** What an attempt leads to: the end of the event, or another attempt. */
function after(
  event: PendingEvent,
  { kind, isSwitchedOff }: Attempted,
  settings: EventInvokeConfig | undefined,
  nowMs: number,
): Next {
  const attempts = kind === "throttled" ? event.attempts : event.attempts + 1;
  const tried = { ...event, attempts };
  if (kind === "done") return { event: tried, end: "Success" };
  if (kind === "gone") return { event: tried, end: "Gone" };
  if (isSwitchedOff) return { event: tried, end: "ZeroReservedConcurrency" };
  const retries = settings?.retries ?? RETRY_AFTER_MS.length;
  if (kind === "failed" && attempts > retries) return { event: tried, end: "RetriesExhausted" };
  const throttles = kind === "throttled" ? (event.throttles ?? 0) + 1 : 0;
  const delayMs =
    kind === "throttled"
      ? Math.min(THROTTLED_FIRST_MS * 2 ** (throttles - 1), THROTTLED_LONGEST_MS)
      : (RETRY_AFTER_MS[event.attempts] ?? THROTTLED_LONGEST_MS);
  const dueMs = nowMs + delayMs;
  const ageMs = dueMs - Date.parse(event.acceptedAt);
  if (ageMs > (settings?.longestAgeS ?? DEFAULT_AGE_S) * 1000) return { event: tried, end: "EventAgeExceeded" };
  return { event: { ...tried, throttles, dueAt: new Date(dueMs).toISOString() } };
}

async function attempt(
  runtime: ServiceRuntime,
  scope: { account: string; region: string },
  event: PendingEvent,
): Promise<Attempted> {
  const context = runtime.contextFor(scope.account, scope.region);
  const record = functions(context).get(event.name);
  if (!record) return { kind: "gone" };
  const host = hostOf(runtime);
  if (event.attempts === 0 && event.throttles === undefined) {
    host.count(scope, event.name, "AsyncEventAge", runtime.clock.now().getTime() - Date.parse(event.acceptedAt));
  }
  try {
    const { config, alias } = resolveQualifier(context, record, event.qualifier, drawFrom(runtime));
    const { failed, payload } = await host.invoke({
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
    return { kind: failed ? "failed" : "done", response: { payload: payload.toString(), config } };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    if (error.code !== "TooManyRequestsException") return { kind: "gone" };
    return { kind: "throttled", isSwitchedOff: record.reservedConcurrency === 0 };
  }
}

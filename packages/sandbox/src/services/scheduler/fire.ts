import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { Target } from "@aws-sdk/client-scheduler";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { type DueLoop, dueOccurrences, startDueLoop } from "../../core/due.ts";
import { createOutbox, type Outbox } from "../../core/outbox.ts";
import { parseSchedule } from "../../core/schedule-expression.ts";
import { buryMessage, reachTarget } from "../../core/targets.ts";
import { keyOf, type ScheduleRecord, schedulesOf } from "./records.ts";
import { callUniversal, isUniversal } from "./universal.ts";

/** One occurrence on its way to its target. */
interface Occurrence {
  readonly scheduleArn: string;
  readonly target: Target;
  readonly executionId: string;
  readonly scheduledAt: string;
}

const RETRIES = 185;
const AGE_S = 86_400;
const MINUTE_MS = 60_000;

interface Firing {
  readonly outbox: Outbox<Occurrence>;
  readonly loop: DueLoop;
}

const firings = new WeakMap<ServiceRuntime, Firing>();

/** Looks again at which schedule is due next. */
export const pokeSchedules = (runtime: ServiceRuntime): void => firings.get(runtime)?.loop.poke();

/** Where a schedule stands from `sinceMs` on: within its start and its end, if it is enabled. */
export function rearmed(schedule: ScheduleRecord, sinceMs: number): ScheduleRecord {
  return { ...schedule, sinceMs, nextAtMs: nextOf(schedule, sinceMs, sinceMs) };
}

function nextOf(schedule: ScheduleRecord, afterMs: number, sinceMs: number): number | undefined {
  const parsed = parseSchedule(schedule.expression, { zone: schedule.zone });
  if (!parsed || schedule.state === "DISABLED") return undefined;
  const { startMs, endMs } = schedule;
  // A rate begins with its start and comes then for the first time.
  if (parsed.kind === "rate" && startMs !== undefined && startMs > afterMs) return startMs;
  const fromMs = startMs === undefined ? afterMs : Math.max(afterMs, startMs - 1);
  const nextMs = parsed.next(fromMs, parsed.kind === "rate" ? (startMs ?? sinceMs) : sinceMs);
  return nextMs !== undefined && (endMs === undefined || nextMs <= endMs) ? nextMs : undefined;
}

/** Starts what invokes targets by the sandbox's clock, in all accounts. */
export function startFiring(runtime: ServiceRuntime): Firing {
  const outbox = createOutbox<Occurrence>(runtime, {
    name: "deliveries",
    attempt: reach,
    limits: ({ target: { RetryPolicy } }) => ({
      retries: RetryPolicy?.MaximumRetryAttempts ?? RETRIES,
      ageMs: (RetryPolicy?.MaximumEventAgeInSeconds ?? AGE_S) * 1000,
    }),
    giveUp,
  });
  const all = () =>
    runtime.scopes().flatMap((scope) =>
      schedulesOf(runtime.storeOf(scope.account, scope.region))
        .list()
        .map(({ value }) => ({ scope, schedule: value })),
    );
  const startedMs = runtime.clock.now().getTime();
  const missed = new Set<string>();
  for (const { schedule } of all()) if (dueAt(schedule) <= startedMs) missed.add(schedule.arn);
  const loop = startDueLoop(runtime, {
    nextMs: () => {
      const next = all().reduce((least, { schedule }) => Math.min(least, dueAt(schedule)), Number.POSITIVE_INFINITY);
      return Number.isFinite(next) ? next : undefined;
    },
    async fire(nowMs) {
      for (const { scope, schedule } of all()) {
        if (dueAt(schedule) > nowMs) continue;
        const context = runtime.contextFor(scope.account, scope.region);
        await fireSchedule(context, outbox, schedule, { nowMs, once: missed.delete(schedule.arn) });
      }
    },
  });
  const firing = { outbox, loop };
  firings.set(runtime, firing);
  outbox.resume();
  return firing;
}

/**
 * When a schedule's target is invoked: at the occurrence, or within its flexible window; where in the window follows from
 * the occurrence itself, so that asking again gives the same.
 */
function dueAt({ nextAtMs, windowMinutes }: ScheduleRecord): number {
  if (nextAtMs === undefined) return Number.POSITIVE_INFINITY;
  return nextAtMs + (windowMinutes === 0 ? 0 : (Math.floor(nextAtMs / MINUTE_MS) % windowMinutes) * MINUTE_MS);
}

async function fireSchedule(
  context: Context,
  outbox: Outbox<Occurrence>,
  schedule: ScheduleRecord,
  { nowMs, once }: { nowMs: number; once: boolean },
): Promise<void> {
  if (schedule.nextAtMs === undefined) return;
  const again = { kind: "rate" as const, next: (afterMs: number) => nextOf(schedule, afterMs, schedule.sinceMs) };
  const at = { nextMs: schedule.nextAtMs, startMs: schedule.sinceMs, nowMs, once };
  // An occurrence whose window isn't over yet stays for later.
  const { due, nextMs } = dueOccurrences(again, {
    ...at,
    nowMs: schedule.windowMinutes === 0 ? nowMs : schedule.nextAtMs,
  });
  try {
    for (const atMs of due) {
      await outbox.deliver(context, {
        scheduleArn: schedule.arn,
        target: schedule.target,
        executionId: context.random.uuid(),
        scheduledAt: new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z"),
      });
    }
  } finally {
    const schedules = schedulesOf(context);
    const current = schedules.get(keyOf(schedule));
    // Changed meanwhile, it has a time of its own.
    if (current && current.nextAtMs === schedule.nextAtMs && current.modifiedAtMs === schedule.modifiedAtMs) {
      if (nextMs === undefined && schedule.deleteAfterwards) schedules.delete(keyOf(schedule));
      else schedules.put(keyOf(schedule), { ...current, nextAtMs: nextMs });
    }
  }
}

/** The input, with the words that stand for this invocation filled in. */
function payloadOf({ target, scheduleArn, executionId, scheduledAt }: Occurrence): string {
  const words: Record<string, string> = {
    "aws.scheduler.schedule-arn": scheduleArn,
    "aws.scheduler.scheduled-time": scheduledAt,
    "aws.scheduler.execution-id": executionId,
    "aws.scheduler.attempt-number": "1",
  };
  return (target.Input ?? "{}").replace(/<(aws\.scheduler\.[a-z-]+)>/g, (all, word: string) => words[word] ?? all);
}

async function reach(context: Context, occurrence: Occurrence): Promise<void> {
  const { target, scheduleArn } = occurrence;
  const { Arn: arn = "", RoleArn: roleArn = "" } = target;
  const payload = payloadOf(occurrence);
  if (isUniversal(arn)) return callUniversal(context, arn, payload, roleArn);
  if (/^arn:aws:events:[^:]+:\d{12}:event-bus\//.test(arn)) {
    const { DetailType, Source } = target.EventBridgeParameters ?? {};
    const Entries = [{ EventBusName: arn, DetailType, Source, Detail: payload }];
    await context.send(new PutEventsCommand({ Entries }), { roleArn, region: arn.split(":")[3] ?? "" });
    return;
  }
  const messageGroupId = target.SqsParameters?.MessageGroupId;
  await reachTarget(context, { arn, payload, roleArn, sourceArn: scheduleArn, messageGroupId });
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html */
async function giveUp(
  context: Context,
  occurrence: Occurrence,
  failure: Parameters<typeof buryMessage>[1]["failure"],
): Promise<void> {
  const { scheduleArn, target, executionId, scheduledAt } = occurrence;
  const about = { schedule: scheduleArn, target: target.Arn, execution: executionId };
  context.log("schedule.undelivered", { ...about, error: `${failure.error.code}: ${failure.error.message}` });
  const queueArn = target.DeadLetterConfig?.Arn;
  if (!queueArn) return;
  const attributes = {
    SCHEDULE_ARN: scheduleArn,
    TARGET_ARN: target.Arn ?? "",
    EXECUTION_ID: executionId,
    SCHEDULED_TIME: scheduledAt,
  };
  const letter = {
    queueArn,
    body: payloadOf(occurrence),
    sourceArn: scheduleArn,
    roleArn: target.RoleArn,
    attributes,
    failure,
  };
  await buryMessage(context, letter).catch((refused: unknown) =>
    context.log("schedule.lost", { ...about, queue: queueArn, error: String(refused) }),
  );
}

import type { ServiceRuntime } from "../../core/context.ts";
import { type DueLoop, dueOccurrences, startDueLoop } from "../../core/due.ts";
import { parseSchedule } from "../../core/schedule-expression.ts";
import { trigger } from "./deliver.ts";
import { type RuleRecord, rules, saveRule } from "./records.ts";

const loops = new WeakMap<ServiceRuntime, DueLoop>();

/** Looks again at when the next scheduled rule is due. */
export const pokeSchedules = (runtime: ServiceRuntime): void => loops.get(runtime)?.poke();

/** Where a schedule stands from now on; nothing for a rule that is disabled or has no schedule. */
export function rearmed(rule: RuleRecord, nowMs: number): RuleRecord {
  const schedule = rule.schedule === undefined ? undefined : parseSchedule(rule.schedule, { strictUnits: true });
  if (!schedule || !rule.enabled) return { ...rule, scheduledSinceMs: undefined, nextAtMs: undefined };
  return { ...rule, scheduledSinceMs: nowMs, nextAtMs: schedule.next(nowMs, nowMs) };
}

/** Fires the scheduled rules of all accounts by the sandbox's clock. */
export function startSchedules(runtime: ServiceRuntime): DueLoop {
  const all = () =>
    runtime.scopes().flatMap((scope) =>
      rules(runtime.storeOf(scope.account, scope.region))
        .list()
        .map(({ value }) => ({ scope, rule: value })),
    );
  const startedMs = runtime.clock.now().getTime();
  const missed = new Set<string>();
  for (const { rule } of all()) if ((rule.nextAtMs ?? startedMs + 1) <= startedMs) missed.add(rule.arn);

  async function fireRule(scope: { account: string; region: string }, rule: RuleRecord, nowMs: number): Promise<void> {
    const schedule = parseSchedule(rule.schedule ?? "", { strictUnits: true });
    if (!schedule || rule.nextAtMs === undefined) return;
    const startMs = rule.scheduledSinceMs ?? rule.nextAtMs;
    const once = missed.delete(rule.arn);
    const { due, nextMs } = dueOccurrences(schedule, { nextMs: rule.nextAtMs, startMs, nowMs, once });
    const context = runtime.contextFor(scope.account, scope.region);
    try {
      for (const atMs of due) await trigger(context, rule, scheduledEvent(scope, rule, atMs, runtime.random.uuid()));
    } finally {
      const current = rules(context, rule.bus).get(rule.name);
      // Changed meanwhile, it has a time of its own.
      if (current?.nextAtMs === rule.nextAtMs && current) saveRule(context, { ...current, nextAtMs: nextMs });
    }
  }

  const loop = startDueLoop(runtime, {
    nextMs: () =>
      all().reduce<number | undefined>((next, { rule: { nextAtMs } }) => {
        if (nextAtMs === undefined) return next;
        return next === undefined ? nextAtMs : Math.min(next, nextAtMs);
      }, undefined),
    async fire(nowMs) {
      for (const { scope, rule } of all()) {
        if (rule.nextAtMs !== undefined && rule.nextAtMs <= nowMs) await fireRule(scope, rule, nowMs);
      }
    },
  });
  loops.set(runtime, loop);
  return loop;
}

function scheduledEvent(scope: { account: string; region: string }, rule: RuleRecord, atMs: number, id: string) {
  return {
    version: "0",
    id,
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: scope.account,
    time: new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z"),
    region: scope.region,
    resources: [rule.arn],
    detail: {},
  } as const;
}

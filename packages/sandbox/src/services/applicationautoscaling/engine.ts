import { GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { type DueLoop, dueOccurrences, startDueLoop } from "../../core/due.ts";
import { parseSchedule } from "../../core/schedule-expression.ts";
import { capacityOf, scaleTo } from "./capacity.ts";
import { type ActionRecord, actions, functionOf, type PolicyRecord, policies, targets } from "./records.ts";

const MINUTE_MS = 60_000;
/**
 * As the alarms that AWS makes for a target tracking policy: three minutes above the target scale out, fifteen minutes
 * below nine tenths of it scale in. https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
 */
const OUT_MINUTES = 3;
const IN_MINUTES = 15;
const IN_BELOW = 0.9;

const loops = new WeakMap<ServiceRuntime, DueLoop>();
export const pokeScaling = (runtime: ServiceRuntime): void => loops.get(runtime)?.poke();

/** When a scheduled action comes next after `afterMs`, within its start and its end. */
export function nextAction(action: ActionRecord, afterMs: number): number | undefined {
  const schedule = parseSchedule(action.schedule, { zone: action.zone });
  const fromMs = action.startMs === undefined ? afterMs : Math.max(afterMs, action.startMs - 1);
  const nextMs = schedule?.next(fromMs, action.startMs ?? Date.parse(action.createdAt));
  return nextMs === undefined || (action.endMs !== undefined && nextMs > action.endMs) ? undefined : nextMs;
}

/** Policies are looked at each minute of sandbox time, scheduled actions at their times. */
export function startScaling(runtime: ServiceRuntime): DueLoop {
  const scopes = () =>
    runtime.scopes().map((scope) => ({ scope, store: runtime.storeOf(scope.account, scope.region) }));
  let lookedAtMs = runtime.clock.now().getTime();
  const loop = startDueLoop(runtime, {
    nextMs() {
      const times = scopes().flatMap(({ store }) => [
        ...actions(store)
          .list()
          .flatMap(({ value }) => value.nextAtMs ?? []),
        ...(policies(store).list().length > 0 ? [lookedAtMs + MINUTE_MS] : []),
      ]);
      return times.length > 0 ? Math.min(...times) : undefined;
    },
    async fire(nowMs) {
      for (const { scope, store } of scopes()) {
        const context = runtime.contextFor(scope.account, scope.region);
        for (const { key, value } of actions(store).list()) {
          if (value.nextAtMs === undefined || value.nextAtMs > nowMs) continue;
          const occurrence = { nextMs: value.nextAtMs, startMs: Date.parse(value.createdAt), nowMs, once: true };
          const schedule = parseSchedule(value.schedule, { zone: value.zone });
          // Of several that passed, one says all: they would set the same limits.
          const after = schedule && dueOccurrences(schedule, occurrence).nextMs;
          const nextAtMs = after === undefined ? undefined : nextAction(value, nowMs);
          actions(store).put(key, { ...value, nextAtMs });
          await runAction(context, value);
        }
        if (nowMs < lookedAtMs + MINUTE_MS) continue;
        for (const { key, value } of policies(store).list()) await track(context, key, value, nowMs);
      }
      if (nowMs >= lookedAtMs + MINUTE_MS) lookedAtMs = nowMs;
    },
  });
  loops.set(runtime, loop);
  return loop;
}

/** Sets a target's limits, and its capacity where that lies outside of them. */
async function runAction(context: Context, action: ActionRecord): Promise<void> {
  const target = targets(context).get(action.resourceId);
  if (!target || target.suspended.scheduled) return;
  const min = action.min ?? target.min;
  const max = Math.max(action.max ?? target.max, min);
  const changed = { ...target, min, max };
  targets(context).put(target.resourceId, changed);
  const capacity = await capacityOf(context, changed);
  const cause = `scheduled action name ${action.name} was triggered`;
  await scaleTo(context, changed, Math.min(Math.max(capacity, min), max), cause);
}

async function track(context: Context, key: string, policy: PolicyRecord, nowMs: number): Promise<void> {
  const target = targets(context).get(policy.resourceId);
  if (!target) return;
  const minutes = await utilisation(context, policy.resourceId, nowMs);
  const capacity = await capacityOf(context, target);
  if (capacity === 0) return;
  const passedMs = nowMs - (policy.lastScaledAtMs ?? Number.NEGATIVE_INFINITY);
  const wantedFor = (value: number) => Math.ceil((capacity * value) / policy.targetValue);
  const latest = minutes.slice(-OUT_MINUTES);
  const isHigh = latest.length === OUT_MINUTES && latest.every((value) => value > policy.targetValue);
  const calm = minutes.slice(-IN_MINUTES);
  const isLow = calm.length === IN_MINUTES && calm.every((value) => value < policy.targetValue * IN_BELOW);
  const scalesOut = isHigh && !target.suspended.out && passedMs >= policy.scaleOutCooldownS * 1000;
  const mayScaleIn = isLow && !target.suspended.in && !policy.disableScaleIn;
  const scalesIn = mayScaleIn && passedMs >= policy.scaleInCooldownS * 1000;
  if (!scalesOut && !scalesIn) return;
  const wanted = scalesOut
    ? Math.max(wantedFor(Math.max(...latest)), capacity + 1)
    : Math.min(wantedFor(Math.max(...calm)), capacity - 1);
  const cause = `target tracking policy ${policy.name}: utilization ${scalesOut ? "above" : "below"} ${policy.targetValue}`;
  const isChanged = await scaleTo(context, target, wanted, cause);
  if (isChanged) policies(context).put(key, { ...policy, lastScaledAtMs: nowMs });
}

/** The greatest utilisation of each of the last minutes that had an invocation: one without leaves no metric. */
async function utilisation(context: Context, resourceId: string, nowMs: number): Promise<number[]> {
  const { name, qualifier } = functionOf(resourceId);
  const Dimensions = [
    { Name: "FunctionName", Value: name },
    { Name: "Resource", Value: `${name}:${qualifier}` },
  ];
  const Metric = { Namespace: "AWS/Lambda", MetricName: "ProvisionedConcurrencyUtilization", Dimensions };
  const { MetricDataResults: [found] = [] } = await context.send(
    new GetMetricDataCommand({
      StartTime: new Date(Math.floor(nowMs / MINUTE_MS - IN_MINUTES) * MINUTE_MS),
      EndTime: new Date(Math.floor(nowMs / MINUTE_MS) * MINUTE_MS),
      MetricDataQueries: [{ Id: "used", MetricStat: { Metric, Period: 60, Stat: "Maximum" } }],
      ScanBy: "TimestampAscending",
    }),
  );
  return found?.Values ?? [];
}

import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { InvokeCommand, UpdateAliasCommand } from "@aws-sdk/client-lambda";
import type { ServiceRuntime } from "../../core/context.ts";
import { type DueLoop, startDueLoop } from "../../core/due.ts";
import { AwsError } from "../../core/errors.ts";
import type { Scope } from "./begin.ts";
import { requireConfig, shiftsOf } from "./configs.ts";
import { announce, finish } from "./outcome.ts";
import {
  agenda,
  type DeploymentRecord,
  deployments,
  type HookName,
  isOver,
  type Lifecycle,
  type LifecycleName,
} from "./records.ts";

/** How often alarms are asked, and a hook's answer is looked for, in sandbox time. AWS says only that it does so. */
const LOOK_AGAIN_MS = 10_000;
/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html */
const HOOK_MS = 3_600_000;

/** What a step came to: the record to keep, or the end. */
type Step = { readonly next: DeploymentRecord; readonly dueAtMs: number } | "over";

const loops = new WeakMap<ServiceRuntime, DueLoop>();

/** Something about a deployment changed: it is looked at now. */
export function pokeDeployments(runtime: ServiceRuntime): void {
  loops.get(runtime)?.poke();
}

/**
 * Moves deployments on when they are due. Each step is on disk before the next begins, and each can be done twice: after
 * a restart the step that was cut off is done again.
 */
export function startDeployments(runtime: ServiceRuntime): DueLoop {
  const due = () =>
    runtime.scopes().flatMap((scope) =>
      agenda(runtime.storeOf(scope.account, scope.region))
        .list()
        .map(({ key, value }) => ({ scope, id: key, dueAtMs: value.dueAtMs })),
    );
  const loop = startDueLoop(runtime, {
    nextMs() {
      const times = due().map(({ dueAtMs }) => dueAtMs);
      return times.length > 0 ? Math.min(...times) : undefined;
    },
    async fire(nowMs) {
      const work = due().filter(({ dueAtMs }) => dueAtMs <= nowMs);
      await Promise.all(work.map(({ scope, id }) => advance(runtime, scope, id)));
    },
  });
  loops.set(runtime, loop);
  return loop;
}

async function advance(runtime: ServiceRuntime, scope: Scope, id: string): Promise<void> {
  const store = runtime.storeOf(scope.account, scope.region);
  const deployment = deployments(store).get(id);
  if (!deployment || isOver(deployment)) return void agenda(store).delete(id);
  try {
    const step = await stepOf(runtime, scope, deployment);
    if (step === "over") return;
    // A hook may have answered, or somebody stopped it, while the step was under way.
    const now = deployments(store).get(id);
    if (!now || isOver(now)) return;
    store.transaction(() => {
      const { lifecycle } = step.next;
      const answered = now.hook === undefined && step.next.hook !== undefined && deployment.hook !== undefined;
      deployments(store).put(id, answered ? now : { ...step.next, lifecycle });
      agenda(store).put(id, { dueAtMs: answered ? runtime.clock.now().getTime() : step.dueAtMs });
    });
  } catch (error) {
    const code =
      error instanceof AwsError && /AccessDenied/.test(error.code) ? "IAM_ROLE_PERMISSIONS" : "INTERNAL_ERROR";
    const text = error instanceof Error ? error.message : String(error);
    await finish(runtime, scope, deployment, {
      ...{ status: "Failed", error: { code, message: text }, cause: "DEPLOYMENT_FAILURE" },
    });
  }
}

async function stepOf(runtime: ServiceRuntime, scope: Scope, deployment: DeploymentRecord): Promise<Step> {
  const nowMs = runtime.clock.now().getTime();
  if (deployment.status === "Created") {
    await announce(runtime, scope, deployment, "START");
    return { next: { ...deployment, status: "InProgress", startedAt: new Date(nowMs).toISOString() }, dueAtMs: nowMs };
  }
  const ringing = await ringingAlarms(runtime, scope, deployment);
  if (ringing.length > 0) {
    const message = `One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: <${ringing.join(", ")}>`;
    await finish(runtime, scope, deployment, {
      ...{ status: "Stopped", error: { code: "ALARM_ACTIVE", message }, cause: "DEPLOYMENT_STOP_ON_ALARM" },
    });
    return "over";
  }
  const current = deployment.lifecycle.find(({ status }) => status === "Pending" || status === "InProgress");
  if (!current) {
    await finish(runtime, scope, deployment, { status: "Succeeded" });
    return "over";
  }
  if (current.name === "AllowTraffic") return shift(runtime, scope, deployment, nowMs);
  return runHook(runtime, scope, deployment, current.name, nowMs);
}

/** Begins a hook, or looks whether its time is over. Its answer comes by PutLifecycleEventHookExecutionStatus. */
async function runHook(
  runtime: ServiceRuntime,
  scope: Scope,
  deployment: DeploymentRecord,
  name: HookName,
  nowMs: number,
): Promise<Step> {
  const functionName = deployment.target.hooks[name];
  if (functionName === undefined) {
    return { next: marked(deployment, name, "Succeeded", nowMs), dueAtMs: nowMs };
  }
  const { hook } = deployment;
  if (hook === undefined) {
    // The id first: a hook that is invoked again after a crash answers for the same execution.
    const executionId = runtime.random.uuid();
    const begun = { name, executionId, untilMs: nowMs + HOOK_MS, invoked: false };
    return { next: { ...marked(deployment, name, "InProgress", nowMs), hook: begun }, dueAtMs: nowMs };
  }
  if (!hook.invoked) {
    const Payload = JSON.stringify({ DeploymentId: deployment.id, LifecycleEventHookExecutionId: hook.executionId });
    const { send } = runtime.contextFor(scope.account, scope.region);
    const command = new InvokeCommand({ FunctionName: functionName, InvocationType: "Event", Payload });
    await send(command, { roleArn: deployment.roleArn, region: scope.region });
    return { next: { ...deployment, hook: { ...hook, invoked: true } }, dueAtMs: nowMs + LOOK_AGAIN_MS };
  }
  if (nowMs >= hook.untilMs) {
    const message = `The ${name} lifecycle event hook did not report a status within one hour.`;
    await finish(runtime, scope, deployment, {
      ...{ status: "Failed", error: { code: "HOOK_EXECUTION_FAILURE", message }, cause: "DEPLOYMENT_FAILURE" },
    });
    return "over";
  }
  return { next: deployment, dueAtMs: Math.min(nowMs + LOOK_AGAIN_MS, hook.untilMs) };
}

/** Moves traffic as far as it is time for. */
async function shift(
  runtime: ServiceRuntime,
  scope: Scope,
  deployment: DeploymentRecord,
  nowMs: number,
): Promise<Step> {
  const isFirst = deployment.lifecycle.some(({ name, status }) => name === "AllowTraffic" && status === "Pending");
  if (isFirst) {
    const { routing } = requireConfig(runtime.storeOf(scope.account, scope.region), deployment.configName);
    const shifts = shiftsOf(routing).map(({ afterMs, percent }) => ({ atMs: nowMs + afterMs, percent }));
    return { next: { ...marked(deployment, "AllowTraffic", "InProgress", nowMs), shifts }, dueAtMs: nowMs };
  }
  const passed = deployment.shifts.filter(({ atMs }) => atMs <= nowMs).at(-1);
  if (!passed) {
    const atMs = deployment.shifts[0]?.atMs ?? nowMs;
    const isWatching = deployment.alarms.length > 0;
    return { next: deployment, dueAtMs: isWatching ? Math.min(atMs, nowMs + LOOK_AGAIN_MS) : atMs };
  }
  const { target, roleArn } = deployment;
  const isLast = passed.percent >= 100;
  const { send } = runtime.contextFor(scope.account, scope.region);
  await send(
    new UpdateAliasCommand({
      ...{ FunctionName: target.functionName, Name: target.alias },
      FunctionVersion: isLast ? target.targetVersion : target.currentVersion,
      RoutingConfig: {
        AdditionalVersionWeights: isLast ? {} : { [target.targetVersion]: passed.percent / 100 },
      },
    }),
    { roleArn, region: scope.region },
  );
  runtime.log("deployment.shifted", { deployment: deployment.id, percent: passed.percent });
  const shifts = deployment.shifts.filter(({ atMs }) => atMs > nowMs);
  const next = { ...deployment, percent: passed.percent, shifts };
  return { next: isLast ? marked(next, "AllowTraffic", "Succeeded", nowMs) : next, dueAtMs: nowMs };
}

function marked(
  deployment: DeploymentRecord,
  name: LifecycleName,
  status: "InProgress" | "Succeeded",
  nowMs: number,
): DeploymentRecord {
  const at = new Date(nowMs).toISOString();
  const lifecycle = deployment.lifecycle.map((one): Lifecycle => {
    if (one.name !== name) return one;
    return status === "InProgress" ? { ...one, status, startedAt: at } : { startedAt: at, ...one, status, endedAt: at };
  });
  return { ...deployment, lifecycle };
}

/** Alarms of the group that are in ALARM. Ones that can't be read stop the deployment too, unless the group says otherwise. */
async function ringingAlarms(
  runtime: ServiceRuntime,
  { account, region }: Scope,
  { alarms, alarmsMayBeUnreadable, roleArn }: DeploymentRecord,
): Promise<string[]> {
  if (alarms.length === 0) return [];
  const AlarmTypes: ("MetricAlarm" | "CompositeAlarm")[] = ["MetricAlarm", "CompositeAlarm"];
  try {
    const { send } = runtime.contextFor(account, region);
    const found = await send(new DescribeAlarmsCommand({ AlarmNames: [...alarms], AlarmTypes }), { roleArn, region });
    return [...(found.MetricAlarms ?? []), ...(found.CompositeAlarms ?? [])]
      .filter(({ StateValue }) => StateValue === "ALARM")
      .map(({ AlarmName = "" }) => AlarmName);
  } catch (error) {
    if (alarmsMayBeUnreadable) return [];
    throw error;
  }
}

import { InvokeCommand } from "@aws-sdk/client-lambda";
import type * as sdk from "@aws-sdk/client-secrets-manager";
import type { RotationRulesType } from "@aws-sdk/client-secrets-manager";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { type DueLoop, startDueLoop } from "../../core/due.ts";
import { AwsError } from "../../core/errors.ts";
import { parseSchedule } from "../../core/schedule-expression.ts";
import type { Operations } from "../../core/service.ts";
import {
  CURRENT,
  forget,
  getVersion,
  invalidParameter,
  invalidRequest,
  listVersions,
  moveStages,
  openSecret,
  PENDING,
  putVersion,
  type RotationRecord,
  type SecretRecord,
  secretsOf,
} from "./secrets.ts";

const DAY_MS = 86_400_000;
const MOST_DAYS = 1000;
/** In this order, each with the same token. https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html */
const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"];

interface Timers {
  poke(): void;
  /** Runs the rotation whose version is pending. */
  rotate(scope: { account: string; region: string }, name: string): void;
  stop(): Promise<void>;
}

const allTimers = new WeakMap<ServiceRuntime, Timers>();

/** Rotations and ends of recovery windows of this sandbox. Keyed by its runtime: two sandboxes may run in one process. */
export function timersOf(runtime: ServiceRuntime): Timers {
  const known = allTimers.get(runtime);
  if (known) return known;
  const underWay = new Set<Promise<void>>();
  const ending = new AbortController();
  let loop: DueLoop | undefined;

  const timers: Timers = {
    poke: () => loop?.poke(),
    rotate(scope, name) {
      const work = runRotation(runtime.contextFor(scope.account, scope.region), name, ending.signal)
        .catch((error: unknown) => runtime.log("secret.rotation-broken", { name, error: String(error) }))
        .finally(() => underWay.delete(work));
      underWay.add(work);
    },
    async stop() {
      // A function that hangs must not hold up the end: its rotation is taken up at the next start.
      ending.abort();
      await loop?.stop();
    },
  };
  allTimers.set(runtime, timers);
  const all = () =>
    runtime.scopes().flatMap((scope) => {
      const store = runtime.storeOf(scope.account, scope.region);
      return secretsOf(store)
        .list()
        .map(({ value }) => ({ scope, secret: value, dueMs: dueOf(value) }));
    });
  for (const { scope, secret } of all()) if (secret.rotation?.pending) timers.rotate(scope, secret.name);
  loop = startDueLoop(runtime, {
    nextMs: () => all().reduce<number | undefined>((next, { dueMs }) => earlier(next, dueMs), undefined),
    async fire(nowMs) {
      for (const { scope, secret, dueMs } of all()) {
        if (dueMs === undefined || dueMs > nowMs) continue;
        const home = runtime.contextFor(scope.account, scope.region);
        if (secret.goneAtMs !== undefined) forget(home, secret);
        else begin(home, secret, runtime.random.uuid());
      }
    },
  });
  return timers;
}

const earlier = (a: number | undefined, b: number | undefined) =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);

function dueOf({ goneAtMs, rotation }: SecretRecord): number | undefined {
  if (goneAtMs !== undefined) return goneAtMs;
  return rotation?.enabled && rotation.pending === undefined ? rotation.nextAtMs : undefined;
}

/** Stores the version that is to be made, before anything is asked of the function. */
function begin(home: Context, secret: SecretRecord, token: string): void {
  const { rotation } = secret;
  if (!rotation) return;
  const nowMs = home.clock.now().getTime();
  home.store.transaction(() => {
    const keyId = secret.keyId ?? "DefaultEncryptionKey";
    if (!getVersion(home, secret.arn, token)) {
      putVersion(home, secret.arn, { id: token, stages: [], sealed: "", isBinary: false, keyId, createdAtMs: nowMs });
    }
    moveStages(home, secret.arn, [PENDING], token);
    const nextAtMs = nextOf(rotation, nowMs);
    secretsOf(home).put(secret.name, { ...secret, rotation: { ...rotation, pending: token, nextAtMs } });
  });
  timersOf(home.runtime).rotate(home, secret.name);
}

async function runRotation(home: Context, name: string, ending: AbortSignal): Promise<void> {
  const secret = secretsOf(home).get(name);
  const token = secret?.rotation?.pending;
  if (!secret || token === undefined) return;
  let failure: string | undefined;
  for (const Step of STEPS) {
    failure = await invoke(home, secret, { Step, SecretId: secret.arn, ClientRequestToken: token });
    if (ending.aborted) return;
    if (failure !== undefined) break;
  }
  const isCurrent = getVersion(home, secret.arn, token)?.stages.includes(CURRENT) ?? false;
  if (failure === undefined && !isCurrent) failure = "finishSecret left the new version without AWSCURRENT";
  home.store.transaction(() => {
    const latest = secretsOf(home).get(name);
    if (!latest?.rotation) return;
    const lastRotatedAtMs = failure === undefined ? home.clock.now().getTime() : latest.rotation.lastRotatedAtMs;
    const rotation = { ...latest.rotation, pending: undefined, lastRotatedAtMs };
    secretsOf(home).put(name, {
      ...latest,
      rotation: { ...rotation, nextAtMs: nextOf(rotation, home.clock.now().getTime()) },
    });
    if (failure === undefined) moveStages(home, secret.arn, [PENDING], undefined);
  });
  const outcome = failure === undefined ? "secret.rotated" : "secret.rotation-failed";
  home.log(outcome, { secret: secret.arn, version: token, ...(failure === undefined ? {} : { reason: failure }) });
  timersOf(home.runtime).poke();
}

interface RotationEvent {
  readonly Step: string;
  readonly SecretId: string;
  readonly ClientRequestToken: string | undefined;
}

/** Why a step failed; undefined when it didn't. */
async function invoke(home: Context, secret: SecretRecord, event: RotationEvent): Promise<string | undefined> {
  try {
    const answer = await home.send(
      new InvokeCommand({ FunctionName: secret.rotation?.lambdaArn, Payload: Buffer.from(JSON.stringify(event)) }),
      { sourceArn: secret.arn },
    );
    if (answer.FunctionError === undefined) return undefined;
    return `${event.Step}: ${Buffer.from(answer.Payload ?? []).toString()}`;
  } catch (error) {
    return `${event.Step}: ${String(error)}`;
  }
}

/** When the rules let a secret be rotated next: days count from the last rotation, expressions from their own beginning. */
function nextOf(rotation: RotationRecord, nowMs: number): number | undefined {
  const { rules, rulesSinceMs, lastRotatedAtMs } = rotation;
  const { ScheduleExpression: expression, AutomaticallyAfterDays: days } = rules;
  if (expression !== undefined) return parseSchedule(expression)?.next(nowMs, rulesSinceMs);
  if (days === undefined) return undefined;
  const fromMs = lastRotatedAtMs ?? rulesSinceMs;
  return fromMs + Math.max(Math.ceil((nowMs - fromMs + 1) / (days * DAY_MS)), 1) * days * DAY_MS;
}

function checkRules(rules: RotationRulesType): RotationRulesType {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression } = rules;
  if (days !== undefined && expression !== undefined) {
    throw invalidParameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression in RotationRules.");
  }
  if (days !== undefined && (days < 1 || days > MOST_DAYS)) {
    throw invalidParameter(`AutomaticallyAfterDays must be between 1 and ${MOST_DAYS}.`);
  }
  const schedule = expression === undefined ? undefined : parseSchedule(expression);
  if (expression !== undefined && (!schedule || schedule.kind === "at")) {
    throw invalidParameter(`The schedule expression ${expression} isn't valid.`);
  }
  return rules;
}

/** AWS asks at once whether it may call the function. */
async function requireInvokable(home: Context, secret: SecretRecord, FunctionName: string): Promise<void> {
  try {
    await home.send(new InvokeCommand({ FunctionName, InvocationType: "DryRun" }), { sourceArn: secret.arn });
  } catch (error) {
    if (!(error instanceof AwsError) || error.status === 501) throw error;
    const message =
      "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.";
    throw new AwsError("AccessDeniedException", message);
  }
}

export const rotationOperations: Operations<typeof sdk> = {
  async RotateSecret(context, input) {
    const { secret, home } = openSecret(context, input.SecretId, "secretsmanager:RotateSecret");
    const before = secret.rotation;
    const lambdaArn = input.RotationLambdaARN ?? before?.lambdaArn;
    if (lambdaArn === undefined) {
      throw invalidRequest("No Lambda rotation function ARN is associated with this secret.");
    }
    const rules = input.RotationRules ? checkRules(input.RotationRules) : (before?.rules ?? {});
    await requireInvokable(home, secret, lambdaArn);
    if (before?.pending !== undefined) {
      throw invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.");
    }
    const nowMs = context.clock.now().getTime();
    const rulesSinceMs = input.RotationRules ? nowMs : (before?.rulesSinceMs ?? nowMs);
    const kept = { ...before, enabled: true, lambdaArn, rules, rulesSinceMs };
    const rotation = { ...kept, nextAtMs: nextOf(kept, nowMs) };
    const latest = { ...(secretsOf(home).get(secret.name) ?? secret), rotation };
    secretsOf(home).put(secret.name, latest);
    const answer = { ARN: secret.arn, Name: secret.name };
    timersOf(context.runtime).poke();
    if (input.RotateImmediately === false) {
      // AWS tries the configuration out with the one step that changes nothing.
      const current = listVersions(home, secret.arn).find(({ stages }) => stages.includes(CURRENT));
      await invoke(home, latest, { Step: "testSecret", SecretId: secret.arn, ClientRequestToken: current?.id });
      return answer;
    }
    const token = input.ClientRequestToken ?? context.random.uuid();
    begin(home, latest, token);
    return { ...answer, VersionId: token };
  },

  CancelRotateSecret(context, { SecretId }) {
    const { secret, home } = openSecret(context, SecretId, "secretsmanager:CancelRotateSecret");
    const { rotation } = secret;
    if (rotation) secretsOf(home).put(secret.name, { ...secret, rotation: { ...rotation, enabled: false } });
    timersOf(context.runtime).poke();
    return { ARN: secret.arn, Name: secret.name };
  },
};

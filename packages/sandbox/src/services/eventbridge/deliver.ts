import type { Target } from "@aws-sdk/client-eventbridge";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { createOutbox, type Outbox } from "../../core/outbox.ts";
import { matchesPattern, parsePattern } from "../../core/pattern.ts";
import { policyAllows } from "../../core/policy.ts";
import { buryMessage, reachTarget } from "../../core/targets.ts";
import { type BusEvent, getBus, policyOf, type RuleRecord, rules, targets } from "./records.ts";
import { inputFor } from "./target-input.ts";

declare module "../../core/context.ts" {
  interface SandboxSignals {
    /** A rule matched an event; its targets have been given it. */
    "eventbridge.matched": { type: "eventbridge.matched"; ruleArn: string; event: BusEvent };
  }
}

/** One event on its way to one target. */
interface Delivery {
  readonly ruleArn: string;
  readonly target: Target;
  readonly event: BusEvent;
  readonly payload: string;
  readonly traceHeader: string | undefined;
  /** An event crosses one border between buses, not two. */
  readonly hops: number;
}

/** What a target without a retry policy gets. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html */
const RETRIES = 185;
const AGE_S = 86_400;
const MOST_HOPS = 1;

const outboxes = new WeakMap<ServiceRuntime, Outbox<Delivery>>();

/** Deliveries of this sandbox's EventBridge. Keyed by its runtime: two sandboxes may run in one process. */
export function outboxOf(runtime: ServiceRuntime): Outbox<Delivery> {
  const known = outboxes.get(runtime);
  if (known) return known;
  const outbox = createOutbox<Delivery>(runtime, {
    name: "deliveries",
    attempt: reach,
    limits: ({ target: { RetryPolicy } }) => ({
      retries: RetryPolicy?.MaximumRetryAttempts ?? RETRIES,
      ageMs: (RetryPolicy?.MaximumEventAgeInSeconds ?? AGE_S) * 1000,
    }),
    async giveUp(context, { ruleArn, target, event, payload }, failure) {
      const about = { rule: ruleArn, target: target.Arn, event: event.id };
      context.log("event.undelivered", { ...about, error: `${failure.error.code}: ${failure.error.message}` });
      const queueArn = target.DeadLetterConfig?.Arn;
      if (!queueArn) return;
      const attributes = { RULE_ARN: ruleArn, TARGET_ARN: target.Arn ?? "" };
      const letter = { queueArn, body: payload, sourceArn: ruleArn, attributes, failure };
      await buryMessage(context, letter).catch((refused: unknown) =>
        context.log("event.lost", { ...about, target: queueArn, error: String(refused) }),
      );
    },
  });
  outboxes.set(runtime, outbox);
  return outbox;
}

/**
 * Gives an event to the targets of every rule of a bus that matches, before PutEvents is acknowledged. `context` acts in
 * the bus's account. A target that refuses it is logged, and gets it no more: as on AWS, the sender never hears of it.
 */
export async function deliver(context: Context, bus: string, event: BusEvent, hops = 0): Promise<void> {
  for (const { value: rule } of rules(context, bus).list()) {
    if (!rule.enabled || rule.pattern === undefined) continue;
    if (matchesPattern(parsePattern(rule.pattern), event as never)) await trigger(context, rule, event, hops);
  }
}

/** Gives an event to all targets of one rule. */
export async function trigger(context: Context, rule: RuleRecord, event: BusEvent, hops = 0): Promise<void> {
  const { traceHeader, account, surroundings } = context;
  const copies = surroundings.faults.copiesOf({ service: "events", operation: event["detail-type"], account });
  for (const { value: target } of targets(context, rule).list()) {
    const payload = inputFor(target, rule, event);
    if (payload === undefined) {
      context.log("event.untransformed", { rule: rule.arn, target: target.Arn, event: event.id });
      continue;
    }
    const delivery = { ruleArn: rule.arn, target, event, payload, traceHeader, hops };
    for (let copy = 0; copy < copies; copy += 1) await outboxOf(context.runtime).deliver(context, delivery);
  }
  context.signals.emit({ type: "eventbridge.matched", ruleArn: rule.arn, event });
}

async function reach(context: Context, delivery: Delivery): Promise<void> {
  const { target, ruleArn, payload, traceHeader } = delivery;
  const arn = target.Arn ?? "";
  if (/^arn:aws:events:[^:]+:\d{12}:event-bus\//.test(arn)) return toBus(context, arn, delivery);
  await reachTarget(context, {
    arn,
    payload,
    roleArn: target.RoleArn,
    sourceArn: ruleArn,
    messageGroupId: target.SqsParameters?.MessageGroupId,
    traceHeader,
  });
}

/** Another bus gets the event as it is, with its id and its account. Of another account, under that bus's policy. */
async function toBus(context: Context, arn: string, { event, hops, ruleArn }: Delivery): Promise<void> {
  const [, , , region = "", account = ""] = arn.split(":");
  const home = context.runtime.contextFor(account, region);
  const bus = getBus(home, arn);
  if (hops >= MOST_HOPS)
    throw new AwsError("ThirdHop", "Events aren't sent on from the bus that another bus sent them to.");
  const isForeign = account !== context.account;
  const caller = {
    account: context.account,
    arn: `arn:aws:iam::${context.account}:root`,
    accessKeyId: "",
    sourceArn: ruleArn,
  };
  const policy = policyOf(bus);
  const request = { action: "events:PutEvents", resource: bus.arn, caller };
  if (isForeign && !(policy !== undefined && policyAllows(policy, request))) {
    throw new AwsError("AccessDeniedException", `No policy of ${bus.arn} lets ${context.account} put events there.`);
  }
  await deliver(home, bus.name, event, hops + 1);
}

import type { Target } from "@aws-sdk/client-eventbridge";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { Context } from "../../core/context.ts";
import { matchesPattern, parsePattern } from "../../core/pattern.ts";
import { type RuleRecord, rules, targets } from "./records.ts";

/** An event as rules and targets see it. */
export interface BusEvent {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

declare module "../../core/context.ts" {
  interface SandboxSignals {
    /** A rule matched an event; its targets have been given it. */
    "eventbridge.matched": { type: "eventbridge.matched"; ruleArn: string; event: BusEvent };
  }
}

/**
 * Gives an event to the targets of every rule that matches, before PutEvents is acknowledged. A target that refuses it
 * (its policy, its being gone) is logged, and gets it no more: as on AWS, the sender never hears of it.
 */
export async function deliver(context: Context, event: BusEvent): Promise<void> {
  for (const { value: rule } of rules(context).list()) {
    if (!rule.enabled || !matchesPattern(parsePattern(rule.pattern), event as never)) continue;
    for (const { value: target } of targets(context, rule.name).list()) await give(context, rule, target, event);
    context.signals.emit({ type: "eventbridge.matched", ruleArn: rule.arn, event });
  }
}

async function give(context: Context, rule: RuleRecord, target: Target, event: BusEvent): Promise<void> {
  const body = bodyFor(target, event);
  try {
    await sendToQueue(context, rule, target.Arn ?? "", body);
  } catch (error) {
    context.log("event.undelivered", { rule: rule.arn, target: target.Arn, event: event.id, error: String(error) });
    const deadLetters = target.DeadLetterConfig?.Arn;
    if (!deadLetters) return;
    await sendToQueue(context, rule, deadLetters, body).catch((refused: unknown) =>
      context.log("event.lost", { rule: rule.arn, target: deadLetters, event: event.id, error: String(refused) }),
    );
  }
}

/** Sends as EventBridge itself, for the rule: the queue's policy decides. */
async function sendToQueue(context: Context, rule: RuleRecord, queueArn: string, MessageBody: string): Promise<void> {
  const [, , , region = "", account = "", name = ""] = queueArn.split(":");
  const QueueUrl = `${context.surroundings.awsUrl}/${account}/${name}`;
  const scope = { account, region, sourceArn: rule.arn };
  await context.send(new SendMessageCommand({ QueueUrl, MessageBody }), scope);
}

/** The event, a part of it (`$.detail.pipeline`), or a constant, as the target wants it. */
function bodyFor(target: Target, event: BusEvent): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath === undefined) return JSON.stringify(event);
  let value: unknown = event;
  for (const part of target.InputPath.split(".").slice(1))
    value = (value as Record<string, unknown> | undefined)?.[part];
  return JSON.stringify(value ?? null);
}

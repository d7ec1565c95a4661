import type { Tag, Target } from "@aws-sdk/client-eventbridge";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Collection } from "../../core/store.ts";

export interface RuleRecord {
  readonly name: string;
  readonly arn: string;
  readonly pattern: string;
  readonly enabled: boolean;
  readonly description?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly tags: readonly Tag[];
}

export const DEFAULT_BUS = "default";

export const rules = (context: Context): Collection<RuleRecord> => context.collection("rules");

/** Targets of a rule, by their id. */
export const targets = (context: Context, rule: string): Collection<Target> => context.collection(`targets ${rule}`);

export function busArn(context: Context): string {
  return `arn:aws:events:${context.region}:${context.account}:event-bus/${DEFAULT_BUS}`;
}

/** The default bus is the only one here; raises `ResourceNotFoundException` for any other. */
export function requireBus(context: Context, name = DEFAULT_BUS): void {
  if (name === DEFAULT_BUS || name === busArn(context)) return;
  throw new AwsError("ResourceNotFoundException", `Event bus ${name} does not exist.`);
}

export function getRule(context: Context, name = "", bus?: string | undefined): RuleRecord {
  requireBus(context, bus);
  const rule = rules(context).get(name);
  if (!rule) throw new AwsError("ResourceNotFoundException", `Rule ${name} does not exist on EventBus ${DEFAULT_BUS}.`);
  return rule;
}

import { isObject, type Json, type JsonObject } from "../../json.ts";
import { type Draft, draft } from "../context.ts";
import { propertyRules } from "../properties.ts";
import { getAtt, isTruthy } from "../values.ts";
import { deadLetterQueue } from "./dead-letter.ts";
import { type Event, eventRefusal } from "./event.ts";
import { permission } from "./permission.ts";
import { startRole } from "./start-role.ts";

const KINDS = {
  text: "EventBusName RuleName Input InputPath State",
  map: "Pattern DeadLetterConfig RetryPolicy Target InputTransformer",
};
export const FUNCTION_RULE = propertyRules({ ...KINDS, flag: "Enabled" });
export const MACHINE_RULE = propertyRules({ ...KINDS, literal: "Target" });

const PRINCIPAL = "events.amazonaws.com";
const MAX_TARGET_ID = 64;

/** `EventBridgeRule`, formerly `CloudWatchEvent`: what matches a pattern starts the function or state machine. */
export function expandRule(event: Event): Draft[] {
  const { properties, id, attributes } = event;
  const rule = draft(id, "AWS::Events::Rule", attributes, {
    EventBusName: properties.EventBusName,
    EventPattern: properties.Pattern,
    Name: properties.RuleName,
    State: stateOf(event),
  });
  return [rule, ...targetOf(event, rule)];
}

/** The rule's `State`, from `State` or `Enabled`. */
export function stateOf(event: Event): Json | undefined {
  const { State: state, Enabled: enabled } = event.properties;
  if (isTruthy(state) && enabled !== undefined) {
    throw eventRefusal(event, "State and Enabled Properties cannot both be specified.", "State");
  }
  if (enabled !== undefined) return isTruthy(enabled) ? "ENABLED" : "DISABLED";
  return isTruthy(state) ? state : undefined;
}

/** Gives the rule its target; what else that takes: a permission or a role, and a queue for what can't be delivered. */
export function targetOf(event: Event, rule: Draft): Draft[] {
  const { properties, target, id } = event;
  const isMachine = event.source.type === "AWS::Serverless::StateMachine";
  const { Target: named, DeadLetterConfig, RetryPolicy } = properties;
  const suffix = isMachine ? "StepFunctionsTarget" : "LambdaTarget";
  const own = isObject(named) ? named.Id : undefined;
  const made: JsonObject = { Arn: target.arn, Id: own ?? `${id.slice(0, MAX_TARGET_ID - suffix.length)}${suffix}` };
  const drafts: Draft[] = [];
  if (isMachine) {
    const { RoleArn: given } = properties;
    const role = given === undefined ? startRole(event, PRINCIPAL) : undefined;
    if (role) drafts.push(role);
    made.RoleArn = role ? getAtt(role.id, "Arn") : (given ?? null);
  }
  for (const name of ["Input", "InputPath", "InputTransformer"]) {
    const value = properties[name];
    if (value !== undefined) made[name] = value;
  }
  const ruleArn = getAtt(rule.id, "Arn");
  if (DeadLetterConfig !== undefined) {
    const queue = deadLetterQueue(event, DeadLetterConfig, ruleArn);
    made.DeadLetterConfig = { Arn: queue.arn };
    drafts.push(...queue.drafts);
  }
  if (RetryPolicy !== undefined) made.RetryPolicy = RetryPolicy;
  rule.properties.Targets = [made];
  return isMachine ? drafts : [...drafts, permission(event, PRINCIPAL, ruleArn)];
}

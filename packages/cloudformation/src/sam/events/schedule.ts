import { type Draft, draft } from "../context.ts";
import { propertyRules } from "../properties.ts";
import type { Event } from "./event.ts";
import { stateOf, targetOf } from "./rule.ts";

const KINDS = {
  text: "Schedule Input State Name Description",
  flag: "Enabled",
  map: "DeadLetterConfig RetryPolicy",
  required: "Schedule",
};
export const FUNCTION_SCHEDULE = propertyRules({ ...KINDS, unsupported: "RuleName" });
export const MACHINE_SCHEDULE = propertyRules({
  ...KINDS,
  text: `${KINDS.text} RoleArn`,
  map: `${KINDS.map} Target`,
  literal: "RoleArn Target",
});

/** `Schedule`: a rule of EventBridge that fires by the clock. */
export function expandSchedule(event: Event): Draft[] {
  const { properties, id, attributes } = event;
  const rule = draft(id, "AWS::Events::Rule", attributes, {
    ScheduleExpression: properties.Schedule,
    State: stateOf(event),
    Name: properties.Name,
    Description: properties.Description,
  });
  return [rule, ...targetOf(event, rule)];
}

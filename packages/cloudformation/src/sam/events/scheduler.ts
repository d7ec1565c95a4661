import type { Json, JsonObject } from "../../json.ts";
import { type Draft, draft } from "../context.ts";
import { assumedBy, destinationPolicy, inlinePolicy } from "../policies.ts";
import { propertyRules } from "../properties.ts";
import { getAtt, isTruthy } from "../values.ts";
import { deadLetterQueue } from "./dead-letter.ts";
import { type Event, eventRefusal } from "./event.ts";

export const SCHEDULER = propertyRules({
  text:
    "PermissionsBoundary ScheduleExpression Name State Description StartDate EndDate ScheduleExpressionTimezone " +
    "GroupName KmsKeyArn Input RoleArn",
  map: "FlexibleTimeWindow DeadLetterConfig RetryPolicy",
  flag: "OmitName",
  literal: "OmitName",
  required: "ScheduleExpression",
});

/** `ScheduleV2`: a schedule of EventBridge Scheduler, and the role by which it starts its target. */
export function expandScheduler(event: Event): Draft[] {
  const { properties, id, attributes } = event;
  const { Name: name, OmitName: omitsName, State: state, FlexibleTimeWindow: window, DeadLetterConfig } = properties;
  if (omitsName === true && isTruthy(name))
    throw eventRefusal(event, "Name cannot be set when OmitName is True", "Name");
  const drafts: Draft[] = [];
  const target: JsonObject = { Arn: event.target.arn };
  let queueArn: Json | undefined;
  if (DeadLetterConfig !== undefined) {
    const queue = deadLetterQueue(event, DeadLetterConfig, undefined);
    drafts.push(...queue.drafts);
    queueArn = queue.arn;
    target.DeadLetterConfig = { Arn: queueArn };
  }
  if (isTruthy(properties.RoleArn)) {
    target.RoleArn = properties.RoleArn;
  } else {
    const role = schedulerRole(event, queueArn);
    drafts.push(role);
    target.RoleArn = getAtt(role.id, "Arn");
  }
  for (const key of ["Input", "RetryPolicy"]) {
    const value = properties[key];
    if (value !== undefined) target[key] = value;
  }
  const schedule = draft(id, "AWS::Scheduler::Schedule", attributes, {
    ScheduleExpression: properties.ScheduleExpression,
    FlexibleTimeWindow: isTruthy(window) ? window : { Mode: "OFF" },
    Name: omitsName === true ? undefined : isTruthy(name) ? name : id,
    State: isTruthy(state) ? state : undefined,
    Description: properties.Description,
    StartDate: properties.StartDate,
    EndDate: properties.EndDate,
    ScheduleExpressionTimezone: properties.ScheduleExpressionTimezone,
    GroupName: properties.GroupName,
    KmsKeyArn: properties.KmsKeyArn,
    Target: target,
  });
  return [schedule, ...drafts];
}

function schedulerRole(event: Event, queueArn: Json | undefined): Draft {
  const { id, target, properties, attributes } = event;
  const starts =
    event.source.type === "AWS::Serverless::StateMachine"
      ? inlinePolicy(`${id}StartExecutionPolicy`, { action: "states:StartExecution", on: target.arn })
      : inlinePolicy(`${id}LambdaPolicy`, { action: "lambda:InvokeFunction", on: target.arn });
  const writes = isTruthy(queueArn) ? destinationPolicy("SQS", id, queueArn) : undefined;
  const { PermissionsBoundary: boundary } = properties;
  return draft(`${id}Role`, "AWS::IAM::Role", attributes, {
    AssumeRolePolicyDocument: assumedBy("scheduler.amazonaws.com"),
    Policies: writes ? [starts, writes] : [starts],
    PermissionsBoundary: isTruthy(boundary) ? boundary : undefined,
  });
}

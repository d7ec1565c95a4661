import { type Draft, draft } from "../context.ts";
import { assumedBy, inlinePolicy } from "../policies.ts";
import { isTruthy } from "../values.ts";
import type { Event } from "./event.ts";

/** A role by which a service starts the event's state machine. */
export function startRole(event: Event, principal: string): Draft {
  const id = `${event.id}Role`;
  const { PermissionsBoundary: boundary } = event.source.properties;
  const policy = inlinePolicy(`${id}StartExecutionPolicy`, { action: "states:StartExecution", on: event.target.arn });
  return draft(id, "AWS::IAM::Role", event.attributes, {
    AssumeRolePolicyDocument: assumedBy(principal),
    Policies: [policy],
    PermissionsBoundary: isTruthy(boundary) ? boundary : undefined,
  });
}

import type { Json, JsonObject, TemplateEdit } from "@turnpike/cloudformation";
import type { Fix } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { resourceOf } from "../targets.ts";
import { isWritable } from "../writable.ts";

const FOURTEEN_DAYS = 1_209_600;

/** Who puts messages into the queue: a service that the queue must let, or a role that must be let. */
type Sender =
  | { readonly kind: "service"; readonly name: string; readonly arn: Json }
  | { readonly kind: "role"; readonly arn: Json | undefined }
  /** Of itself: a queue's redrive, and what SAM gives the role that it makes. */
  | { readonly kind: "allowed" };

interface DeadLetterFix {
  readonly item: Item;
  readonly summary: string;
  readonly sender: Sender;
  /** Of what sends in order: a FIFO queue's or topic's dead letters are in order too. */
  readonly fifo?: boolean;
  /** What says that it goes to the queue with this ARN. */
  edits(queueArn: JsonObject): readonly TemplateEdit[];
}

/**
 * A queue for the failures of a resource, and the leave to send to it. Undefined where no text can do it: the place was
 * written under a condition, the role isn't in the template, or the queue's name is taken.
 */
export function deadLetterFix(
  subject: Subject,
  { item, summary, sender, fifo, edits }: DeadLetterFix,
): Fix | undefined {
  const id = `${item.id}DeadLetters`;
  const arn = { "Fn::GetAtt": [id, "Arn"] };
  const role = sender.kind === "role" ? resourceOf(subject, sender.arn, "AWS::IAM::Role") : undefined;
  const own = edits(arn);
  if (
    !own.every(({ path }) => isWritable(subject, path)) ||
    subject.expanded.resources.has(id) ||
    (sender.kind === "role" && !role)
  )
    return undefined;
  const resources = subject.expanded.resources;
  const condition = resources.get(item.id)?.condition;
  const resource = (name: string, type: string, properties: JsonObject): TemplateEdit => {
    const value = { Type: type, ...(condition !== undefined && { Condition: condition }), Properties: properties };
    return { path: ["Resources", name], value };
  };
  const queue = { MessageRetentionPeriod: FOURTEEN_DAYS, ...(fifo && { FifoQueue: true }) };
  const all = [resource(id, "AWS::SQS::Queue", queue), ...own];
  const policyId = `${id}Policy`;
  if (sender.kind === "service") {
    const properties = { Queues: [{ Ref: id }], PolicyDocument: letting(sender, arn) };
    all.push(resource(policyId, "AWS::SQS::QueuePolicy", properties));
  }
  if (role) {
    const PolicyDocument = documentOf({ Effect: "Allow", Action: "sqs:SendMessage", Resource: arn });
    all.push(
      resource(policyId, "AWS::IAM::Policy", { PolicyName: "dead-letters", Roles: [{ Ref: role.id }], PolicyDocument }),
    );
    // Lambda refuses a destination that the role may not send to, so the policy comes first.
    const user = String(own[0]?.path[1]);
    const dependsOn = [...(subject.written.resources.get(user)?.dependsOn ?? []), policyId];
    all.push({ path: ["Resources", user, "DependsOn"], value: dependsOn });
  }
  return { summary, edits: all };
}

const documentOf = (statement: JsonObject): JsonObject => ({ Version: "2012-10-17", Statement: [statement] });

function letting({ name, arn }: Extract<Sender, { kind: "service" }>, queueArn: JsonObject): JsonObject {
  return documentOf({
    Effect: "Allow",
    Principal: { Service: name },
    Action: "sqs:SendMessage",
    Resource: queueArn,
    Condition: { ArnEquals: { "aws:SourceArn": arn } },
  });
}

import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { policyAllows } from "../../core/policy.ts";
import type { Collection } from "../../core/store.ts";

export interface QueueRecord {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  /** As set; what isn't here has its default. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

interface NumberRange {
  readonly standard: number;
  readonly from: number;
  readonly to: number;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const NUMBERS = {
  DelaySeconds: { standard: 0, from: 0, to: 900 },
  MaximumMessageSize: { standard: 1_048_576, from: 1024, to: 1_048_576 },
  MessageRetentionPeriod: { standard: 345_600, from: 60, to: 1_209_600 },
  ReceiveMessageWaitTimeSeconds: { standard: 0, from: 0, to: 20 },
  VisibilityTimeout: { standard: 30, from: 0, to: 43_200 },
} as const satisfies Record<string, NumberRange>;

export type NumberAttribute = keyof typeof NUMBERS;

/** Kept and shown as they are set. */
const TEXTS = new Set([
  "Policy",
  "RedrivePolicy",
  "RedriveAllowPolicy",
  "KmsMasterKeyId",
  "KmsDataKeyReusePeriodSeconds",
  "SqsManagedSseEnabled",
]);

export const queuesOf = (
  context: Context,
  account = context.account,
  region = context.region,
): Collection<QueueRecord> => context.runtime.storeOf(account, region).collection("queues");

/** A queue's address is where this sandbox listens today, so it is made anew each time. */
export function urlOf(context: Context, queue: QueueRecord): string {
  return `${context.surroundings.awsUrl}/${accountOf(queue)}/${queue.name}`;
}

export const accountOf = (queue: QueueRecord): string => queue.arn.split(":")[4] ?? "";

/**
 * The queue of a URL (of whatever host: its last two parts count), for a caller who may. Its own account may
 * everything; another account, and a service that sends by itself (EventBridge), may what the queue's policy says.
 * Raises `QueueDoesNotExist` and `AccessDenied`.
 */
export function openQueue(context: Context, url: string | undefined, action: string): QueueRecord {
  const [account = "", name = ""] = (url ?? "").split("/").slice(-2);
  const queue = queuesOf(context, account).get(name);
  if (!queue) throw queueDoesNotExist();
  const { caller } = context;
  const asked = caller.service === undefined ? caller.account !== account : action === "sqs:SendMessage";
  const policy = queue.attributes.Policy;
  const allowed = !asked || (policy && policyAllows(policy, { action, resource: queue.arn, caller }));
  if (allowed) return queue;
  const who = caller.service ?? caller.arn;
  const message = `User: ${who} is not authorized to perform: ${action.toLowerCase()} on resource: ${queue.arn} because no resource-based policy allows the ${action.toLowerCase()} action`;
  throw new AwsError("AccessDenied", message, { status: 403 });
}

export function queueDoesNotExist(): AwsError {
  return new AwsError("QueueDoesNotExist", "The specified queue does not exist.");
}

export function numberAttribute(queue: QueueRecord, name: NumberAttribute): number {
  return Number(queue.attributes[name] ?? NUMBERS[name].standard);
}

export function redrivePolicy(queue: QueueRecord): RedrivePolicy | undefined {
  const text = queue.attributes.RedrivePolicy;
  if (!text) return undefined;
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(text) as Record<string, unknown>;
  return { deadLetterTargetArn: String(deadLetterTargetArn), maxReceiveCount: Number(maxReceiveCount) };
}

/** Checked attributes, as they are stored. Raises `InvalidAttributeName`, `InvalidAttributeValue`; FIFO answers 501. */
export function checkAttributes(context: Context, given: Readonly<Record<string, string>>): Record<string, string> {
  for (const [name, value] of Object.entries(given)) {
    if (/Fifo|Deduplication/.test(name)) {
      throw new AwsError("NotImplemented", "sandbox: SQS FIFO queues are not implemented", { status: 501 });
    }
    const range: NumberRange | undefined = NUMBERS[name as NumberAttribute];
    if (!range && !TEXTS.has(name)) throw new AwsError("InvalidAttributeName", `Unknown Attribute ${name}.`);
    const bad = range && !(/^\d+$/.test(value) && Number(value) >= range.from && Number(value) <= range.to);
    if (bad) throw invalidValue(name);
    if (name === "RedrivePolicy" && value !== "") checkRedrive(context, value);
  }
  return { ...given };
}

function checkRedrive(context: Context, text: string): void {
  let policy: Partial<Record<keyof RedrivePolicy, unknown>>;
  try {
    policy = JSON.parse(text) as typeof policy;
  } catch {
    throw invalidValue("RedrivePolicy");
  }
  const [, , , region, account, name = ""] = String(policy.deadLetterTargetArn).split(":");
  const count = Number(policy.maxReceiveCount);
  if (!(count >= 1 && count <= 1000)) throw invalidValue("RedrivePolicy");
  if (account === context.account && region === context.region && queuesOf(context).get(name)) return;
  const message = `Value ${text} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.`;
  throw new AwsError("InvalidParameterValue", message);
}

function invalidValue(name: string): AwsError {
  return new AwsError("InvalidAttributeValue", `Invalid value for the parameter ${name}.`);
}

/** All attributes as they are shown, but for the counts of messages. */
export function shownAttributes(queue: QueueRecord): Record<string, string> {
  const defaults = Object.entries(NUMBERS).map(([name, { standard }]) => [name, String(standard)] as const);
  return {
    QueueArn: queue.arn,
    CreatedTimestamp: String(Math.floor(queue.createdAtMs / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAtMs / 1000)),
    SqsManagedSseEnabled: "true",
    ...Object.fromEntries(defaults),
    ...Object.fromEntries(Object.entries(queue.attributes).filter(([, value]) => value !== "")),
  };
}

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
  readonly purgedAtMs?: number | undefined;
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

/** Of FIFO queues only, with what they are when nothing is said. */
const FIFO_TEXTS: Readonly<Record<string, { readonly standard: string; readonly values: readonly string[] }>> = {
  FifoQueue: { standard: "true", values: ["true"] },
  ContentBasedDeduplication: { standard: "false", values: ["true", "false"] },
  DeduplicationScope: { standard: "queue", values: ["queue", "messageGroup"] },
  FifoThroughputLimit: { standard: "perQueue", values: ["perQueue", "perMessageGroupId"] },
};

export const isFifo = ({ name }: Pick<QueueRecord, "name">) => name.endsWith(".fifo");

/** An attribute of a FIFO queue, or its default. */
export const fifoAttribute = (queue: QueueRecord, name: keyof typeof FIFO_TEXTS): string | undefined =>
  queue.attributes[name] ?? FIFO_TEXTS[name]?.standard;

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

/** Checked attributes, as they are stored. Raises `InvalidAttributeName` and `InvalidAttributeValue`. */
export function checkAttributes(
  context: Context,
  queueName: string,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  for (const [name, value] of Object.entries(given)) {
    const fifo = FIFO_TEXTS[name];
    if (fifo) {
      checkFifo(queueName, name, value, fifo.values);
      continue;
    }
    const range: NumberRange | undefined = NUMBERS[name as NumberAttribute];
    if (!range && !TEXTS.has(name)) throw new AwsError("InvalidAttributeName", `Unknown Attribute ${name}.`);
    const bad = range && !(/^\d+$/.test(value) && Number(value) >= range.from && Number(value) <= range.to);
    if (bad) throw invalidValue(name);
    if (name === "RedrivePolicy" && value !== "") checkRedrive(context, queueName, value);
  }
  if (given.KmsMasterKeyId && given.SqsManagedSseEnabled === "true") {
    const message =
      "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.";
    throw new AwsError("InvalidAttributeName", message);
  }
  return { ...given, ...(given.KmsMasterKeyId ? { SqsManagedSseEnabled: "false" } : {}) };
}

function checkFifo(queueName: string, name: string, value: string, values: readonly string[]): void {
  if (!isFifo({ name: queueName })) {
    const isThroughput = name === "DeduplicationScope" || name === "FifoThroughputLimit";
    const message = isThroughput
      ? `You can specify the ${name} only when FifoQueue is set to true.`
      : `Unknown Attribute ${name}.`;
    throw new AwsError("InvalidAttributeName", message);
  }
  if (values.includes(value)) return;
  const reason = name === "FifoQueue" ? " Reason: Modifying queue type is not supported." : "";
  throw new AwsError("InvalidAttributeValue", `Invalid value for the parameter ${name}.${reason}`);
}

function checkRedrive(context: Context, queueName: string, text: string): void {
  let policy: Partial<Record<keyof RedrivePolicy, unknown>>;
  try {
    policy = JSON.parse(text) as typeof policy;
  } catch {
    throw invalidValue("RedrivePolicy");
  }
  const arn = String(policy.deadLetterTargetArn);
  const [, , , region, account, name = ""] = arn.split(":");
  const count = Number(policy.maxReceiveCount);
  if (!(count >= 1 && count <= 1000)) throw invalidValue("RedrivePolicy");
  const refuse = (reason: string) =>
    new AwsError("InvalidParameterValue", `Value ${text} for parameter RedrivePolicy is invalid. Reason: ${reason}`);
  const target = account === context.account && region === context.region ? queuesOf(context).get(name) : undefined;
  if (!target) throw refuse("Dead letter target does not exist.");
  if (isFifo(target) !== isFifo({ name: queueName })) {
    throw refuse("Dead-letter queue must be same type of queue as the source.");
  }
  const { redrivePermission, sourceQueueArns = [] } = JSON.parse(target.attributes.RedriveAllowPolicy || "{}") as {
    redrivePermission?: string;
    sourceQueueArns?: string[];
  };
  const own = `arn:aws:sqs:${context.region}:${context.account}:${queueName}`;
  const isAllowed = redrivePermission !== "byQueue" || sourceQueueArns.includes(own);
  if (redrivePermission !== "denyAll" && isAllowed) return;
  throw refuse(`Queue ${own} is not allowed to use queue ${arn} as a Dead Letter Queue.`);
}

function invalidValue(name: string): AwsError {
  return new AwsError("InvalidAttributeValue", `Invalid value for the parameter ${name}.`);
}

/** All attributes as they are shown, but for the counts of messages. */
export function shownAttributes(queue: QueueRecord): Record<string, string> {
  const defaults = Object.entries(NUMBERS).map(([name, { standard }]) => [name, String(standard)] as const);
  const fifo = isFifo(queue) ? Object.entries(FIFO_TEXTS).map(([name, { standard }]) => [name, standard] as const) : [];
  // How long a data key lasts says nothing where there is no key.
  const hidden = queue.attributes.KmsMasterKeyId ? "" : "KmsDataKeyReusePeriodSeconds";
  return {
    QueueArn: queue.arn,
    CreatedTimestamp: String(Math.floor(queue.createdAtMs / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAtMs / 1000)),
    SqsManagedSseEnabled: "true",
    ...Object.fromEntries([...defaults, ...fifo]),
    ...Object.fromEntries(Object.entries(queue.attributes).filter(([name, value]) => value !== "" && name !== hidden)),
  };
}

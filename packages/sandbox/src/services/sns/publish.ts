import type * as sdk from "@aws-sdk/client-sns";
import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { outboxOf } from "./deliver.ts";
import { wants } from "./filter-policy.ts";
import { readAttributes, signatureVersion } from "./message.ts";
import { invalid, listSubscriptions, openTopic, type TopicRecord } from "./topics.ts";

const LARGEST_BYTES = 262_144;
const LONGEST_SUBJECT = 100;
const MOST_IN_BATCH = 10;
const LONGEST_ID = 80;

interface Draft {
  readonly message: string;
  readonly subject: string | undefined;
  /** By protocol, where the message was given in several forms. */
  readonly forms: Readonly<Record<string, unknown>> | undefined;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
}

interface Given {
  readonly Message?: string | undefined;
  readonly Subject?: string | undefined;
  readonly MessageStructure?: string | undefined;
  readonly MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
  readonly MessageDeduplicationId?: string | undefined;
}

/** Checks a message in the order in which SNS does; raises `InvalidParameter` and `ParameterValueInvalid`. */
function readDraft(given: Given, path: string): Draft {
  const { Message: message = "", Subject: subject, MessageAttributes: attributes = {} } = given;
  if (message === "") throw invalid("Empty message");
  if (given.MessageDeduplicationId !== undefined) {
    throw invalid(
      "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
    );
  }
  checkAttributes(attributes, path);
  const isSubject = subject === undefined || (subject.length > 0 && subject.length <= LONGEST_SUBJECT);
  if (!isSubject || /[\n\r]/.test(subject ?? "")) throw invalid("Subject");
  const forms = given.MessageStructure === "json" ? readForms(message) : undefined;
  return { message, subject, forms, attributes };
}

function readForms(message: string): Record<string, unknown> {
  let forms: unknown;
  try {
    forms = JSON.parse(message);
  } catch {
    throw invalid("Message Structure - JSON message body failed to parse");
  }
  const { default: fallback } = (forms ?? {}) as Record<string, unknown>;
  if (typeof fallback !== "string") throw invalid("Message Structure - No default entry in JSON message body");
  return forms as Record<string, unknown>;
}

const wrong = (message: string) => new AwsError("ParameterValueInvalid", message);

function checkAttributes(attributes: Readonly<Record<string, MessageAttributeValue>>, path: string): void {
  for (const [name, { DataType: type, StringValue: text, BinaryValue: bytes }] of Object.entries(attributes)) {
    if (name.length > 256) throw wrong("Length of message attribute name must be less than 256 bytes.");
    const bad = /[^\w.-]/.exec(name)?.[0];
    if (bad !== undefined) {
      const code = bad.charCodeAt(0).toString(16).toUpperCase();
      throw wrong(
        `Invalid non-alphanumeric character '#x${code}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.`,
      );
    }
    if (/^\.|\.$|\.\./.test(name)) {
      throw wrong(
        "Invalid message attribute name starting with character '.' was found. Can only include alphanumeric characters, hyphens, underscores, or dots.",
      );
    }
    if (type === undefined) {
      const message = `1 validation error detected: Value null at '${path}messageAttributes.${name}.member.dataType' failed to satisfy constraint: Member must not be null`;
      throw new AwsError("ValidationError", message);
    }
    const kind = /^(Binary|Number|String)(\..+)?$/.exec(type)?.[1];
    if (kind === undefined) {
      throw wrong(
        `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
      );
    }
    const field = kind === "Binary" ? "Binary" : "String";
    if (field === "Binary" ? text !== undefined : bytes !== undefined) {
      throw wrong(`The message attribute '${name}' with type '${type}' must use field '${field}'.`);
    }
    if ((field === "Binary" ? bytes : text)?.length) continue;
    throw wrong(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    );
  }
}

function sizeOf({ message, attributes }: Draft): number {
  let bytes = Buffer.byteLength(message);
  for (const [name, { DataType = "", StringValue, BinaryValue }] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name + DataType + (StringValue ?? "")) + (BinaryValue?.length ?? 0);
  }
  return bytes;
}

/** Hands a message to each subscription that wants it; answers when each was reached or waits on disk for a retry. */
async function send(context: Context, topic: TopicRecord, draft: Draft): Promise<string> {
  const messageId = context.random.uuid();
  const outbox = outboxOf(context.runtime);
  const home = context.runtime.contextFor(topic.arn.split(":")[4] ?? "", topic.arn.split(":")[3] ?? "");
  for (const subscription of listSubscriptions(context, topic.arn)) {
    if (subscription.token !== undefined) continue;
    const form = draft.forms?.[subscription.protocol];
    const message = draft.forms ? String(typeof form === "string" ? form : draft.forms.default) : draft.message;
    if (!wants(subscription, message, draft.attributes)) continue;
    const notification = {
      messageId,
      topicArn: topic.arn,
      subject: draft.subject,
      message,
      attributes: readAttributes(draft.attributes),
      publishedAt: context.clock.now().toISOString(),
      signatureVersion: signatureVersion(topic),
    };
    await outbox.deliver(home, { subscription, notification, traceHeader: context.traceHeader });
  }
  return messageId;
}

function targetOf(context: Context, input: sdk.PublishInput): TopicRecord {
  if (input.PhoneNumber !== undefined) {
    throw new AwsError("NotImplemented", "sandbox: SNS messages to a phone are not implemented", { status: 501 });
  }
  if (input.TopicArn === undefined && input.TargetArn?.includes(":endpoint/")) {
    throw invalid("TargetArn Reason: No endpoint found for the target arn specified");
  }
  return openTopic(context, input.TopicArn ?? input.TargetArn, "SNS:Publish");
}

export const publishOperations: Operations<typeof sdk> = {
  async Publish(context, input) {
    const topic = targetOf(context, input);
    const draft = readDraft(input, "");
    if (sizeOf(draft) > LARGEST_BYTES) throw invalid("Message too long");
    return { MessageId: await send(context, topic, draft) };
  },

  async PublishBatch(context, { TopicArn, PublishBatchRequestEntries: entries = [] }) {
    const topic = openTopic(context, TopicArn, "SNS:Publish");
    if (entries.length === 0) {
      throw new AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.");
    }
    if (entries.length > MOST_IN_BATCH) {
      const message = "The batch request contains more entries than permissible.";
      throw new AwsError("TooManyEntriesInBatchRequest", message);
    }
    const ids = entries.map(({ Id = "" }) => Id);
    for (const id of ids) {
      const problem = id.length > LONGEST_ID ? "is too long" : "contains an impermissible character";
      if (/^[\w-]{1,80}$/.test(id)) continue;
      throw new AwsError("InvalidBatchEntryId", `The Id of a batch entry in the batch request ${problem}: ${id}`);
    }
    if (new Set(ids).size < ids.length) {
      throw new AwsError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.");
    }
    // SNS refuses the whole batch for what is wrong with one entry.
    const drafts = entries.map((entry, index) => readDraft(entry, `publishBatchRequestEntries.${index + 1}.member.`));
    if (drafts.reduce((sum, draft) => sum + sizeOf(draft), 0) > LARGEST_BYTES) {
      const message = "The length of all the messages put together is more than the limit.";
      throw new AwsError("BatchRequestTooLong", message);
    }
    const Successful: { Id: string; MessageId: string }[] = [];
    for (const [index, draft] of drafts.entries()) {
      Successful.push({ Id: ids[index] ?? "", MessageId: await send(context, topic, draft) });
    }
    return { Successful, Failed: [] };
  },
};

import { createSign, generateKeyPairSync } from "node:crypto";
import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import type { Context } from "../../core/context.ts";
import type { SubscriptionRecord, TopicRecord } from "./topics.ts";

/** A message as it was published, before it takes each subscription's form. JSON, so that it can wait for a retry. */
export interface Notification {
  readonly messageId: string;
  readonly topicArn: string;
  readonly subject: string | undefined;
  /** What this subscription's protocol gets, where the message has several forms. */
  readonly message: string;
  /** Binary values in base 64. */
  readonly attributes: Readonly<Record<string, { readonly Type: string; readonly Value: string }>>;
  readonly publishedAt: string;
  readonly signatureVersion: string;
}

interface SigningKey {
  /** PEM */
  readonly privateKey: string;
  /** Names the certificate in its address. */
  readonly id: string;
}

const RSA_BITS = 2048;

/** The sandbox's own key; made at the first message, because that takes a tenth of a second. */
function signingKey(context: Context): SigningKey {
  const keys = context.globalStore.collection<SigningKey>("signing");
  const known = keys.get("key");
  if (known) return known;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: RSA_BITS });
  const key = { privateKey: privateKey.export({ type: "pkcs8", format: "pem" }) as string, id: context.random.hex(32) };
  keys.put("key", key);
  return key;
}

/**
 * The fields that are signed, in this order, each name and value on a line.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
function sign(notification: Notification, key: SigningKey): string {
  const fields: readonly (readonly [string, string | undefined])[] = [
    ["Message", notification.message],
    ["MessageId", notification.messageId],
    ["Subject", notification.subject],
    ["Timestamp", notification.publishedAt],
    ["TopicArn", notification.topicArn],
    ["Type", "Notification"],
  ];
  const text = fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name}\n${value}\n`])).join("");
  const algorithm = notification.signatureVersion === "2" ? "RSA-SHA256" : "RSA-SHA1";
  return createSign(algorithm).update(text).sign(key.privateKey, "base64");
}

function signature(context: Context, notification: Notification, subscriptionArn: string) {
  const key = signingKey(context);
  const region = notification.topicArn.split(":")[3];
  return {
    version: notification.signatureVersion,
    value: sign(notification, key),
    certificateUrl: `https://sns.${region}.amazonaws.com/SimpleNotificationService-${key.id}.pem`,
    unsubscribeUrl: `${context.surroundings.awsUrl}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`,
  };
}

/** The body that a queue gets unless delivery is raw. Members stand in AWS's order. */
export function queueBody(context: Context, notification: Notification, subscription: SubscriptionRecord): string {
  const signed = signature(context, notification, subscription.arn);
  return JSON.stringify(
    {
      Type: "Notification",
      MessageId: notification.messageId,
      TopicArn: notification.topicArn,
      Subject: notification.subject,
      Message: notification.message,
      Timestamp: notification.publishedAt,
      SignatureVersion: signed.version,
      Signature: signed.value,
      SigningCertURL: signed.certificateUrl,
      UnsubscribeURL: signed.unsubscribeUrl,
      ...(Object.keys(notification.attributes).length > 0 ? { MessageAttributes: notification.attributes } : {}),
    },
    null,
    2,
  );
}

/** The event that a function gets. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
export function functionEvent(context: Context, notification: Notification, subscription: SubscriptionRecord): string {
  const signed = signature(context, notification, subscription.arn);
  const Sns = {
    Type: "Notification",
    MessageId: notification.messageId,
    TopicArn: notification.topicArn,
    Subject: notification.subject ?? null,
    Message: notification.message,
    Timestamp: notification.publishedAt,
    SignatureVersion: signed.version,
    Signature: signed.value,
    SigningCertUrl: signed.certificateUrl,
    UnsubscribeUrl: signed.unsubscribeUrl,
    MessageAttributes: notification.attributes,
  };
  const record = { EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn: subscription.arn, Sns };
  return JSON.stringify({ Records: [record] });
}

export function readAttributes(
  attributes: Readonly<Record<string, MessageAttributeValue>>,
): Record<string, { Type: string; Value: string }> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType = "", StringValue, BinaryValue }]) => {
      const Value = BinaryValue === undefined ? (StringValue ?? "") : Buffer.from(BinaryValue).toString("base64");
      return [name, { Type: DataType, Value }];
    }),
  );
}

/** Raw delivery hands a queue the attributes as its own. */
export function queueAttributes(notification: Notification): Record<string, MessageAttributeValue> {
  return Object.fromEntries(
    Object.entries(notification.attributes).map(([name, { Type, Value }]) => [
      name,
      Type.startsWith("Binary")
        ? { DataType: Type, BinaryValue: Buffer.from(Value, "base64") }
        : { DataType: Type, StringValue: Value },
    ]),
  );
}

export const signatureVersion = (topic: TopicRecord) => topic.attributes.SignatureVersion ?? "1";

import type * as sdk from "@aws-sdk/client-sns";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { checkFilterPolicy } from "./filter-policy.ts";
import {
  checkArn,
  invalid,
  listSubscriptions,
  openTopic,
  type SubscriptionRecord,
  saveTopic,
  subscriptionsOf,
} from "./topics.ts";

const PAGE = 100;
const PENDING = "pending confirmation";
const NOT_HERE = new Set(["http", "https", "sms", "application", "firehose"]);
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TOKEN = /^[0-9a-f]{288}$/;
const SETTABLE = ["FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy"];

declare module "../../core/context.ts" {
  interface SandboxSignals {
    /** Somebody's confirmation is asked for: what AWS sends by mail. */
    "sns.confirmation": { type: "sns.confirmation"; topicArn: string; endpoint: string; token: string };
  }
}

/** Raises `InvalidParameter`; `prefix` is how the calling operation names an attribute. */
function checkAttributes(given: Readonly<Record<string, string>>, prefix: string): void {
  for (const [name, value] of Object.entries(given)) {
    if (/^(DeliveryPolicy|SubscriptionRoleArn|ReplayPolicy)$/.test(name)) {
      const message = `sandbox: SNS subscription attribute ${name} is not implemented`;
      throw new AwsError("NotImplemented", message, { status: 501 });
    }
    if (!SETTABLE.includes(name)) throw invalid("AttributeName");
    if (name === "RawMessageDelivery" && !/^(true|false)$/i.test(value)) {
      throw invalid(`${prefix}RawMessageDelivery: Invalid value [${value}]. Must be true or false.`);
    }
    if (name === "FilterPolicyScope" && value !== "MessageBody" && value !== "MessageAttributes") {
      const hint = "Please use either MessageBody or MessageAttributes";
      throw invalid(`${prefix}FilterPolicyScope: Invalid value [${value}]. ${hint}`);
    }
    if (name === "RedrivePolicy" && value !== "") checkRedrive(value, prefix);
  }
  const policy = given.FilterPolicy;
  if (policy !== undefined && policy !== "" && policy !== "{}") {
    checkFilterPolicy(policy, given.FilterPolicyScope, prefix);
  }
}

/** `True` is kept and shown as `true`. */
function normalised(given: Readonly<Record<string, string>>): Record<string, string> {
  const { RawMessageDelivery: raw } = given;
  return { ...given, ...(raw === undefined ? {} : { RawMessageDelivery: raw.toLowerCase() }) };
}

function checkRedrive(text: string, prefix: string): void {
  let policy: { deadLetterTargetArn?: unknown };
  try {
    policy = JSON.parse(text) as typeof policy;
  } catch (error) {
    throw invalid(`${prefix}RedrivePolicy: failed to parse JSON. ${(error as Error).message}`);
  }
  if (!/^arn:aws:sqs:[^:]+:\d{12}:[^:]+$/.test(String(policy.deadLetterTargetArn))) {
    throw invalid(`${prefix}RedrivePolicy: deadLetterTargetArn is an invalid arn`);
  }
}

function checkEndpoint(protocol: string, endpoint: string): void {
  if (NOT_HERE.has(protocol)) {
    const message = `sandbox: SNS subscriptions by ${protocol} are not implemented`;
    throw new AwsError("NotImplemented", message, { status: 501 });
  }
  if (protocol === "sqs") {
    if (!/^arn:aws:sqs:[^:]+:\d{12}:[^:]+$/.test(endpoint)) throw invalid("SQS endpoint ARN");
    if (!endpoint.endsWith(".fifo")) return;
    throw invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
  }
  if (protocol === "lambda") {
    if (!/^arn:aws:lambda:[^:]+:\d{12}:function:[^:]+(:[^:]+)?$/.test(endpoint)) throw invalid("Lambda endpoint ARN");
    return;
  }
  if (protocol !== "email" && protocol !== "email-json") {
    throw invalid(`Amazon SNS does not support this protocol string: ${protocol}`);
  }
  if (!/^[^@\s]+@[^@\s]+$/.test(endpoint)) throw invalid("Email address");
}

/** Raises `NotFound`, and `InvalidParameter` where that is no subscription's ARN. */
function openSubscription(context: Context, arn: string | undefined): SubscriptionRecord {
  if (!arn) throw invalid("SubscriptionArn Reason: no value for required parameter");
  const parts = checkArn(arn, "SubscriptionArn");
  if (!ID.test(parts[6] ?? "")) throw invalid("SubscriptionId");
  const subscription = subscriptionsOf(context, parts.slice(0, 6).join(":")).get(arn);
  const isMine = [subscription?.owner, parts[4]].includes(context.account);
  if (subscription && isMine) return subscription;
  throw new AwsError("NotFound", "Subscription does not exist");
}

const show = (subscription: SubscriptionRecord): sdk.Subscription => ({
  SubscriptionArn: subscription.token === undefined ? subscription.arn : "PendingConfirmation",
  Owner: subscription.owner,
  Protocol: subscription.protocol,
  Endpoint: subscription.endpoint,
  TopicArn: subscription.topicArn,
});

function showPage(all: readonly SubscriptionRecord[], token: string | undefined) {
  const { items, nextToken } = page(all, ({ arn }) => arn, { token, size: PAGE });
  return { Subscriptions: items.map(show), NextToken: nextToken };
}

export const subscriptionOperations: Operations<typeof sdk> = {
  Subscribe(context, { TopicArn, Protocol = "", Endpoint = "", Attributes = {}, ReturnSubscriptionArn }) {
    const topic = openTopic(context, TopicArn, "SNS:Subscribe");
    checkEndpoint(Protocol, Endpoint);
    checkAttributes(Attributes, "Attributes Reason: ");
    const attributes = normalised(Attributes);
    const same = listSubscriptions(context, topic.arn).find(
      ({ protocol, endpoint }) => protocol === Protocol && endpoint === Endpoint,
    );
    if (same) {
      const standard = { RawMessageDelivery: "false", FilterPolicyScope: "MessageAttributes" };
      const before: Record<string, string> = { ...standard, ...same.attributes };
      if (Object.entries(attributes).some(([name, value]) => before[name] !== value)) {
        throw invalid("Attributes Reason: Subscription already exists with different attributes");
      }
      return { SubscriptionArn: same.token === undefined || ReturnSubscriptionArn ? same.arn : PENDING };
    }
    const mustConfirm = Protocol.startsWith("email");
    const subscription: SubscriptionRecord = {
      arn: `${topic.arn}:${context.random.uuid()}`,
      topicArn: topic.arn,
      protocol: Protocol,
      endpoint: Endpoint,
      owner: context.account,
      principal: context.caller.arn,
      attributes,
      token: mustConfirm ? context.random.hex(288) : undefined,
    };
    subscriptionsOf(context, topic.arn).put(subscription.arn, subscription);
    const { token } = subscription;
    if (token) context.signals.emit({ type: "sns.confirmation", topicArn: topic.arn, endpoint: Endpoint, token });
    return { SubscriptionArn: mustConfirm && !ReturnSubscriptionArn ? PENDING : subscription.arn };
  },

  ConfirmSubscription(context, { TopicArn = "", Token = "" }) {
    if (!TOKEN.test(Token)) throw new AwsError("InvalidParameter", "Invalid token");
    const waiting = listSubscriptions(context, TopicArn).find(({ token }) => token === Token);
    if (!waiting) throw invalid("Token");
    subscriptionsOf(context, TopicArn).put(waiting.arn, { ...waiting, token: undefined });
    return { SubscriptionArn: waiting.arn };
  },

  Unsubscribe(context, { SubscriptionArn }) {
    try {
      const subscription = openSubscription(context, SubscriptionArn);
      subscriptionsOf(context, subscription.topicArn).delete(subscription.arn);
      const topic = openTopic(context, subscription.topicArn, "SNS:Unsubscribe");
      saveTopic(context, { ...topic, deleted: topic.deleted + 1 });
    } catch (error) {
      // What isn't there counts as ended, its topic too.
      if (!(error instanceof AwsError) || !/NotFound|AuthorizationError/.test(error.code)) throw error;
    }
    return {};
  },

  ListSubscriptions(context, { NextToken }) {
    // One's own, to whichever account's topics.
    const all = context.runtime
      .scopes()
      .filter(({ region }) => region === context.region)
      .flatMap(({ account, region }) =>
        context.runtime.storeOf(account, region).collection<SubscriptionRecord>("subscriptions").list(),
      )
      .map(({ value }) => value)
      .filter(({ owner }) => owner === context.account)
      .sort((a, b) => (a.arn < b.arn ? -1 : 1));
    return showPage(all, NextToken);
  },

  ListSubscriptionsByTopic(context, { TopicArn, NextToken }) {
    const topic = openTopic(context, TopicArn, "SNS:ListSubscriptionsByTopic");
    return showPage(listSubscriptions(context, topic.arn), NextToken);
  },

  GetSubscriptionAttributes(context, { SubscriptionArn }) {
    const subscription = openSubscription(context, SubscriptionArn);
    const { FilterPolicy, FilterPolicyScope, ...others } = subscription.attributes;
    // A scope is shown only beside a policy.
    const filter = FilterPolicy ? { FilterPolicy, FilterPolicyScope: FilterPolicyScope ?? "MessageAttributes" } : {};
    return {
      Attributes: {
        RawMessageDelivery: "false",
        ...others,
        ...filter,
        ConfirmationWasAuthenticated: String(!subscription.protocol.startsWith("email")),
        Endpoint: subscription.endpoint,
        Owner: subscription.owner,
        PendingConfirmation: String(subscription.token !== undefined),
        Protocol: subscription.protocol,
        SubscriptionArn: subscription.arn,
        SubscriptionPrincipal: subscription.principal,
        TopicArn: subscription.topicArn,
      },
    };
  },

  SetSubscriptionAttributes(context, { SubscriptionArn, AttributeName: name = "", AttributeValue: value = "" }) {
    const subscription = openSubscription(context, SubscriptionArn);
    const { FilterPolicyScope } = subscription.attributes;
    checkAttributes(
      { ...(name === "FilterPolicy" && FilterPolicyScope ? { FilterPolicyScope } : {}), [name]: value },
      "",
    );
    const { [name]: _, ...others } = subscription.attributes;
    const isUnset = value === "" || (name === "FilterPolicy" && value === "{}");
    const attributes = isUnset ? others : { ...others, ...normalised({ [name]: value }) };
    subscriptionsOf(context, subscription.topicArn).put(subscription.arn, { ...subscription, attributes });
    return {};
  },
};

import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { policyAllows } from "../../core/policy.ts";
import type { Collection } from "../../core/store.ts";

export interface TopicRecord {
  readonly name: string;
  readonly arn: string;
  /** As set; what isn't here has its default. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Subscriptions that were ended since the topic was made. */
  readonly deleted: number;
}

export interface SubscriptionRecord {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly owner: string;
  /** ARN of who subscribed. */
  readonly principal: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** What confirms it; undefined once it is confirmed. */
  readonly token?: string | undefined;
}

export const invalid = (message: string) => new AwsError("InvalidParameter", `Invalid parameter: ${message}`);

type Home = Pick<Context, "runtime">;
const storeOf = ({ runtime }: Home, arn: string) => runtime.storeOf(arn.split(":")[4] ?? "", arn.split(":")[3] ?? "");

/** Topics of an account and region, by their names. */
export const topicsOf = (context: Context): Collection<TopicRecord> => context.collection("topics");

/** Subscriptions stand with their topic, whoever owns them; by their ARN, which begins with the topic's. */
export const subscriptionsOf = (home: Home, topicArn: string): Collection<SubscriptionRecord> =>
  storeOf(home, topicArn).collection("subscriptions");

export const listSubscriptions = (home: Home, topicArn: string): SubscriptionRecord[] =>
  subscriptionsOf(home, topicArn)
    .list(`${topicArn}:`)
    .map(({ value }) => value);

export function saveTopic(home: Home, topic: TopicRecord): void {
  storeOf(home, topic.arn).collection<TopicRecord>("topics").put(topic.name, topic);
}

/** Takes the topic away and all that subscribed to it. */
export function deleteTopic(home: Home, topic: TopicRecord): void {
  const store = storeOf(home, topic.arn);
  store.transaction(() => {
    for (const { arn } of listSubscriptions(home, topic.arn)) subscriptionsOf(home, topic.arn).delete(arn);
    store.collection("topics").delete(topic.name);
  });
}

function topicNotFound(): AwsError {
  return new AwsError("NotFound", "Topic does not exist");
}

/**
 * The topic of an ARN, for a caller who may: its own account may everything; another account, and a service that acts by
 * itself, may what the topic's policy says. Raises `InvalidParameter`, `NotFound` and `AuthorizationError`.
 */
export function openTopic(context: Context, arn: string | undefined, action: string, member = "TopicArn"): TopicRecord {
  const parts = checkArn(arn, member);
  const [, , service, region = "", account = "", name = ""] = parts;
  if (service !== "sns" || region !== context.region || parts.length > 6) throw invalid(member);
  const topic = context.runtime.storeOf(account, region).collection<TopicRecord>("topics").get(name);
  if (!topic) throw topicNotFound();
  const { caller } = context;
  const asked = caller.service === undefined ? caller.account !== account : action === "SNS:Publish";
  const request = { action, resource: topic.arn, caller, conditions: { "aws:sourceowner": sourceOwner(context) } };
  if (!asked || policyAllows(policyOf(topic), request)) return topic;
  const who = caller.service ?? caller.arn;
  const message = `User: ${who} is not authorized to perform: ${action} on resource: ${topic.arn} because no resource-based policy allows the ${action} action`;
  throw new AwsError("AuthorizationError", message, { status: 403 });
}

/** EventBridge doesn't say for whom it publishes, so that a topic's standard policy doesn't let it in. */
function sourceOwner({ caller }: Context): string | undefined {
  if (caller.service === "events.amazonaws.com") return undefined;
  return caller.service === undefined ? caller.account : caller.sourceAccount;
}

/** The parts of what must be an ARN. */
export function checkArn(arn: string | undefined, member: string): string[] {
  const parts = (arn ?? "").split(":");
  if (parts.length < 6) {
    throw invalid(`${member} Reason: An ARN must have at least 6 elements, not ${parts.length}`);
  }
  return parts;
}

const ACTIONS = [
  "GetTopicAttributes",
  "SetTopicAttributes",
  "AddPermission",
  "RemovePermission",
  "DeleteTopic",
  "Subscribe",
  "ListSubscriptionsByTopic",
  "Publish",
];

/** What AWS gives a topic that is made without a policy. */
export function policyOf(topic: TopicRecord): string {
  if (topic.attributes.Policy) return topic.attributes.Policy;
  return JSON.stringify({
    Version: "2008-10-17",
    Id: "__default_policy_ID",
    Statement: [
      {
        Sid: "__default_statement_ID",
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: ACTIONS.map((name) => `SNS:${name}`),
        Resource: topic.arn,
        Condition: { StringEquals: { "AWS:SourceOwner": topic.arn.split(":")[4] } },
      },
    ],
  });
}

export const isAction = (name: string) => ACTIONS.includes(name);

/** https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html */
export function showTopic(home: Home, topic: TopicRecord): Record<string, string> {
  const subscriptions = listSubscriptions(home, topic.arn);
  const pending = subscriptions.filter(({ token }) => token !== undefined).length;
  return {
    DisplayName: "",
    ...topic.attributes,
    Policy: policyOf(topic),
    Owner: topic.arn.split(":")[4] ?? "",
    TopicArn: topic.arn,
    SubscriptionsConfirmed: String(subscriptions.length - pending),
    SubscriptionsPending: String(pending),
    SubscriptionsDeleted: String(topic.deleted),
    EffectiveDeliveryPolicy: topic.attributes.DeliveryPolicy ?? DELIVERY_POLICY,
  };
}

const DELIVERY_POLICY = JSON.stringify({
  http: {
    defaultHealthyRetryPolicy: {
      minDelayTarget: 20,
      maxDelayTarget: 20,
      numRetries: 3,
      numMaxDelayRetries: 0,
      numNoDelayRetries: 0,
      numMinDelayRetries: 0,
      backoffFunction: "linear",
    },
    disableSubscriptionOverrides: false,
    defaultRequestPolicy: { headerContentType: "text/plain; charset=UTF-8" },
  },
});

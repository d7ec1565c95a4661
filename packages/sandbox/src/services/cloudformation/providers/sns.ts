import {
  CreateTopicCommand,
  DeleteTopicCommand,
  GetSubscriptionAttributesCommand,
  SetSubscriptionAttributesCommand,
  SetTopicAttributesCommand,
  SubscribeCommand,
  TagResourceCommand,
  UnsubscribeCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-sns";
import type { Json, JsonObject } from "@turnpike/cloudformation";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { document, flag, goneTags, list, object, stated, tagList, text, texts } from "./values.ts";

/** Properties that are the topic's attributes under the same name; without a value they go back to these. */
const ATTRIBUTES = ["DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"];
const SETTINGS = ["FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy"];

const topic = defineProvider({
  type: "AWS::SNS::Topic",
  properties: [...ATTRIBUTES, "FifoTopic", "Subscription", "Tags", "TopicName"],
  required: [],
  takesTags: true,
  async create(call) {
    const isFifo = flag(call.properties.FifoTopic) ?? false;
    const name = text(call.properties.TopicName) ?? `${call.name(isFifo ? 251 : 256)}${isFifo ? ".fifo" : ""}`;
    // SNS answers the ARN of a topic that is there with the same attributes: made twice is made once.
    const { TopicArn = "" } = await call.send(
      new CreateTopicCommand({
        Name: name,
        Attributes: { ...attributes(call.properties), ...(isFifo ? { FifoTopic: "true" } : {}) },
        Tags: tagList(call),
      }),
    );
    call.initiated(TopicArn);
    await subscribeAll(call, TopicArn, call.properties.Subscription);
    return madeTopic(TopicArn);
  },
  async update(call, { physicalId: TopicArn, properties: before, tags }) {
    const wanted = attributes(call.properties);
    for (const name of ATTRIBUTES) {
      const AttributeValue = wanted[name] ?? "";
      if (AttributeValue === (attributes(before)[name] ?? "")) continue;
      await call.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: name, AttributeValue }));
    }
    // Subscriptions that a topic lists are added, never taken away: as CloudFormation does.
    await subscribeAll(call, TopicArn, call.properties.Subscription);
    await call.send(new TagResourceCommand({ ResourceArn: TopicArn, Tags: tagList(call) }));
    const TagKeys = goneTags(call, tags);
    if (TagKeys.length > 0) await call.send(new UntagResourceCommand({ ResourceArn: TopicArn, TagKeys }));
    return madeTopic(TopicArn);
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteTopicCommand({ TopicArn: physicalId }));
  },
});

function attributes(properties: JsonObject): Record<string, string> {
  const given = ATTRIBUTES.map((name) => [name, text(properties[name])] as const);
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

async function subscribeAll(call: ProviderCall, TopicArn: string, subscriptions: Json | undefined): Promise<void> {
  for (const subscription of list(subscriptions).map(object)) {
    const { Protocol, Endpoint } = subscription;
    await call.send(new SubscribeCommand({ TopicArn, Protocol: text(Protocol) ?? "", Endpoint: text(Endpoint) }));
  }
}

function madeTopic(arn: string): Made {
  return { physicalId: arn, attributes: { TopicArn: arn, TopicName: arn.split(":").at(-1) ?? "" } };
}

const subscription = defineProvider({
  type: "AWS::SNS::Subscription",
  properties: [...SETTINGS, "Endpoint", "Protocol", "Region", "TopicArn"],
  required: ["Protocol", "TopicArn"],
  takesTags: false,
  async create(call) {
    const { properties } = call;
    const { SubscriptionArn = "" } = await call.send(
      new SubscribeCommand({
        TopicArn: text(properties.TopicArn) ?? "",
        Protocol: text(properties.Protocol) ?? "",
        Endpoint: text(properties.Endpoint),
        Attributes: settings(properties),
        ReturnSubscriptionArn: true,
      }),
      regionOf(properties),
    );
    return { physicalId: SubscriptionArn, attributes: { Arn: SubscriptionArn } };
  },
  async update(call, { physicalId: SubscriptionArn, properties: before }) {
    const wanted = settings(call.properties);
    for (const AttributeName of SETTINGS) {
      const AttributeValue = wanted[AttributeName];
      if (AttributeValue === settings(before)[AttributeName]) continue;
      const unset = AttributeName === "RawMessageDelivery" ? "false" : "";
      await call.send(
        new SetSubscriptionAttributesCommand({
          SubscriptionArn,
          AttributeName,
          AttributeValue: AttributeValue ?? unset,
        }),
        regionOf(call.properties),
      );
    }
    return { physicalId: SubscriptionArn, attributes: { Arn: SubscriptionArn } };
  },
  async remove(call, { physicalId, properties }) {
    await call.send(new UnsubscribeCommand({ SubscriptionArn: physicalId }), regionOf(properties));
  },
  async read(call, { physicalId }) {
    const command = new GetSubscriptionAttributesCommand({ SubscriptionArn: physicalId });
    const { Attributes: found = {} } = await call.send(command, regionOf(call.properties));
    const parsed = (name: string) => (found[name] === undefined ? undefined : (JSON.parse(found[name]) as Json));
    return stated(call, {
      Endpoint: found.Endpoint,
      FilterPolicy: parsed("FilterPolicy"),
      FilterPolicyScope: found.FilterPolicyScope,
      Protocol: found.Protocol,
      RawMessageDelivery: found.RawMessageDelivery,
      RedrivePolicy: parsed("RedrivePolicy"),
    });
  },
});

function settings(properties: JsonObject): Record<string, string> {
  const given = SETTINGS.map((name) => [name, text(properties[name])] as const);
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** A topic of another region is subscribed to there. */
function regionOf(properties: JsonObject): { region?: string } {
  const region = text(properties.Region);
  return region === undefined ? {} : { region };
}

const topicPolicy = defineProvider({
  type: "AWS::SNS::TopicPolicy",
  properties: ["PolicyDocument", "Topics"],
  required: ["PolicyDocument", "Topics"],
  takesTags: false,
  async create(call) {
    await setPolicy(call, texts(call.properties.Topics), document(call.properties.PolicyDocument));
    return { physicalId: call.name(80), attributes: {} };
  },
  async update(call, { physicalId, properties }) {
    const topics = texts(call.properties.Topics);
    await setPolicy(
      call,
      texts(properties.Topics).filter((arn) => !topics.includes(arn)),
      "",
    );
    await setPolicy(call, topics, document(call.properties.PolicyDocument));
    return { physicalId, attributes: {} };
  },
  async remove(call, { properties }) {
    await setPolicy(call, texts(properties.Topics), "");
  },
});

/** No text gives a topic its standard policy back. */
async function setPolicy(call: ProviderCall, topics: string[], AttributeValue: string): Promise<void> {
  for (const TopicArn of topics) {
    await call.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: "Policy", AttributeValue }));
  }
}

export const topicProviders = [topic, subscription, topicPolicy];

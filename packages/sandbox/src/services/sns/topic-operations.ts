import type * as sdk from "@aws-sdk/client-sns";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import { parsePolicy } from "../../core/policy.ts";
import type { Operations } from "../../core/service.ts";
import {
  deleteTopic,
  invalid,
  isAction,
  openTopic,
  policyOf,
  saveTopic,
  showTopic,
  type TopicRecord,
  topicsOf,
} from "./topics.ts";

const NAME = /^[\w-]{1,256}$/;
const PAGE = 100;

/** Kept and shown as they are set. What logs deliveries and samples them is kept, but nothing is logged. */
const SETTABLE = /^(DisplayName|Policy|DeliveryPolicy|KmsMasterKeyId|SignatureVersion|TracingConfig)$/;
const NOT_HERE = /^(Fifo|ContentBasedDeduplication|ArchivePolicy|.*Feedback(RoleArn|SampleRate)$)/;

function checkAttribute(name: string, value: string): void {
  if (NOT_HERE.test(name)) {
    throw new AwsError("NotImplemented", `sandbox: SNS topic attribute ${name} is not implemented`, { status: 501 });
  }
  if (!SETTABLE.test(name)) throw invalid("AttributeName");
  if (name === "Policy" && value !== "") parsePolicy(value);
  if (name === "SignatureVersion" && value !== "1" && value !== "2") throw invalid("SignatureVersion");
}

function checkTags(tags: readonly sdk.Tag[]): Record<string, string> {
  const result = Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
  if (Object.keys(result).length < tags.length) throw invalid("Duplicated keys are not allowed.");
  return result;
}

type PolicyDocument = { Statement: { Sid?: string }[] };

function changePolicy(context: Context, topic: TopicRecord, change: (document: PolicyDocument) => void): void {
  const document = JSON.parse(policyOf(topic)) as PolicyDocument;
  change(document);
  saveTopic(context, { ...topic, attributes: { ...topic.attributes, Policy: JSON.stringify(document) } });
}

export const topicOperations: Operations<typeof sdk> = {
  CreateTopic(context, { Name: name = "", Attributes = {}, Tags = [] }) {
    const isFifo = Attributes.FifoTopic === "true";
    if (!NAME.test(isFifo ? name.replace(/\.fifo$/, "") : name) || isFifo !== name.endsWith(".fifo")) {
      throw invalid("Topic Name");
    }
    const { FifoTopic, ...attributes } = Attributes;
    if (isFifo) throw new AwsError("NotImplemented", "sandbox: SNS FIFO topics are not implemented", { status: 501 });
    for (const [key, value] of Object.entries(attributes)) checkAttribute(key, value);
    const tags = checkTags(Tags);
    const arn = `arn:aws:sns:${context.region}:${context.account}:${name}`;
    const existing = topicsOf(context).get(name);
    if (existing) {
      const shown = showTopic(context, existing);
      if (Object.entries(attributes).some(([key, value]) => shown[key] !== value)) {
        throw invalid("Attributes Reason: Topic already exists with different attributes");
      }
      if (Tags.length > 0 && Object.entries(tags).some(([key, value]) => existing.tags[key] !== value)) {
        throw invalid("Tags Reason: Topic already exists with different tags");
      }
      return { TopicArn: arn };
    }
    topicsOf(context).put(name, { name, arn, attributes, tags, deleted: 0 });
    return { TopicArn: arn };
  },

  DeleteTopic(context, { TopicArn }) {
    try {
      deleteTopic(context, openTopic(context, TopicArn, "SNS:DeleteTopic"));
    } catch (error) {
      // A topic that isn't there counts as deleted.
      if (!(error instanceof AwsError) || error.code !== "NotFound") throw error;
    }
    return {};
  },

  ListTopics(context, { NextToken }) {
    const all = topicsOf(context).list();
    const { items, nextToken } = page(all, ({ key }) => key, { token: NextToken, size: PAGE });
    return { Topics: items.map(({ value }) => ({ TopicArn: value.arn })), NextToken: nextToken };
  },

  GetTopicAttributes: (context, { TopicArn }) => ({
    Attributes: showTopic(context, openTopic(context, TopicArn, "SNS:GetTopicAttributes")),
  }),

  SetTopicAttributes(context, { TopicArn, AttributeName: name = "", AttributeValue: value = "" }) {
    const topic = openTopic(context, TopicArn, "SNS:SetTopicAttributes");
    if (name === "FifoTopic") throw invalid("AttributeName");
    checkAttribute(name, value);
    const { [name]: _, ...others } = topic.attributes;
    saveTopic(context, { ...topic, attributes: value === "" ? others : { ...others, [name]: value } });
    return {};
  },

  AddPermission(context, { TopicArn, Label, AWSAccountId = [], ActionName = [] }) {
    const topic = openTopic(context, TopicArn, "SNS:AddPermission");
    if (!ActionName.every(isAction)) throw invalid("Policy statement action out of service scope!");
    changePolicy(context, topic, (document) => {
      if (document.Statement.some(({ Sid }) => Sid === Label)) throw invalid("Statement already exists");
      const who = AWSAccountId.map((account) => `arn:aws:iam::${account}:root`);
      const actions = ActionName.map((action) => `SNS:${action}`);
      const one = <T>(list: T[]) => (list.length === 1 ? list[0] : list);
      const statement = {
        Sid: Label ?? "",
        Effect: "Allow",
        Principal: { AWS: one(who) },
        Action: one(actions),
        Resource: topic.arn,
      };
      document.Statement.push(statement);
    });
    return {};
  },

  RemovePermission(context, { TopicArn, Label }) {
    const topic = openTopic(context, TopicArn, "SNS:RemovePermission");
    changePolicy(context, topic, (document) => {
      document.Statement = document.Statement.filter(({ Sid }) => Sid !== Label);
    });
    return {};
  },

  TagResource(context, { ResourceArn, Tags = [] }) {
    const topic = ofTags(context, ResourceArn);
    saveTopic(context, { ...topic, tags: { ...topic.tags, ...checkTags(Tags) } });
    return {};
  },

  UntagResource(context, { ResourceArn, TagKeys = [] }) {
    const topic = ofTags(context, ResourceArn);
    const tags = Object.fromEntries(Object.entries(topic.tags).filter(([key]) => !TagKeys.includes(key)));
    saveTopic(context, { ...topic, tags });
    return {};
  },

  ListTagsForResource: (context, { ResourceArn }) => ({
    Tags: Object.entries(ofTags(context, ResourceArn).tags).map(([Key, Value]) => ({ Key, Value })),
  }),
};

function ofTags(context: Context, arn: string | undefined): TopicRecord {
  const topic = topicsOf(context).get(arn?.split(":")[5] ?? "");
  if (topic?.arn === arn && topic) return topic;
  throw new AwsError("ResourceNotFound", "Resource does not exist", { status: 404 });
}

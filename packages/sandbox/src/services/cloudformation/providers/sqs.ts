import {
  CreateQueueCommand,
  DeleteQueueCommand,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from "@aws-sdk/client-sqs";
import type { JsonObject } from "@turnpike/cloudformation";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { document, flag, goneTags, tagMap, text, texts } from "./values.ts";

/** Properties that are the queue's attributes under the same name; without a value they go back to these. */
const ATTRIBUTES: Record<string, string> = {
  DelaySeconds: "0",
  MaximumMessageSize: "1048576",
  MessageRetentionPeriod: "345600",
  ReceiveMessageWaitTimeSeconds: "0",
  VisibilityTimeout: "30",
  RedrivePolicy: "",
  RedriveAllowPolicy: "",
  KmsMasterKeyId: "",
  KmsDataKeyReusePeriodSeconds: "300",
  SqsManagedSseEnabled: "true",
  ContentBasedDeduplication: "false",
  DeduplicationScope: "queue",
  FifoThroughputLimit: "perQueue",
};

const queue = defineProvider({
  type: "AWS::SQS::Queue",
  properties: [...Object.keys(ATTRIBUTES), "FifoQueue", "QueueName", "Tags"],
  required: [],
  takesTags: true,
  async create(call) {
    const isFifo = flag(call.properties.FifoQueue) ?? false;
    const name = text(call.properties.QueueName) ?? `${call.name(isFifo ? 75 : 80)}${isFifo ? ".fifo" : ""}`;
    // SQS answers the URL of a queue that is there with the same attributes: made twice is made once.
    const { QueueUrl: url = "" } = await call.send(
      new CreateQueueCommand({
        QueueName: name,
        Attributes: { ...attributes(call.properties, {}), ...(isFifo ? { FifoQueue: "true" } : {}) },
        tags: tagMap(call),
      }),
    );
    return madeQueue(call, name, url);
  },
  async update(call, { physicalId: url, properties: before, tags }) {
    const Attributes = attributes(call.properties, before);
    if (Object.keys(Attributes).length > 0) {
      await call.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes }));
    }
    await call.send(new TagQueueCommand({ QueueUrl: url, Tags: tagMap(call) }));
    const TagKeys = goneTags(call, tags);
    if (TagKeys.length > 0) await call.send(new UntagQueueCommand({ QueueUrl: url, TagKeys }));
    return madeQueue(call, url.split("/").at(-1) ?? "", url);
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteQueueCommand({ QueueUrl: physicalId }));
  },
});

function attributes(properties: JsonObject, before: JsonObject): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, fallback] of Object.entries(ATTRIBUTES)) {
    const value = text(properties[name]);
    if (value !== undefined) result[name] = value;
    else if (before[name] !== undefined) result[name] = fallback;
  }
  return result;
}

function madeQueue(call: ProviderCall, name: string, url: string): Made {
  const Arn = `arn:aws:sqs:${call.region}:${call.account}:${name}`;
  return { physicalId: url, attributes: { Arn, QueueName: name, QueueUrl: url } };
}

const queuePolicy = defineProvider({
  type: "AWS::SQS::QueuePolicy",
  properties: ["PolicyDocument", "Queues"],
  required: ["PolicyDocument", "Queues"],
  takesTags: false,
  async create(call) {
    await setPolicy(call, texts(call.properties.Queues), document(call.properties.PolicyDocument));
    return { physicalId: call.name(80), attributes: {} };
  },
  async update(call, { physicalId, properties }) {
    const queues = texts(call.properties.Queues);
    const left = texts(properties.Queues).filter((url) => !queues.includes(url));
    await setPolicy(call, left, "");
    await setPolicy(call, queues, document(call.properties.PolicyDocument));
    return { physicalId, attributes: {} };
  },
  async remove(call, { properties }) {
    await setPolicy(call, texts(properties.Queues), "");
  },
});

async function setPolicy(call: ProviderCall, urls: string[], policy: string): Promise<void> {
  for (const QueueUrl of urls) {
    await call.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: policy } }));
  }
}

export const queueProviders = [queue, queuePolicy];

import type * as sdk from "@aws-sdk/client-sqs";
import type { QueueAttributeName } from "@aws-sdk/client-sqs";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { engine } from "./messages.ts";
import {
  accountOf,
  checkAttributes,
  openQueue,
  type QueueRecord,
  queueDoesNotExist,
  queuesOf,
  shownAttributes,
  urlOf,
} from "./queues.ts";

const NAME = /^[A-Za-z0-9_-]{1,80}$/;

export const queueOperations: Operations<typeof sdk> = {
  CreateQueue(context, { QueueName: name = "", Attributes = {}, tags = {} }) {
    if (name.endsWith(".fifo")) {
      throw new AwsError("NotImplemented", "sandbox: SQS FIFO queues are not implemented", { status: 501 });
    }
    if (!NAME.test(name)) {
      const message = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
      throw new AwsError("InvalidParameterValue", message);
    }
    const attributes = checkAttributes(context, Attributes as Record<string, string>);
    const existing = queuesOf(context).get(name);
    if (existing) {
      const shown = shownAttributes(existing);
      const other = Object.entries(attributes).find(([key, value]) => (shown[key] ?? "") !== value);
      if (!other) return { QueueUrl: urlOf(context, existing) };
      const message = `A queue already exists with the same name and a different value for attribute ${other[0]}`;
      throw new AwsError("QueueNameExists", message);
    }
    const nowMs = context.clock.now().getTime();
    const arn = `arn:aws:sqs:${context.region}:${context.account}:${name}`;
    const queue: QueueRecord = { name, arn, createdAtMs: nowMs, modifiedAtMs: nowMs, attributes, tags };
    queuesOf(context).put(name, queue);
    return { QueueUrl: urlOf(context, queue) };
  },

  GetQueueUrl(context, { QueueName: name = "", QueueOwnerAWSAccountId: account = context.account }) {
    if (!queuesOf(context, account).get(name)) throw queueDoesNotExist();
    return { QueueUrl: urlOf(context, openQueue(context, `${account}/${name}`, "sqs:GetQueueUrl")) };
  },

  ListQueues(context, { QueueNamePrefix = "", MaxResults, NextToken }) {
    const all = queuesOf(context).list(QueueNamePrefix);
    const { items, nextToken } = page(all, ({ key }) => key, { token: NextToken, size: MaxResults ?? 1000 });
    return { QueueUrls: items.map(({ value }) => urlOf(context, value)), NextToken: nextToken };
  },

  DeleteQueue(context, { QueueUrl }) {
    const queue = openQueue(context, QueueUrl, "sqs:DeleteQueue");
    context.store.transaction(() => {
      queuesOf(context, accountOf(queue)).delete(queue.name);
      engine(context).messages.purge(queue.arn);
    });
    engine(context).wake(queue.arn);
    return {};
  },

  PurgeQueue(context, { QueueUrl }) {
    engine(context).messages.purge(openQueue(context, QueueUrl, "sqs:PurgeQueue").arn);
    return {};
  },

  GetQueueAttributes(context, { QueueUrl, AttributeNames = [] }) {
    const queue = openQueue(context, QueueUrl, "sqs:GetQueueAttributes");
    const { visible, inFlight, delayed } = engine(context).messages.counts(queue.arn, context.clock.now().getTime());
    const all: Record<string, string> = {
      ...shownAttributes(queue),
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: String(delayed),
    };
    const wanted = new Set<string>(AttributeNames);
    const shown = Object.entries(all).filter(([name]) => wanted.has("All") || wanted.has(name));
    return { Attributes: Object.fromEntries(shown) as Partial<Record<QueueAttributeName, string>> };
  },

  SetQueueAttributes(context, { QueueUrl, Attributes = {} }) {
    const queue = openQueue(context, QueueUrl, "sqs:SetQueueAttributes");
    const attributes = { ...queue.attributes, ...checkAttributes(context, Attributes as Record<string, string>) };
    const modifiedAtMs = context.clock.now().getTime();
    queuesOf(context, accountOf(queue)).put(queue.name, { ...queue, attributes, modifiedAtMs });
    return {};
  },

  TagQueue(context, { QueueUrl, Tags = {} }) {
    const queue = openQueue(context, QueueUrl, "sqs:TagQueue");
    queuesOf(context, accountOf(queue)).put(queue.name, { ...queue, tags: { ...queue.tags, ...Tags } });
    return {};
  },

  UntagQueue(context, { QueueUrl, TagKeys = [] }) {
    const queue = openQueue(context, QueueUrl, "sqs:UntagQueue");
    const tags = Object.fromEntries(Object.entries(queue.tags).filter(([key]) => !TagKeys.includes(key)));
    queuesOf(context, accountOf(queue)).put(queue.name, { ...queue, tags });
    return {};
  },

  ListQueueTags: (context, { QueueUrl }) => ({ Tags: { ...openQueue(context, QueueUrl, "sqs:ListQueueTags").tags } }),
};

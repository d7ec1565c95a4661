import type * as sdk from "@aws-sdk/client-sqs";
import type { QueueAttributeName } from "@aws-sdk/client-sqs";
import type { Context } from "../../core/context.ts";
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
  redrivePolicy,
  shownAttributes,
  urlOf,
} from "./queues.ts";

const NAME = /^[A-Za-z0-9_-]{1,80}$/;
const FIFO_NAME = /^[A-Za-z0-9_-]{1,75}\.fifo$/;
const PURGE_PAUSE_MS = 60_000;
const ACTIONS = new Set([
  ...["SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl"],
  ...["ListDeadLetterSourceQueues", "PurgeQueue", "*"],
]);

function checkName(name: string, fifo: string | undefined): void {
  if (fifo === "true" ? FIFO_NAME.test(name) : NAME.test(name)) return;
  const message =
    fifo === "true"
      ? "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
      : "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
  throw new AwsError("InvalidParameterValue", message);
}

type PolicyDocument = { Version: string; Id: string; Statement: { Sid?: string }[] };

/** Changes a queue's policy as a document; one without statements goes away. */
function changePolicy(context: Context, queue: QueueRecord, change: (document: PolicyDocument) => void): void {
  const standard = { Version: "2008-10-17", Id: `${queue.arn}/SQSDefaultPolicy`, Statement: [] };
  const text = queue.attributes.Policy;
  const document = text ? (JSON.parse(text) as PolicyDocument) : standard;
  if (!Array.isArray(document.Statement)) document.Statement = [document.Statement];
  change(document);
  const Policy = document.Statement.length === 0 ? "" : JSON.stringify(document);
  save(context, queue, { attributes: { ...queue.attributes, Policy } });
}

const save = (context: Context, queue: QueueRecord, settings: Partial<QueueRecord>) =>
  queuesOf(context, accountOf(queue)).put(queue.name, { ...queue, ...settings });

export const queueOperations: Operations<typeof sdk> = {
  CreateQueue(context, { QueueName: name = "", Attributes = {}, tags = {} }) {
    const given = Attributes as Record<string, string>;
    checkName(name, given.FifoQueue);
    const attributes = checkAttributes(context, name, given);
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
    const queue = openQueue(context, QueueUrl, "sqs:PurgeQueue");
    const nowMs = context.clock.now().getTime();
    if (queue.purgedAtMs !== undefined && nowMs - queue.purgedAtMs < PURGE_PAUSE_MS) {
      const message = `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`;
      throw new AwsError("PurgeQueueInProgress", message);
    }
    context.store.transaction(() => {
      engine(context).messages.purge(queue.arn);
      save(context, queue, { purgedAtMs: nowMs });
    });
    return {};
  },

  ListDeadLetterSourceQueues(context, { QueueUrl, MaxResults, NextToken }) {
    const queue = openQueue(context, QueueUrl, "sqs:ListDeadLetterSourceQueues");
    const sources = queuesOf(context, accountOf(queue))
      .list()
      .filter(({ value }) => redrivePolicy(value)?.deadLetterTargetArn === queue.arn);
    const { items, nextToken } = page(sources, ({ key }) => key, { token: NextToken, size: MaxResults ?? 1000 });
    return { queueUrls: items.map(({ value }) => urlOf(context, value)), NextToken: nextToken };
  },

  AddPermission(context, { QueueUrl, Label = "", AWSAccountIds = [], Actions = [] }) {
    const queue = openQueue(context, QueueUrl, "sqs:AddPermission");
    const unknown = Actions.find((action) => !ACTIONS.has(action));
    if (unknown !== undefined) {
      const message = `Value SQS:${unknown} for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.`;
      throw new AwsError("InvalidParameterValue", message);
    }
    const one = <T>(list: T[]) => (list.length === 1 ? list[0] : list);
    changePolicy(context, queue, (document) => {
      if (document.Statement.some(({ Sid }) => Sid === Label)) {
        const message = `Value ${Label} for parameter Label is invalid. Reason: Already exists.`;
        throw new AwsError("InvalidParameterValue", message);
      }
      const statement = {
        Sid: Label,
        Effect: "Allow",
        Principal: { AWS: one(AWSAccountIds.map((account) => `arn:aws:iam::${account}:root`)) },
        Action: one(Actions.map((action) => `SQS:${action}`)),
        Resource: queue.arn,
      };
      document.Statement.push(statement);
    });
    return {};
  },

  RemovePermission(context, { QueueUrl, Label = "" }) {
    const queue = openQueue(context, QueueUrl, "sqs:RemovePermission");
    changePolicy(context, queue, (document) => {
      const left = document.Statement.filter(({ Sid }) => Sid !== Label);
      if (left.length === document.Statement.length) {
        const reason = "Reason: can't find label.";
        throw new AwsError("InvalidParameterValue", `Value ${Label} for parameter Label is invalid. ${reason}`);
      }
      document.Statement = left;
    });
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
    if (shown.length === 0) return {};
    return { Attributes: Object.fromEntries(shown) as Partial<Record<QueueAttributeName, string>> };
  },

  SetQueueAttributes(context, { QueueUrl, Attributes = {} }) {
    const queue = openQueue(context, QueueUrl, "sqs:SetQueueAttributes");
    const checked = checkAttributes(context, queue.name, Attributes as Record<string, string>);
    const modifiedAtMs = context.clock.now().getTime();
    save(context, queue, { attributes: { ...queue.attributes, ...checked }, modifiedAtMs });
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

  ListQueueTags(context, { QueueUrl }) {
    const { tags } = openQueue(context, QueueUrl, "sqs:ListQueueTags");
    return Object.keys(tags).length > 0 ? { Tags: { ...tags } } : {};
  },
};

import * as sns from "@aws-sdk/client-sns";
import * as sqs from "@aws-sdk/client-sqs";
import type { Scenario } from "./clients.ts";

export const queues: Scenario = async (clients, call) => {
  const q = clients.sqs;
  const { QueueUrl = "" } = await call(q, new sqs.CreateQueueCommand({ QueueName: "jobs" }));
  await call(q, new sqs.CreateQueueCommand({ QueueName: "jobs" }));
  await call(q, new sqs.CreateQueueCommand({ QueueName: "jobs", Attributes: { VisibilityTimeout: "99" } }));
  await call(q, new sqs.CreateQueueCommand({ QueueName: "no spaces" }));
  await call(q, new sqs.GetQueueUrlCommand({ QueueName: "jobs" }));
  await call(q, new sqs.GetQueueUrlCommand({ QueueName: "none" }));
  await call(q, new sqs.ListQueuesCommand({ QueueNamePrefix: "jo" }));
  const attributes = ["VisibilityTimeout", "DelaySeconds", "MessageRetentionPeriod", "QueueArn"] as const;
  await call(q, new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...attributes] }));
  await call(q, new sqs.SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: "0" } }));
  await call(q, new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["VisibilityTimeout"] }));
  await call(q, new sqs.TagQueueCommand({ QueueUrl, Tags: { team: "payments" } }));
  await call(q, new sqs.ListQueueTagsCommand({ QueueUrl }));
  await call(q, new sqs.UntagQueueCommand({ QueueUrl, TagKeys: ["team"] }));
  const MessageAttributes = { kind: { DataType: "String", StringValue: "order" } };
  await call(q, new sqs.SendMessageCommand({ QueueUrl, MessageBody: "one", MessageAttributes }));
  await call(q, new sqs.ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"] }));
  const received = await call(q, new sqs.ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 30 }));
  await call(q, new sqs.ReceiveMessageCommand({ QueueUrl }));
  const ReceiptHandle = received.Messages?.[0]?.ReceiptHandle ?? "";
  await call(q, new sqs.ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 10 }));
  await call(q, new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  const Entries = ["a", "b", "c"].map((id) => ({ Id: id, MessageBody: `body ${id}` }));
  await call(q, new sqs.SendMessageBatchCommand({ QueueUrl, Entries }));
  await call(q, new sqs.SendMessageBatchCommand({ QueueUrl, Entries: [...Entries, ...Entries] }));
  await call(q, new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }));
  const dead = await call(q, new sqs.CreateQueueCommand({ QueueName: "dead" }));
  const letters = {
    QueueUrl: dead.QueueUrl ?? "",
    AttributeNames: ["QueueArn"],
  } satisfies sqs.GetQueueAttributesCommandInput;
  const deadLetterTargetArn = (await call(q, new sqs.GetQueueAttributesCommand(letters))).Attributes?.QueueArn ?? "";
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 });
  await call(q, new sqs.SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } }));
  await call(q, new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["RedrivePolicy"] }));
  await call(q, new sqs.ListDeadLetterSourceQueuesCommand({ QueueUrl: dead.QueueUrl ?? "" }));
  await call(q, new sqs.PurgeQueueCommand({ QueueUrl }));
  await call(q, new sqs.DeleteQueueCommand({ QueueUrl }));
  await call(q, new sqs.SendMessageCommand({ QueueUrl, MessageBody: "late" }));
};

export const fifoQueues: Scenario = async (clients, call) => {
  const q = clients.sqs;
  const Attributes = { FifoQueue: "true", ContentBasedDeduplication: "true" };
  const { QueueUrl = "" } = await call(q, new sqs.CreateQueueCommand({ QueueName: "line.fifo", Attributes }));
  await call(q, new sqs.CreateQueueCommand({ QueueName: "line", Attributes }));
  await call(q, new sqs.SendMessageCommand({ QueueUrl, MessageBody: "1" }));
  await call(q, new sqs.SendMessageCommand({ QueueUrl, MessageBody: "1", MessageGroupId: "g" }));
  await call(q, new sqs.SendMessageCommand({ QueueUrl, MessageBody: "1", MessageGroupId: "g" }));
  await call(q, new sqs.SendMessageCommand({ QueueUrl, MessageBody: "2", MessageGroupId: "g" }));
  const first = await call(q, new sqs.ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1 }));
  await call(q, new sqs.ReceiveMessageCommand({ QueueUrl }));
  const ReceiptHandle = first.Messages?.[0]?.ReceiptHandle ?? "";
  await call(q, new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  await call(q, new sqs.ReceiveMessageCommand({ QueueUrl }));
  await call(q, new sqs.DeleteQueueCommand({ QueueUrl }));
};

export const topics: Scenario = async (clients, call) => {
  const { sns: topicsClient, sqs: q } = clients;
  const { TopicArn = "" } = await call(topicsClient, new sns.CreateTopicCommand({ Name: "alerts" }));
  await call(topicsClient, new sns.CreateTopicCommand({ Name: "alerts" }));
  await call(topicsClient, new sns.CreateTopicCommand({ Name: "not a name" }));
  await call(topicsClient, new sns.ListTopicsCommand({}));
  await call(
    topicsClient,
    new sns.SetTopicAttributesCommand({ TopicArn, AttributeName: "DisplayName", AttributeValue: "Alerts" }),
  );
  const { QueueUrl = "" } = await call(q, new sqs.CreateQueueCommand({ QueueName: "inbox" }));
  const { Attributes } = await call(q, new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  const Endpoint = Attributes?.QueueArn ?? "";
  const policy = {
    Statement: [
      { Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: Endpoint },
    ],
  };
  await call(q, new sqs.SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: JSON.stringify(policy) } }));
  const { SubscriptionArn = "" } = await call(
    topicsClient,
    new sns.SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint, ReturnSubscriptionArn: true }),
  );
  await call(topicsClient, new sns.ListSubscriptionsByTopicCommand({ TopicArn }));
  await call(
    topicsClient,
    new sns.SetSubscriptionAttributesCommand({
      SubscriptionArn,
      AttributeName: "RawMessageDelivery",
      AttributeValue: "true",
    }),
  );
  await call(topicsClient, new sns.PublishCommand({ TopicArn, Message: "hello", Subject: "Greeting" }));
  await call(q, new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
  await call(
    topicsClient,
    new sns.SetSubscriptionAttributesCommand({
      SubscriptionArn,
      AttributeName: "FilterPolicy",
      AttributeValue: JSON.stringify({ kind: ["order"] }),
    }),
  );
  await call(topicsClient, new sns.PublishCommand({ TopicArn, Message: "unheard" }));
  const MessageAttributes = { kind: { DataType: "String", StringValue: "order" } };
  await call(topicsClient, new sns.PublishCommand({ TopicArn, Message: "heard", MessageAttributes }));
  await call(q, new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
  await call(topicsClient, new sns.TagResourceCommand({ ResourceArn: TopicArn, Tags: [{ Key: "team", Value: "a" }] }));
  await call(topicsClient, new sns.ListTagsForResourceCommand({ ResourceArn: TopicArn }));
  await call(topicsClient, new sns.UntagResourceCommand({ ResourceArn: TopicArn, TagKeys: ["team"] }));
  await call(topicsClient, new sns.PublishCommand({ TopicArn: `${TopicArn}-none`, Message: "x" }));
  await call(topicsClient, new sns.GetTopicAttributesCommand({ TopicArn: `${TopicArn}-none` }));
  await call(topicsClient, new sns.UnsubscribeCommand({ SubscriptionArn }));
  await call(topicsClient, new sns.ListSubscriptionsCommand({}));
  await call(topicsClient, new sns.DeleteTopicCommand({ TopicArn }));
  await call(topicsClient, new sns.ListTopicsCommand({}));
};

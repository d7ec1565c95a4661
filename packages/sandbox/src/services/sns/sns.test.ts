import { verify } from "node:crypto";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { AddPermissionCommand } from "@aws-sdk/client-lambda";
import * as sdk from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { awsCli, hasAwsCli } from "../../../test/aws-cli.ts";
import { clientSettings, DEV, roleForTest, sandboxForTest, TOOLING, temporaryFolder } from "../../../test/support.ts";
import { AwsError } from "../../core/errors.ts";
import { type Sandbox, startSandbox } from "../../index.ts";
import { services } from "../../registry.ts";
import { eventually, lambdaIn } from "../lambda/test/functions.ts";

const queueArn = (name: string, account = TOOLING) => `arn:aws:sqs:eu-west-1:${account}:${name}`;

/** A queue that lets topics send to it. */
async function withQueue(sandbox: Sandbox, QueueName: string, account = TOOLING) {
  const sqs = new SQSClient(clientSettings(sandbox, account));
  const Statement = [{ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:*", Resource: "*" }];
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({ QueueName, Attributes: { Policy: JSON.stringify({ Statement }) } }),
  );
  return async () => {
    const all = { MessageAttributeNames: ["All"], MaxNumberOfMessages: 10 };
    return (await sqs.send(new ReceiveMessageCommand({ QueueUrl, ...all }))).Messages ?? [];
  };
}

async function withTopic(sandbox: Sandbox, Name = "orders") {
  const sns = new sdk.SNSClient(clientSettings(sandbox));
  const { TopicArn } = await sns.send(new sdk.CreateTopicCommand({ Name }));
  const subscribe = (queue: string, Attributes: Record<string, string> = {}) =>
    sns.send(new sdk.SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: queueArn(queue), Attributes }));
  const publish = (Message: string, more: Partial<sdk.PublishCommandInput> = {}) =>
    sns.send(new sdk.PublishCommand({ TopicArn, Message, ...more }));
  return { sns, TopicArn, subscribe, publish };
}

const attribute = (StringValue: string, DataType = "String") => ({ a: { DataType, StringValue } });

test("a published message is in each subscribed queue when Publish answers, in SNS's envelope or raw", async () => {
  const sandbox = await sandboxForTest();
  const [plain, raw] = [await withQueue(sandbox, "plain"), await withQueue(sandbox, "raw")];
  const { subscribe, publish, TopicArn } = await withTopic(sandbox);
  const { SubscriptionArn } = await subscribe("plain");
  await subscribe("raw", { RawMessageDelivery: "true" });
  const MessageAttributes = {
    ...attribute("99.12", "Number"),
    b: { DataType: "Binary", BinaryValue: Buffer.from([2]) },
  };
  const { MessageId } = await publish("hello", { Subject: "greeting", MessageAttributes });
  const [message] = await plain();
  const body = JSON.parse(message?.Body ?? "");
  expect(Object.keys(body)).toEqual(
    ["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature"].concat([
      ...["SigningCertURL", "UnsubscribeURL", "MessageAttributes"],
    ]),
  );
  expect(body).toMatchObject({
    Type: "Notification",
    MessageId,
    TopicArn,
    Subject: "greeting",
    Message: "hello",
    SignatureVersion: "1",
    MessageAttributes: { a: { Type: "Number", Value: "99.12" }, b: { Type: "Binary", Value: "Ag==" } },
  });
  expect(body.UnsubscribeURL).toContain(SubscriptionArn);
  const [bare] = await raw();
  expect(bare).toMatchObject({ Body: "hello", MessageAttributes: { a: { DataType: "Number", StringValue: "99.12" } } });
});

test("a signature fits the message, and no other", async () => {
  const sandbox = await sandboxForTest();
  const received = await withQueue(sandbox, "q");
  const { sns, subscribe, publish, TopicArn } = await withTopic(sandbox);
  await sns.send(
    new sdk.SetTopicAttributesCommand({ TopicArn, AttributeName: "SignatureVersion", AttributeValue: "2" }),
  );
  await subscribe("q");
  await publish("signed");
  const body = JSON.parse((await received())[0]?.Body ?? "");
  const { privateKey } = sandbox
    .runtimeOf("SNSClient")
    .storeOf("", "")
    .collection<{ privateKey: string }>("signing")
    .get("key") ?? { privateKey: "" };
  const fields = ["Message", "MessageId", "Timestamp", "TopicArn", "Type"];
  const text = (change: object) => fields.map((name) => `${name}\n${{ ...body, ...change }[name]}\n`).join("");
  const fits = (signed: string) =>
    verify("RSA-SHA256", Buffer.from(signed), privateKey, Buffer.from(body.Signature, "base64"));
  expect([fits(text({})), fits(text({ Message: "forged" }))]).toEqual([true, false]);
});

test("a filter policy lets through what it names, in attributes or in the body", async () => {
  const sandbox = await sandboxForTest();
  const [byAttribute, byBody] = [await withQueue(sandbox, "attributes"), await withQueue(sandbox, "body")];
  const { subscribe, publish } = await withTopic(sandbox);
  await subscribe("attributes", { FilterPolicy: JSON.stringify({ a: [{ prefix: "or" }, { numeric: [">", 5] }] }) });
  const FilterPolicy = JSON.stringify({ order: { total: [{ numeric: [">=", 100] }], tags: ["gift"] } });
  await subscribe("body", { FilterPolicyScope: "MessageBody", FilterPolicy });
  await publish("1", { MessageAttributes: attribute("order") });
  await publish("2", { MessageAttributes: attribute("cart") });
  await publish("3", { MessageAttributes: attribute("7", "Number") });
  await publish("4", { MessageAttributes: attribute('["x","orb"]', "String.Array") });
  await publish(JSON.stringify({ order: { total: 100, tags: ["x", "gift"] } }));
  await publish(JSON.stringify({ order: { total: 99, tags: ["gift"] } }));
  expect((await byAttribute()).map(({ Body }) => JSON.parse(Body ?? "").Message)).toEqual(["1", "3", "4"]);
  expect(await byBody()).toHaveLength(1);
});

test("what a queue's policy refuses goes to the subscription's dead-letter queue", async () => {
  const sandbox = await sandboxForTest();
  const dead = await withQueue(sandbox, "dead");
  await sandbox.send(new CreateQueueCommand({ QueueName: "closed" }));
  const { subscribe, publish } = await withTopic(sandbox);
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn("dead") });
  await subscribe("closed", { RawMessageDelivery: "true", RedrivePolicy });
  await subscribe("not-there", { RedrivePolicy });
  await publish("lost?");
  const messages = (await dead()).map(({ Body }) => Body).sort();
  expect(messages[0]).toBe("lost?");
  expect(JSON.parse(messages[1] ?? "")).toMatchObject({ Type: "Notification", Message: "lost?" });
});

test("a throttled target gets its message later, after a restart too", async () => {
  const dataDir = temporaryFolder();
  const sandbox = await startSandbox({ dataDir, fronts: [] });
  await withQueue(sandbox, "busy");
  const { subscribe } = await withTopic(sandbox);
  await subscribe("busy");
  await sandbox.stop();

  // The same sandbox, with an SQS that throttles.
  const SendMessage = () => {
    throw new AwsError("RequestThrottled", "Slow down", { status: 503 });
  };
  const throttling = services.map((service) =>
    service.client === "SQSClient" ? { ...service, operations: { ...service.operations, SendMessage } } : service,
  );
  const busy = await startSandbox({ dataDir, fronts: [], services: throttling });
  const again = await withTopic(busy);
  const { MessageId } = await again.publish("patience");
  await busy.stop();

  const free = await sandboxForTest({ dataDir });
  free.clock.advance(60_000);
  const received = await withQueue(free, "busy");
  await expect.poll(async () => JSON.parse((await received())[0]?.Body ?? "{}").MessageId).toBe(MessageId);
});

test("a function gets SNS's event, once its policy lets the topic invoke it", async () => {
  const sandbox = await sandboxForTest();
  const { create } = lambdaIn(sandbox, TOOLING);
  const Role = await roleForTest(sandbox, {
    name: "listener",
    principal: { Service: "lambda.amazonaws.com" },
    actions: ["logs:*"],
  });
  const source = "export const handler = async (event) => { console.log(`got ${JSON.stringify(event)}`); };";
  const { FunctionArn = "" } = await create("listener", source, { Role });
  const dead = await withQueue(sandbox, "dead");
  const { sns, TopicArn, publish } = await withTopic(sandbox);
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn("dead") });
  const { SubscriptionArn } = await sns.send(
    new sdk.SubscribeCommand({ TopicArn, Protocol: "lambda", Endpoint: FunctionArn, Attributes: { RedrivePolicy } }),
  );
  await publish("refused");
  expect(JSON.parse((await dead())[0]?.Body ?? "{}").Message).toBe("refused");
  const permission = { FunctionName: "listener", StatementId: "sns", Action: "lambda:InvokeFunction" };
  await sandbox.send(new AddPermissionCommand({ ...permission, Principal: "sns.amazonaws.com", SourceArn: TopicArn }));
  const { MessageId } = await publish("hello", { MessageAttributes: attribute("x") });
  const logged = await eventually(async () => {
    const command = new FilterLogEventsCommand({ logGroupName: "/aws/lambda/listener", filterPattern: "got" });
    const { events = [] } = await sandbox.send(command).catch(() => ({ events: [] }));
    return events[0]?.message;
  });
  const [record, ...others] = JSON.parse(/got (\{.*\})/.exec(logged)?.[1] ?? "{}").Records;
  expect(others).toEqual([]);
  expect(record).toMatchObject({ EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn: SubscriptionArn });
  const MessageAttributes = { a: { Type: "String", Value: "x" } };
  expect(record.Sns).toMatchObject({
    Type: "Notification",
    MessageId,
    Subject: null,
    Message: "hello",
    MessageAttributes,
  });
});

test("another account publishes only under the topic's policy, and mail waits for its confirmation", async () => {
  const sandbox = await sandboxForTest();
  const { sns, TopicArn, publish } = await withTopic(sandbox);
  const foreign = new sdk.SNSClient(clientSettings(sandbox, DEV));
  const command = new sdk.PublishCommand({ TopicArn, Message: "hi" });
  await expect(foreign.send(command)).rejects.toThrow(sdk.AuthorizationErrorException);
  const permission = { TopicArn, Label: "dev", AWSAccountId: [DEV], ActionName: ["Publish"] };
  await sns.send(new sdk.AddPermissionCommand(permission));
  expect((await foreign.send(command)).MessageId).toBeTruthy();

  const tokens: string[] = [];
  const mails: string[] = [];
  sandbox.signals.on("sns.confirmation", ({ token }) => tokens.push(token));
  sandbox.signals.on("sns.mail", ({ to, message }) => mails.push(`${to}: ${message}`));
  const mail = { TopicArn, Protocol: "email", Endpoint: "dev@example.com" };
  expect((await sns.send(new sdk.SubscribeCommand(mail))).SubscriptionArn).toBe("pending confirmation");
  await publish("too early");
  await sns.send(new sdk.ConfirmSubscriptionCommand({ TopicArn, Token: tokens[0] }));
  await publish("in time");
  expect(mails).toEqual(["dev@example.com: in time"]);
});

test("what can't be is refused in AWS's words", async () => {
  const sandbox = await sandboxForTest();
  const { sns, TopicArn, publish, subscribe } = await withTopic(sandbox);
  const attributesOf = async (arn: string | undefined) =>
    (await sns.send(new sdk.GetTopicAttributesCommand({ TopicArn: arn }))).Attributes;
  await expect(attributesOf("randomstring")).rejects.toThrow(
    "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
  );
  await expect(attributesOf(`${TopicArn}x`)).rejects.toThrow(sdk.NotFoundException);
  expect(await attributesOf(TopicArn)).toMatchObject({ DisplayName: "", SubscriptionsConfirmed: "0", Owner: TOOLING });
  await expect(publish("")).rejects.toThrow("Invalid parameter: Empty message");
  await expect(publish("x".repeat(262_145))).rejects.toThrow("Invalid parameter: Message too long");
  await expect(publish("{}", { MessageStructure: "json" })).rejects.toThrow("No default entry in JSON message body");
  await expect(publish("x", { MessageAttributes: attribute("") })).rejects.toThrow(
    "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'.",
  );
  await expect(subscribe("q", { FilterPolicy: '{"a":[{"suffix":5}]}' })).rejects.toThrow(
    "Invalid parameter: Attributes Reason: FilterPolicy: suffix match pattern must be a string",
  );
  await expect(subscribe("q", { FilterPolicy: '{"a":{"b":["c"]}}' })).rejects.toThrow("nested filter policy");
  await expect(subscribe("q", { RawMessageDelivery: "wrongvalue" })).rejects.toThrow(
    "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [wrongvalue]. Must be true or false.",
  );
  const protocol = (Protocol: string) =>
    sns.send(new sdk.SubscribeCommand({ TopicArn, Protocol, Endpoint: "https://example.com" }));
  await expect(protocol("https")).rejects.toThrow("by https are not implemented");
  await expect(protocol("test-protocol")).rejects.toThrow("does not support this protocol string: test-protocol");
  const create = (Name: string) => sns.send(new sdk.CreateTopicCommand({ Name }));
  await expect(create("x.fifo")).rejects.toThrow("Invalid parameter: Topic Name");
  const same = await subscribe("q");
  expect(await subscribe("q", { RawMessageDelivery: "false" })).toMatchObject({
    SubscriptionArn: same.SubscriptionArn,
  });
  await expect(subscribe("q", { RawMessageDelivery: "true" })).rejects.toThrow(
    "already exists with different attributes",
  );
});

test.skipIf(!hasAwsCli)("the AWS CLI makes a topic, subscribes and publishes", async () => {
  const sandbox = await sandboxForTest();
  const received = await withQueue(sandbox, "cli");
  const aws = async (...args: string[]) => (await awsCli(sandbox, ["sns", ...args])) as Record<string, string>;
  const { TopicArn = "" } = await aws("create-topic", "--name", "cli", "--tags", "Key=team,Value=x");
  await aws("subscribe", "--topic-arn", TopicArn, "--protocol", "sqs", "--notification-endpoint", queueArn("cli"));
  await aws("publish", "--topic-arn", TopicArn, "--message", "from the shell");
  expect(JSON.parse((await received())[0]?.Body ?? "").Message).toBe("from the shell");
});

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";

const { ENDPOINT: queueUrl = "", STACK_NAME, TEST_ROLE_ARN } = process.env;
const role = TEST_ROLE_ARN && fromTemporaryCredentials({ params: { RoleArn: TEST_ROLE_ARN, RoleSessionName: "test" } });
const config = role ? { credentials: role } : {};
const sqs = new SQSClient(config);
const logs = new CloudWatchLogsClient(config);

/** Longest that a message may take from the queue into the log. */
const PATIENCE_MS = 60_000;
let outputs: Record<string, string> = {};

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(Date.now() < deadline, `${what} within ${PATIENCE_MS / 1000} s`);
    await setTimeout(200);
  }
}

const send = (body: unknown) =>
  sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(body) }));

async function timesPlaced(id: string): Promise<number> {
  const { events = [] } = await logs.send(
    new FilterLogEventsCommand({ logGroupName: outputs.LogGroupName, filterPattern: `{ $.order_id = "${id}" }` }),
  );
  return events.length;
}

describe("the deployed queue", () => {
  before(async () => {
    const client = new CloudFormationClient(config);
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: STACK_NAME }));
    outputs = Object.fromEntries(
      (stack?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]),
    );
  });

  test("an order is placed once, also when its message comes twice", async () => {
    const order = { version: 1, customer: "Zoë", items: [{ article: "tea", count: 2 }] };
    const [first, last] = [randomUUID(), randomUUID()];
    await send({ ...order, id: first });
    await until("the first order", async () => ((await timesPlaced(first)) > 0 ? true : undefined));
    await send({ ...order, id: first });
    await send({ ...order, id: last });
    await until("the last order", async () => ((await timesPlaced(last)) > 0 ? true : undefined));
    assert.equal(await timesPlaced(first), 1);
  });

  test("a message that is none is set aside at once, with the reason", async () => {
    const id = randomUUID();
    await send({ version: 1, id, customer: "Zoë", items: [] });
    const found = await until("the message among the dead letters", async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          ...{ QueueUrl: outputs.DeadLettersUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, VisibilityTimeout: 5 },
          MessageAttributeNames: ["All"],
        }),
      );
      return Messages.find(({ Body = "" }) => Body.includes(id));
    });
    assert.match(found.MessageAttributes?.reason?.StringValue ?? "", /items/);
    const { ReceiptHandle } = found;
    await sqs.send(new DeleteMessageCommand({ QueueUrl: outputs.DeadLettersUrl, ReceiptHandle }));
  });
});

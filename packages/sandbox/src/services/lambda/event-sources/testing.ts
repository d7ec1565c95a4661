import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as sdk from "@aws-sdk/client-lambda";
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { clientSettings, DEV, REGION, roleForTest, sandboxForTest } from "../../../../test/support.ts";
import type { Sandbox } from "../../../index.ts";
import { lambdaIn } from "../test/functions.ts";

/** A sandbox whose functions' role may read queues and streams, and send to queues. */
export async function sandboxWithSources(dataDir?: string): Promise<Sandbox> {
  const sandbox = await sandboxForTest(dataDir === undefined ? {} : { dataDir });
  await roleForTest(sandbox, {
    name: "orders-function",
    account: DEV,
    principal: { Service: "lambda.amazonaws.com" },
    actions: ["sqs:*", "dynamodb:*"],
  });
  return sandbox;
}

export function sources(sandbox: Sandbox) {
  const settings = clientSettings(sandbox, DEV);
  const lambda = lambdaIn(sandbox);
  const sqs = new SQSClient(settings);
  return {
    lambda,
    sqs,
    dynamo: new DynamoDBClient(settings),
    async queue(QueueName: string, Attributes: Record<string, string> = {}) {
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
      const arn = `arn:aws:sqs:${REGION}:${DEV}:${QueueName}`;
      return {
        arn,
        QueueUrl,
        send: (body: unknown) =>
          sqs.send(
            new SendMessageCommand({ QueueUrl, MessageBody: typeof body === "string" ? body : JSON.stringify(body) }),
          ),
        /** What comes within some seconds of real time, deleted or not. */
        async next<T>(): Promise<T | undefined> {
          const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 8 }));
          return Messages?.[0]?.Body === undefined ? undefined : (JSON.parse(Messages[0].Body) as T);
        },
      };
    },
    map: (input: sdk.CreateEventSourceMappingCommandInput) =>
      lambda.client.send(new sdk.CreateEventSourceMappingCommand(input)),
    get: (UUID: string | undefined) => lambda.client.send(new sdk.GetEventSourceMappingCommand({ UUID })),
    /** Batches that a function of `recorder` was given so far. */
    async batches(name: string): Promise<{ Records: Record<string, unknown>[] }[]> {
      const { value } = await lambda.invoke(name, { tell: true });
      return value.batches as { Records: Record<string, unknown>[] }[];
    },
  };
}

/** A function that keeps its batches in a file, and answers or throws as `judge` (a function's source) says of each. */
export const recorder = (file: string, judge = "() => ({})") => `
  import { appendFileSync, existsSync, readFileSync } from "node:fs";
  const file = ${JSON.stringify(file)};
  const judge = ${judge};
  export const handler = async (event) => {
    const batches = existsSync(file) ? readFileSync(file, "utf8").trim().split("\\n").map((line) => JSON.parse(line)) : [];
    if (event.tell) return { batches };
    appendFileSync(file, JSON.stringify(event) + "\\n");
    return judge(event, batches.length);
  };`;

import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { attempt, type Ledger, type Settings } from "./ledger.ts";

const KEYS = 20;
const BUCKET = "crash";
const TABLE = "crash";
const GROUP = "/crash";
const STREAM = "lines";

/** How one store writes and reads a value under a key. */
interface KeyedStore {
  readonly name: string;
  write(key: string, value: string): Promise<unknown>;
  /** Undefined when there is none. */
  read(key: string): Promise<string | undefined>;
}

function storesOf(settings: Settings): KeyedStore[] {
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const table = new DynamoDBClient(settings);
  const ssm = new SSMClient(settings);
  return [
    {
      name: "s3",
      // Longer than a page, so that a body that was cut would show.
      write: (Key, value) => s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: value.repeat(500) })),
      read: async (Key) => {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
        const text = (await Body?.transformToString()) ?? "";
        const value = text.slice(0, text.length / 500);
        return value.repeat(500) === text ? value : `a body cut to ${text.length}`;
      },
    },
    {
      name: "dynamodb",
      write: (id, value) =>
        table.send(new PutItemCommand({ TableName: TABLE, Item: { id: { S: id }, value: { S: value } } })),
      read: async (id) =>
        (await table.send(new GetItemCommand({ TableName: TABLE, Key: { id: { S: id } }, ConsistentRead: true }))).Item
          ?.value?.S,
    },
    {
      name: "ssm",
      write: (key, Value) =>
        ssm.send(new PutParameterCommand({ Name: `/crash/${key}`, Type: "String", Value, Overwrite: true })),
      read: async (key) => (await ssm.send(new GetParameterCommand({ Name: `/crash/${key}` }))).Parameter?.Value,
    },
  ];
}

const absent = (error: unknown) => {
  const { name = "" } = error as { name?: string };
  if (/NoSuchKey|ParameterNotFound|NotFound|NoSuchBucket/.test(name)) return undefined;
  throw error;
};

const exists = (error: unknown) => {
  const { name = "" } = error as { name?: string };
  if (!/AlreadyExists|AlreadyOwned|ResourceInUse/.test(name)) throw error;
};

/** Bucket, table, queue and log group, as far as an earlier round hasn't made them. */
export async function prepareStores(settings: Settings, ledger: Ledger): Promise<void> {
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const place = { CreateBucketConfiguration: { LocationConstraint: settings.region as "eu-west-1" } };
  const table = {
    TableName: TABLE,
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" as const }],
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" as const }],
    BillingMode: "PAY_PER_REQUEST" as const,
  };
  const logs = new CloudWatchLogsClient(settings);
  const made = [
    () => s3.send(new CreateBucketCommand({ Bucket: BUCKET, ...place })),
    () => new DynamoDBClient(settings).send(new CreateTableCommand(table)),
    () => new SQSClient(settings).send(new CreateQueueCommand({ QueueName: "crash" })),
    () => logs.send(new CreateLogGroupCommand({ logGroupName: GROUP })),
    () => logs.send(new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName: STREAM })),
  ];
  for (const make of made) if (!(await attempt(ledger, make().catch(exists)))) return;
}

/** Loops that write until nothing answers any more. */
export function storing(settings: Settings, ledger: Ledger, round: number): Promise<void>[] {
  const keyed = storesOf(settings).map((store) => async () => {
    for (let count = 0; ; count++) {
      const key = `${store.name}-${count % KEYS}`;
      const value = `${round}-${count};`;
      const entry = ledger.written.get(key) ?? {};
      ledger.written.set(key, entry);
      entry.unanswered = value;
      if (!(await attempt(ledger, store.write(key.slice(store.name.length + 1), value)))) return;
      entry.acknowledged = value;
      delete entry.unanswered;
    }
  });
  return [...keyed, () => sending(settings, ledger, round), () => logging(settings, ledger, round)].map((loop) =>
    loop(),
  );
}

const queueUrl = (settings: Settings) => `${settings.endpoint}/111111111111/crash`;

async function sending(settings: Settings, ledger: Ledger, round: number): Promise<void> {
  const client = new SQSClient(settings);
  const QueueUrl = queueUrl(settings);
  for (let count = 0; ; count++) {
    const MessageBody = `${round}-${count}`;
    if (!(await attempt(ledger, client.send(new SendMessageCommand({ QueueUrl, MessageBody }))))) return;
    ledger.messages.add(MessageBody);
  }
}

async function logging(settings: Settings, ledger: Ledger, round: number): Promise<void> {
  const client = new CloudWatchLogsClient(settings);
  for (let count = 0; ; count++) {
    const message = `${round}-${count}`;
    const logEvents = [{ timestamp: Date.now(), message }];
    const put = new PutLogEventsCommand({ logGroupName: GROUP, logStreamName: STREAM, logEvents });
    if (!(await attempt(ledger, client.send(put)))) return;
    ledger.logLines.add(message);
  }
}

/** Everything that was acknowledged is read again; what never was may be there or not. */
export async function checkStored(settings: Settings, ledger: Ledger): Promise<void> {
  for (const store of storesOf(settings)) {
    for (let index = 0; index < KEYS; index++) {
      const entry = ledger.written.get(`${store.name}-${index}`);
      if (!entry?.acknowledged) continue;
      const found = await store.read(String(index)).catch(absent);
      ledger.checked++;
      if (found === entry.acknowledged) continue;
      if (found !== undefined && found === entry.unanswered) {
        entry.acknowledged = found;
        delete entry.unanswered;
      } else ledger.lost.push(`${store.name} ${index}: ${entry.acknowledged} was acknowledged, ${found} is there`);
    }
  }
  await checkMessages(settings, ledger);
  await checkLines(settings, ledger);
}

async function checkMessages(settings: Settings, ledger: Ledger): Promise<void> {
  if (ledger.messages.size === 0) return;
  const client = new SQSClient(settings);
  const QueueUrl = queueUrl(settings);
  for (;;) {
    const { Messages: found = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (found.length === 0) break;
    for (const { Body = "", ReceiptHandle } of found) {
      if (ledger.deletedMessages.has(Body)) ledger.lost.push(`sqs: ${Body} was deleted and is there again`);
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      ledger.deletedMessages.add(Body);
      ledger.messages.delete(Body);
      ledger.checked++;
    }
  }
  for (const body of ledger.messages) ledger.lost.push(`sqs: ${body} was acknowledged and isn't there`);
  ledger.messages.clear();
}

async function checkLines(settings: Settings, ledger: Ledger): Promise<void> {
  if (ledger.logLines.size === 0) return;
  const client = new CloudWatchLogsClient(settings);
  const seen = new Set<string>();
  let nextToken: string | undefined;
  do {
    const page: { events?: FilteredLogEvent[] | undefined; nextToken?: string | undefined } = await client.send(
      new FilterLogEventsCommand({ logGroupName: GROUP, ...(nextToken ? { nextToken } : {}) }),
    );
    for (const { message = "" } of page.events ?? []) seen.add(message);
    nextToken = page.nextToken;
  } while (nextToken);
  for (const line of ledger.logLines) {
    ledger.checked++;
    if (!seen.has(line)) ledger.lost.push(`logs: ${line} was acknowledged and isn't there`);
  }
  ledger.logLines.clear();
}

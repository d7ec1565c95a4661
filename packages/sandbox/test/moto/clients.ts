import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";
import { differences, mask } from "./mask.ts";

export interface Endpoint {
  readonly url: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The clients of one cloud: the sandbox's or moto's. */
function clientsOf({ url, credentials }: Endpoint) {
  const settings = { endpoint: url, region: "eu-west-1", credentials, maxAttempts: 1 };
  return {
    cloudformation: new CloudFormationClient(settings),
    cloudwatch: new CloudWatchClient(settings),
    dynamodb: new DynamoDBClient(settings),
    events: new EventBridgeClient(settings),
    logs: new CloudWatchLogsClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    secrets: new SecretsManagerClient(settings),
    sns: new SNSClient(settings),
    sqs: new SQSClient(settings),
    ssm: new SSMClient(settings),
    states: new SFNClient(settings),
    sts: new STSClient(settings),
  };
}

type Clients = ReturnType<typeof clientsOf>;

interface Client {
  send(command: never): Promise<unknown>;
}

/** Sends a command and puts its outcome on record; an error is an outcome, too, and is answered by nothing. */
type Call = <Output>(client: Client, command: Command<Output>) => Promise<Partial<Output>>;

interface Command<Output> {
  readonly input: object;
  resolveMiddleware(...args: never[]): (args: never) => Promise<{ output: Output }>;
}

/** The same calls in the same order, for any cloud. */
export type Scenario = (clients: Clients, call: Call) => Promise<void>;

/** What became of a call: an answer, or a refusal as it is told in a difference (`"ValidationError" 400`). */
type Outcome = { readonly operation: string } & ({ readonly answer: unknown } | { readonly refusal: string });

/** What became of each call of a scenario, masked. */
export async function outcomesOf(endpoint: Endpoint, scenario: Scenario): Promise<Outcome[]> {
  const clients = clientsOf(endpoint);
  const outcomes: Outcome[] = [];
  const call: Call = async (client, command) => {
    const operation = (command as object).constructor.name.replace(/Command$/, "");
    try {
      const output = (await client.send(command as never)) as Record<string, unknown>;
      const body = output.Body as { transformToString?: () => Promise<string> } | undefined;
      const read = body?.transformToString ? { ...output, Body: await body.transformToString() } : output;
      outcomes.push({ operation, answer: mask(read) });
      return read as never;
    } catch (error) {
      const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
      outcomes.push({ operation, refusal: `"${name}" ${$metadata?.httpStatusCode ?? "unanswered"}` });
      return {};
    }
  };
  try {
    await scenario(clients, call);
  } finally {
    for (const client of Object.values(clients)) client.destroy();
  }
  return outcomes;
}

/** Call by call: where the two outcomes differ. A refusal is one difference: `$refused: "ValidationError" 400 / answered`. */
export function compare(ours: readonly Outcome[], theirs: readonly Outcome[]): string[][] {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} calls to the one, ${theirs.length} to the other.`);
  return ours.map((left, index) => {
    const right = theirs[index] as Outcome;
    if ("answer" in left && "answer" in right) return differences(left.answer, right.answer);
    const [one, other] = [told(left), told(right)];
    return one === other ? [] : [`$refused: ${one} / ${other}`];
  });
}

const told = (outcome: Outcome) => ("refusal" in outcome ? outcome.refusal : "answered");

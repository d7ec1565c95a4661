import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { AnyCommand } from "../../../core/context.ts";
import { RuntimeFailure } from "../asl/failure.ts";
import { isObject, type Json, type JsonObject } from "../asl/json.ts";

/** How a task reaches a service: its command, and how AWS's own words for it differ. */
export interface Integration {
  /** `AWSLambda`, as causes name the service. */
  readonly service: string;
  /** The prefix of its errors, `Lambda`. */
  readonly prefix: string;
  /** The error of what the service doesn't model: `SQS.AmazonSQSException`. */
  readonly unmodelled: string;
  readonly command: (parameters: JsonObject) => Promise<AnyCommand<object, object>>;
  /** What the task's result is made of; the answer itself where it is left out. */
  readonly result?: (answer: JsonObject) => JsonObject;
}

/** Every member of these names is JSON text to the service, and may be an object to the state machine. */
const TEXT_FIELDS = new Set(["MessageBody", "Message", "Detail", "Input"]);

/** Objects given where the service wants text become JSON. */
function withText(value: Json): Json {
  if (Array.isArray(value)) return value.map(withText);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const isText = TEXT_FIELDS.has(key) && typeof member === "object" && member !== null;
      return [key, isText ? JSON.stringify(member) : withText(member)];
    }),
  );
}

type Make = new (input: never) => unknown;

const from = (load: () => Promise<object>, name: string) => async (parameters: JsonObject) => {
  const Command = ((await load()) as Record<string, Make | undefined>)[`${name}Command`];
  if (!Command) throw new RuntimeFailure(`The SDK has no ${name}.`);
  return new Command(withText(parameters) as never) as AnyCommand<object, object>;
};

const dynamoDb = () => import("@aws-sdk/client-dynamodb");
const table = (name: string): Integration => ({
  service: "AmazonDynamoDBv2",
  prefix: "DynamoDB",
  unmodelled: "DynamoDB.AmazonDynamoDBException",
  command: from(dynamoDb, name),
});

/**
 * The optimised integrations by resource, without `.sync` and `.waitForTaskToken`.
 * https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
 */
export const INTEGRATIONS: Readonly<Record<string, Integration>> = {
  "lambda:invoke": {
    service: "AWSLambda",
    prefix: "Lambda",
    unmodelled: "Lambda.AWSLambdaException",
    command: async ({ Payload, ...rest }) => {
      const payload = Payload === undefined ? {} : { Payload: JSON.stringify(Payload) };
      return new InvokeCommand({ ...rest, ...payload } as never);
    },
  },
  "sqs:sendMessage": {
    service: "AmazonSQS",
    prefix: "SQS",
    unmodelled: "SQS.AmazonSQSException",
    command: from(() => import("@aws-sdk/client-sqs"), "SendMessage"),
  },
  "sns:publish": {
    service: "AmazonSNS",
    prefix: "SNS",
    unmodelled: "SNS.AmazonSNSException",
    command: from(() => import("@aws-sdk/client-sns"), "Publish"),
  },
  "dynamodb:getItem": table("GetItem"),
  "dynamodb:putItem": table("PutItem"),
  "dynamodb:updateItem": table("UpdateItem"),
  "dynamodb:deleteItem": table("DeleteItem"),
  "events:putEvents": {
    service: "AmazonCloudWatchEvents",
    prefix: "EventBridge",
    unmodelled: "EventBridge.AmazonCloudWatchEventsException",
    command: from(() => import("@aws-sdk/client-eventbridge"), "PutEvents"),
  },
  "states:startExecution": {
    service: "AWSStepFunctions",
    prefix: "StepFunctions",
    unmodelled: "StepFunctions.AWSStepFunctionsException",
    command: async ({ StateMachineArn, Name, Input }) => {
      const { StartExecutionCommand } = await import("@aws-sdk/client-sfn");
      const input = typeof Input === "string" ? Input : JSON.stringify(Input ?? {});
      const given = { stateMachineArn: StateMachineArn, input, ...(Name === undefined ? {} : { name: Name }) };
      return new StartExecutionCommand(given as never);
    },
    result: ({ executionArn, startDate }) => ({ ExecutionArn: executionArn ?? null, StartDate: startDate ?? null }),
  },
};

/** A task's resource: a function itself, or `arn:aws:states:::<service>:<action>[.sync|.sync:2|.waitForTaskToken]`. */
export interface Resource {
  readonly key: string;
  /** `sendMessage.waitForTaskToken`, as events name it. */
  readonly action: string;
  readonly service: string;
  readonly pattern: "" | "sync" | "sync:2" | "waitForTaskToken";
}

export function readResource(arn: string): Resource | undefined {
  const match = /^arn:aws[\w-]*:states:[^:]*:[^:]*:(\w+):(\w+)(?:\.(sync:2|sync|waitForTaskToken))?$/.exec(arn);
  if (!match) return undefined;
  const [, service = "", name = "", pattern = ""] = match;
  const action = pattern === "" ? name : `${name}.${pattern}`;
  return { key: `${service}:${name}`, action, service, pattern: pattern as Resource["pattern"] };
}

/** Whether the sandbox can run this resource: asked when a state machine is made. */
export function isSupported(arn: string): boolean {
  if (/^arn:aws[\w-]*:lambda:[^:]+:\d+:function:/.test(arn)) return true;
  const resource = readResource(arn);
  if (!resource || !INTEGRATIONS[resource.key]) return false;
  return !resource.pattern.startsWith("sync") || resource.key === "states:startExecution";
}

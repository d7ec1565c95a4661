import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { type DestinationConfig, InvokeCommand } from "@aws-sdk/client-lambda";
import { PublishCommand } from "@aws-sdk/client-sns";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { hostOf } from "./host/host.ts";
import { type FunctionConfig, functionArn, functions, type PendingEvent, resolveQualifier } from "./records.ts";

/** What became of one attempt to run an event. */
export interface Attempted {
  readonly kind: "done" | "failed" | "throttled" | "gone";
  /** Its function may not run at all: its reserved concurrency is 0. */
  readonly isSwitchedOff?: boolean;
  readonly response?: { readonly payload: string; readonly config: FunctionConfig };
}

/** Why an event is over; in AWS's words, but for a function that was deleted, of which nobody is told. */
export type EventEnd = "Success" | "RetriesExhausted" | "EventAgeExceeded" | "ZeroReservedConcurrency" | "Gone";

interface Scope {
  readonly account: string;
  readonly region: string;
}

/**
 * Tells of an event's end whom its function's settings name: a destination, with request and response, and for a failure
 * the dead-letter queue or topic, with the event as it came. Both are reached as the function's own role. What can't be
 * delivered is counted and logged, and lost, as on AWS.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export async function settle(
  runtime: ServiceRuntime,
  scope: Scope,
  event: PendingEvent,
  attempted: Attempted & { readonly end: EventEnd },
  destinations: DestinationConfig | undefined,
): Promise<void> {
  const { end } = attempted;
  const host = hostOf(runtime);
  if (end !== "Success") {
    host.count(scope, event.name, "AsyncEventsDropped", 1);
    const { kind: result } = attempted;
    runtime.log("event.dropped", { function: event.name, event: event.id, result, end, attempts: event.attempts });
  }
  const context = runtime.contextFor(scope.account, scope.region);
  const record = functions(context).get(event.name);
  if (end === "Gone" || !record) return;
  const config = attempted.response?.config ?? resolveQualifier(context, record, event.qualifier, () => 1).config;
  const attempt = async (metric: string, target: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      host.count(scope, event.name, metric, 1);
      runtime.log("event.not-told", { function: event.name, event: event.id, target, error: error.message });
    }
  };
  const target = (end === "Success" ? destinations?.OnSuccess : destinations?.OnFailure)?.Destination;
  if (target) {
    const record = recordOf(runtime, scope, event, attempted, config);
    await attempt("DestinationDeliveryFailures", target, () => tell(runtime, scope, target, config, record));
  }
  const letterTarget = config.deadLetterArn;
  if (end !== "Success" && letterTarget) {
    await attempt("DeadLetterErrors", letterTarget, () => bury(runtime, scope, letterTarget, config, event, attempted));
  }
}

function recordOf(
  runtime: ServiceRuntime,
  scope: Scope,
  event: PendingEvent,
  { end, response, kind }: Attempted & { readonly end: EventEnd },
  config: FunctionConfig,
): object {
  return {
    version: "1.0",
    timestamp: runtime.clock.now().toISOString(),
    requestContext: {
      requestId: event.id,
      functionArn: functionArn(scope, event.name, config.version),
      condition: end,
      approximateInvokeCount: event.attempts,
    },
    requestPayload: read(Buffer.from(event.payload, "base64").toString()),
    ...(response
      ? {
          responseContext: {
            statusCode: 200,
            executedVersion: config.version,
            ...(kind === "failed" ? { functionError: "Unhandled" } : {}),
          },
          responsePayload: read(response.payload),
        }
      : {}),
  };
}

/** JSON, or the text itself. */
function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const queueUrl = (runtime: ServiceRuntime, arn: string) => {
  const [, , , , account = "", name = ""] = arn.split(":");
  return `${runtime.surroundings.awsUrl}/${account}/${name}`;
};

async function tell(
  runtime: ServiceRuntime,
  scope: Scope,
  target: string,
  config: FunctionConfig,
  record: object,
): Promise<unknown> {
  const [, , service = "", region = ""] = target.split(":");
  const { send } = runtime.contextFor(scope.account, scope.region);
  const as = { roleArn: config.role, region };
  const text = JSON.stringify(record);
  switch (service) {
    case "sqs":
      return send(new SendMessageCommand({ QueueUrl: queueUrl(runtime, target), MessageBody: text }), as);
    case "sns":
      return send(new PublishCommand({ TopicArn: target, Message: text }), as);
    case "lambda":
      return send(new InvokeCommand({ FunctionName: target, InvocationType: "Event", Payload: text }), as);
    case "events": {
      const { requestContext } = record as { requestContext: { condition: EventEnd; functionArn: string } };
      const result = requestContext.condition === "Success" ? "Success" : "Failure";
      const entry = {
        Source: "lambda",
        DetailType: `Lambda Function Invocation Result - ${result}`,
        Resources: [target, requestContext.functionArn],
        Detail: text,
        EventBusName: target,
        Time: runtime.clock.now(),
      };
      return send(new PutEventsCommand({ Entries: [entry] }), as);
    }
    default:
      throw new AwsError("NotImplemented", `sandbox: ${service} as a destination is not implemented`, { status: 501 });
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq */
function bury(
  runtime: ServiceRuntime,
  scope: Scope,
  target: string,
  config: FunctionConfig,
  event: PendingEvent,
  { response }: Attempted,
): Promise<unknown> {
  const [, , service = "", region = ""] = target.split(":");
  const { send } = runtime.contextFor(scope.account, scope.region);
  const text = Buffer.from(event.payload, "base64").toString();
  const failure = read(response?.payload ?? "null") as { errorMessage?: unknown } | null;
  const MessageAttributes = {
    RequestID: { DataType: "String", StringValue: event.id },
    ErrorCode: { DataType: "Number", StringValue: response ? "200" : "429" },
    ErrorMessage: {
      DataType: "String",
      // Of an error's message the first KB; an attribute may not be empty.
      StringValue: String(failure?.errorMessage ?? "Rate Exceeded.").slice(0, 1024) || "-",
    },
  };
  const as = { roleArn: config.role, region };
  if (service === "sns") return send(new PublishCommand({ TopicArn: target, Message: text, MessageAttributes }), as);
  const message = { QueueUrl: queueUrl(runtime, target), MessageBody: text, MessageAttributes };
  return send(new SendMessageCommand(message), as);
}

import { CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { StartBuildCommand } from "@aws-sdk/client-codebuild";
import { StartPipelineExecutionCommand } from "@aws-sdk/client-codepipeline";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import { PublishCommand } from "@aws-sdk/client-sns";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import type { CallScope, Context } from "./context.ts";
import { AwsError } from "./errors.ts";
import type { Failure } from "./outbox.ts";

/** What EventBridge and its Scheduler hand to a target that both know. */
export interface TargetCall {
  readonly arn: string;
  readonly payload: string;
  /** Acts as this role; left out, the target's own policy decides, for `sourceArn`. */
  readonly roleArn?: string | undefined;
  readonly sourceArn: string;
  readonly messageGroupId?: string | undefined;
  readonly traceHeader?: string | undefined;
}

type Reach = (context: Context, call: TargetCall, scope: CallScope) => Promise<unknown>;

const lastOf = (arn: string) => arn.split(/[:/]/).at(-1) ?? "";

/** By the ARN's service and the beginning of its resource. */
const KINDS: readonly (readonly [RegExp, Reach])[] = [
  [
    /^arn:aws:lambda:[^:]+:\d{12}:function:/,
    (context, { arn, payload }, scope) => {
      const Payload = Buffer.from(payload);
      return context.send(new InvokeCommand({ FunctionName: arn, InvocationType: "Event", Payload }), scope);
    },
  ],
  [/^arn:aws:sqs:[^:]+:\d{12}:[^:]+$/, sendToQueue],
  [
    /^arn:aws:sns:[^:]+:\d{12}:[^:]+$/,
    (context, { arn, payload }, scope) => context.send(new PublishCommand({ TopicArn: arn, Message: payload }), scope),
  ],
  [
    /^arn:aws:states:[^:]+:\d{12}:stateMachine:/,
    (context, { arn, payload }, scope) =>
      context.send(new StartExecutionCommand({ stateMachineArn: arn, input: payload }), scope),
  ],
  [/^arn:aws:logs:[^:]+:\d{12}:log-group:/, writeLog],
  [
    /^arn:aws:codepipeline:[^:]+:\d{12}:[^:]+$/,
    (context, { arn }, scope) => context.send(new StartPipelineExecutionCommand({ name: lastOf(arn) }), scope),
  ],
  [
    /^arn:aws:codebuild:[^:]+:\d{12}:project\//,
    (context, { arn }, scope) => context.send(new StartBuildCommand({ projectName: lastOf(arn) }), scope),
  ],
];

/** Whether `reachTarget` knows this kind of target. */
export const isKnownTarget = (arn: string): boolean => KINDS.some(([pattern]) => pattern.test(arn));

/** Hands the payload over; raises what the target answered. */
export async function reachTarget(context: Context, call: TargetCall): Promise<void> {
  const reach = KINDS.find(([pattern]) => pattern.test(call.arn))?.[1];
  if (!reach)
    throw new AwsError("NotImplemented", `sandbox: targets like ${call.arn} are not implemented`, { status: 501 });
  const [, , , region = "", account = ""] = call.arn.split(":");
  const { roleArn, sourceArn, traceHeader } = call;
  await reach(context, call, roleArn ? { roleArn, region, traceHeader } : { account, region, sourceArn, traceHeader });
}

function sendToQueue(context: Context, { arn, payload, messageGroupId }: TargetCall, scope: CallScope) {
  const [, , , , account, name] = arn.split(":");
  const message = {
    QueueUrl: `${context.surroundings.awsUrl}/${account}/${name}`,
    MessageBody: payload,
    ...(messageGroupId === undefined ? {} : { MessageGroupId: messageGroupId }),
  };
  return context.send(new SendMessageCommand(message), scope);
}

/** Each event becomes a stream of its own, as EventBridge does it. */
async function writeLog(context: Context, { arn, payload }: TargetCall, scope: CallScope): Promise<void> {
  const [, , , , , , name = ""] = arn.split(":");
  const stream = { logGroupName: name, logStreamName: context.random.uuid() };
  await context.send(new CreateLogStreamCommand(stream), scope);
  const logEvents = [{ timestamp: context.clock.now().getTime(), message: payload }];
  await context.send(new PutLogEventsCommand({ ...stream, logEvents }), scope);
}

/** Whether the calling service may take a role on: the role's trust policy decides. */
export async function canAssume(context: Context, RoleArn: string, sourceArn: string): Promise<boolean> {
  try {
    await context.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "sandbox" }), { sourceArn });
    return true;
  } catch (error) {
    if (error instanceof AwsError && error.status !== 501) return false;
    throw error;
  }
}

/**
 * Sends what couldn't be delivered to a dead-letter queue, with attributes that say why.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export async function buryMessage(
  context: Context,
  letter: {
    readonly queueArn: string;
    readonly body: string;
    readonly sourceArn: string;
    readonly roleArn?: string | undefined;
    readonly attributes: Readonly<Record<string, string>>;
    readonly failure: Failure;
  },
): Promise<void> {
  const { error, retries, exhausted } = letter.failure;
  const texts: Record<string, string> = {
    ...letter.attributes,
    ERROR_CODE: codeOf(error),
    ERROR_MESSAGE: error.message || error.code,
    ...(exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: exhausted }),
  };
  const MessageAttributes = {
    ...Object.fromEntries(
      Object.entries(texts).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
    ),
    RETRY_ATTEMPTS: { DataType: "Number", StringValue: String(retries) },
  };
  const [, , , region = "", account = "", name = ""] = letter.queueArn.split(":");
  const QueueUrl = `${context.surroundings.awsUrl}/${account}/${name}`;
  const { roleArn, sourceArn } = letter;
  const scope = roleArn === undefined ? { account, region, sourceArn } : { roleArn, region };
  await context.send(new SendMessageCommand({ QueueUrl, MessageBody: letter.body, MessageAttributes }), scope);
}

function codeOf({ code }: AwsError): string {
  if (/AccessDenied|NotAuthorized|AuthorizationError/.test(code)) return "NO_PERMISSIONS";
  if (/NotFound|NonExistent|DoesNotExist|NoSuch/.test(code)) return "NO_RESOURCE";
  if (/Throttl|TooManyRequests/.test(code)) return "THROTTLING";
  if (/^InternalFailure|^Service/.test(code)) return "ERROR_FROM_TARGET";
  return "SDK_CLIENT_ERROR";
}

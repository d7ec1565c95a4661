import type { AnyCommand, Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";

/** SDK modules by the names that universal targets have for services. */
const MODULES: Readonly<Record<string, () => Promise<object>>> = {
  cloudwatch: () => import("@aws-sdk/client-cloudwatch"),
  codebuild: () => import("@aws-sdk/client-codebuild"),
  codepipeline: () => import("@aws-sdk/client-codepipeline"),
  dynamodb: () => import("@aws-sdk/client-dynamodb"),
  eventbridge: () => import("@aws-sdk/client-eventbridge"),
  lambda: () => import("@aws-sdk/client-lambda"),
  s3: () => import("@aws-sdk/client-s3"),
  secretsmanager: () => import("@aws-sdk/client-secrets-manager"),
  sfn: () => import("@aws-sdk/client-sfn"),
  sns: () => import("@aws-sdk/client-sns"),
  sqs: () => import("@aws-sdk/client-sqs"),
  ssm: () => import("@aws-sdk/client-ssm"),
};

const UNIVERSAL = /^arn:aws:scheduler:::aws-sdk:([a-z0-9-]+):([a-zA-Z0-9]+)$/;
/** Reading something for nobody is refused. */
const READS = /^(get|describe|list|poll|receive|search|scan|query|select|read|batchGet|lookup|detect)/;

type Command = new (input: object) => AnyCommand<object, object>;

async function commandOf(arn: string): Promise<Command | undefined> {
  const [, service = "", action = ""] = UNIVERSAL.exec(arn) ?? [];
  const load = Object.hasOwn(MODULES, service) ? MODULES[service] : undefined;
  if (!load || READS.test(action)) return undefined;
  const name = `${action.charAt(0).toUpperCase()}${action.slice(1)}Command`;
  return ((await load()) as Record<string, unknown>)[name] as Command | undefined;
}

export const isUniversal = (arn: string) => UNIVERSAL.test(arn);

export const isKnownUniversal = async (arn: string) => (await commandOf(arn)) !== undefined;

/**
 * Calls any operation of a service, as the schedule's role; the target's input is the operation's.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
 */
export async function callUniversal(context: Context, arn: string, input: string, roleArn: string): Promise<void> {
  const Command = await commandOf(arn);
  if (!Command) throw new AwsError("ValidationException", `${arn} isn't a supported target.`);
  await context.send(new Command(JSON.parse(input) as object), { roleArn, region: context.region });
}

import type { Reproductions } from "../reproduction.ts";
import { cloudwatch } from "./cloudwatch.ts";
import { dynamodb } from "./dynamodb.ts";
import { eventTargets } from "./event-targets.ts";
import { events } from "./events.ts";
import { iam } from "./iam.ts";
import { kms } from "./kms.ts";
import { lambda } from "./lambda.ts";
import { logs } from "./logs.ts";
import { s3 } from "./s3.ts";
import { scheduler } from "./scheduler.ts";
import { secretsmanager } from "./secretsmanager.ts";
import { sns } from "./sns.ts";
import { sqs } from "./sqs.ts";
import { ssm } from "./ssm.ts";
import { stepfunctions, stepfunctionsScenarios } from "./stepfunctions.ts";
import { sts } from "./sts.ts";

/** Every service whose recordings are reproduced. */
export const reproductions: readonly Reproductions[] = [
  dynamodb,
  cloudwatch,
  events,
  ...eventTargets,
  iam,
  kms,
  lambda,
  ...logs,
  s3,
  scheduler,
  secretsmanager,
  sns,
  sqs,
  ssm,
  stepfunctions,
  stepfunctionsScenarios,
  sts,
];

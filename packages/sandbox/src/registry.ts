import type { FrontDefinition } from "./core/fronts.ts";
import type { ServiceDefinition } from "./core/service.ts";
import { githubFront } from "./github/front.ts";
import { oidcFront } from "./oidc/front.ts";
import { apiGatewayV2, gateway } from "./services/apigatewayv2/index.ts";
import { applicationAutoScaling } from "./services/applicationautoscaling/index.ts";
import { cloudFormation } from "./services/cloudformation/index.ts";
import { cloudwatch } from "./services/cloudwatch/index.ts";
import { codebuild } from "./services/codebuild/index.ts";
import { codeConnections } from "./services/codeconnections/index.ts";
import { codeDeploy } from "./services/codedeploy/index.ts";
import { codepipeline } from "./services/codepipeline/index.ts";
import { dynamoDb, dynamoDbStreams } from "./services/dynamodb/index.ts";
import { ec2 } from "./services/ec2/index.ts";
import { eventBridge } from "./services/eventbridge/index.ts";
import { iam } from "./services/iam/index.ts";
import { kms } from "./services/kms/index.ts";
import { lambda } from "./services/lambda/index.ts";
import { logs } from "./services/logs/index.ts";
import { rds } from "./services/rds/index.ts";
import { s3 } from "./services/s3/index.ts";
import { scheduler } from "./services/scheduler/index.ts";
import { secretsManager } from "./services/secretsmanager/index.ts";
import { sns } from "./services/sns/index.ts";
import { sqs } from "./services/sqs/index.ts";
import { ssm } from "./services/ssm/index.ts";
import { stepFunctions } from "./services/stepfunctions/index.ts";
import { sts } from "./services/sts/index.ts";
import { xray, xrayDaemon } from "./services/xray/index.ts";

/** Every AWS service of the sandbox, in the order in which they start; they stop in the opposite order. */
// biome-ignore format: a line for each, so that two people can add theirs without a conflict
export const services: readonly ServiceDefinition[] = [
  iam,
  sts,
  s3,
  cloudwatch,
  logs,
  xray,
  kms,
  sqs,
  sns,
  ec2,
  rds,
  dynamoDb,
  dynamoDbStreams,
  ssm, // keeps SecureStrings with KMS
  eventBridge,
  codeConnections,
  codebuild,
  lambda, // after those that its functions' logs, metrics and traces go to
  codeDeploy, // after Lambda: it goes on with deployments of its aliases
  applicationAutoScaling, // after Lambda, whose concurrency it sets
  scheduler, // after what it calls
  secretsManager, // after Lambda: it takes up rotations
  stepFunctions, // after what its tasks call
  apiGatewayV2,
  codepipeline, // after CodeBuild: it takes up actions that wait for builds
  cloudFormation, // last: it goes on with stacks, for which it needs all others
];

/** What listens beside the AWS API; each has a port of its own. */
// biome-ignore format: as above
export const fronts: readonly FrontDefinition[] = [
  gateway,
  xrayDaemon,
  githubFront,
  oidcFront,
];

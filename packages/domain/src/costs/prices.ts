/**
 * AWS's list prices in US dollars, in eu-west-1 on 2026-11-24, without free tiers and reductions.
 *
 * https://aws.amazon.com/lambda/pricing/, /api-gateway/pricing/, /cloudwatch/pricing/, /xray/pricing/, /sqs/pricing/,
 * /eventbridge/pricing/, /dynamodb/pricing/on-demand/, /step-functions/pricing/, /secrets-manager/pricing/, /kms/pricing/,
 * /vpc/pricing/, /rds/aurora/pricing/, /rds/proxy/pricing/
 */
export const prices = {
  lambdaRequest: 0.2 / 1e6,
  lambdaGbSecondArm: 0.0000133334,
  lambdaGbSecondX86: 0.0000166667,
  provisionedGbSecondArm: 0.0000033334,
  provisionedGbSecondX86: 0.0000041667,
  httpApiRequest: 1.11 / 1e6,
  restApiRequest: 3.5 / 1e6,
  alarmMetricMonth: 0.1,
  logGb: 0.57,
  traceRecorded: 5 / 1e6,
  sqsRequest: 0.4 / 1e6,
  eventPublished: 1 / 1e6,
  scheduledInvocation: 1 / 1e6,
  dynamoWrite: 0.705 / 1e6,
  dynamoRead: 0.1415 / 1e6,
  stateTransition: 25 / 1e6,
  secretMonth: 0.4,
  keyMonth: 1,
  natGatewayHour: 0.048,
  auroraAcuHour: 0.14,
  proxyAcuHour: 0.018,
} as const;

export const HOURS_A_MONTH = 730;

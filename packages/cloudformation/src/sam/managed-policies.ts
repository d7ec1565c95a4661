const ROOT = "arn:aws:iam::aws:policy/";

/**
 * AWS's managed policies that a role here may name without their ARN, by path. SAM knows all of AWS's; a name that
 * isn't here is refused, because its path can't be told from it.
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
const NAMES: Record<string, string> = {
  "service-role/":
    "AWSCodeDeployRoleForLambda AWSCodeDeployRoleForLambdaLimited AWSLambdaBasicExecutionRole " +
    "AWSLambdaDynamoDBExecutionRole AWSLambdaENIManagementAccess AWSLambdaRole AWSLambdaSQSQueueExecutionRole " +
    "AWSLambdaVPCAccessExecutionRole AmazonAPIGatewayPushToCloudWatchLogs AmazonRDSEnhancedMonitoringRole AmazonSNSRole " +
    "CloudWatchEventsBuiltInTargetExecutionAccess CloudWatchEventsInvocationAccess",
  "":
    "AWSCodeDeployFullAccess AWSKeyManagementServicePowerUser AWSLambdaExecute AWSLambdaInvocation-DynamoDB " +
    "AWSLambda_FullAccess AWSLambda_ReadOnlyAccess AWSStepFunctionsFullAccess AWSStepFunctionsReadOnlyAccess " +
    "AWSXRayDaemonWriteAccess AWSXrayFullAccess AWSXrayReadOnlyAccess AWSXrayWriteOnlyAccess AdministratorAccess " +
    "AmazonAPIGatewayAdministrator AmazonAPIGatewayInvokeFullAccess AmazonDynamoDBFullAccess " +
    "AmazonDynamoDBReadOnlyAccess AmazonEventBridgeFullAccess AmazonEventBridgeReadOnlyAccess " +
    "AmazonEventBridgeSchedulerFullAccess AmazonEventBridgeSchedulerReadOnlyAccess AmazonRDSDataFullAccess " +
    "AmazonRDSFullAccess AmazonRDSReadOnlyAccess AmazonS3FullAccess AmazonS3ReadOnlyAccess AmazonSNSFullAccess " +
    "AmazonSNSReadOnlyAccess AmazonSQSFullAccess AmazonSQSReadOnlyAccess AmazonSSMFullAccess AmazonSSMReadOnlyAccess " +
    "AmazonVPCFullAccess AmazonVPCReadOnlyAccess CloudWatchFullAccess CloudWatchFullAccessV2 " +
    "CloudWatchLambdaInsightsExecutionRolePolicy CloudWatchLogsFullAccess CloudWatchLogsReadOnlyAccess " +
    "CloudWatchReadOnlyAccess IAMReadOnlyAccess PowerUserAccess ReadOnlyAccess SecretsManagerReadWrite",
  "job-function/": "ViewOnlyAccess",
};

const ARNS = new Map(
  Object.entries(NAMES).flatMap(([path, names]) => names.split(" ").map((name) => [name, `${ROOT}${path}${name}`])),
);

export const MANAGED_POLICIES: readonly string[] = [...ARNS.keys()];

/** The ARN of a managed policy of AWS's, if its name is known here. */
export function managedPolicyArn(name: string): string | undefined {
  return ARNS.get(name);
}

/**
 * Actions that can't be allowed on less than everything, of the services that functions use: the reference names no
 * resource type for them. Lambda's network interfaces and the delivery of logs have resource types, and AWS's guides ask
 * for `*` nonetheless.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 * https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
 */
const UNSCOPED: Record<string, string> = {
  appconfig: "ListApplications ListDeploymentStrategies",
  cloudformation: "ListExports ListImports ListStacks",
  cloudwatch:
    "DescribeAlarmsForMetric DescribeAnomalyDetectors GetMetricData GetMetricStatistics GetMetricWidgetImage " +
    "ListDashboards ListMetrics PutMetricData",
  codedeploy: "PutLifecycleEventHookExecutionStatus",
  codepipeline: "PutJobFailureResult PutJobSuccessResult",
  "cognito-idp": "GetUser InitiateAuth ListUserPools RevokeToken SignUp",
  comprehend:
    "BatchDetectDominantLanguage BatchDetectEntities BatchDetectKeyPhrases BatchDetectSentiment BatchDetectSyntax " +
    "ContainsPiiEntities DetectDominantLanguage DetectKeyPhrases DetectPiiEntities DetectSentiment DetectSyntax " +
    "DetectToxicContent",
  dax: "",
  dynamodb:
    "DescribeEndpoints DescribeLimits ListBackups ListExports ListGlobalTables ListImports ListStreams ListTables",
  ec2:
    "AssignPrivateIpAddresses CreateNetworkInterface DeleteNetworkInterface DescribeAvailabilityZones " +
    "DescribeInstances DescribeNetworkInterfaces DescribeRegions DescribeSecurityGroups DescribeSubnets DescribeVpcs " +
    "UnassignPrivateIpAddresses",
  ecr: "GetAuthorizationToken",
  elasticache: "DescribeEvents",
  events: "ListEventBuses ListRuleNamesByTarget ListRules TestEventPattern",
  "execute-api": "",
  firehose: "ListDeliveryStreams",
  iam: "GetAccountSummary ListAccountAliases ListPolicies ListRoles",
  kinesis: "DescribeLimits ListStreams",
  kms: "GenerateRandom ListAliases ListKeys",
  lambda:
    "CreateEventSourceMapping GetAccountSettings ListEventSourceMappings ListFunctions ListLayerVersions ListLayers",
  logs:
    "CreateLogDelivery DeleteLogDelivery DescribeLogGroups DescribeQueries DescribeResourcePolicies GetLogDelivery " +
    "ListLogDeliveries PutResourcePolicy StopQuery UpdateLogDelivery",
  polly: "DescribeVoices",
  pricing: "DescribeServices GetAttributeValues GetProducts ListPriceLists",
  rds: "DescribeAccountAttributes DescribeDBEngineVersions DescribeEvents",
  "rds-data": "",
  "rds-db": "",
  rekognition:
    "CompareFaces DetectFaces DetectLabels DetectProtectiveEquipment DetectText GetFaceDetection GetLabelDetection " +
    "GetTextDetection RecognizeCelebrities StartFaceDetection StartLabelDetection StartTextDetection",
  s3: "GetAccountPublicAccessBlock ListAccessPoints ListAllMyBuckets ListJobs",
  scheduler: "ListScheduleGroups ListSchedules",
  secretsmanager: "BatchGetSecretValue GetRandomPassword ListSecrets",
  sns: "CheckIfPhoneNumberIsOptedOut GetSMSAttributes ListSubscriptions ListTopics Unsubscribe",
  sqs: "ListQueues",
  ssm: "DescribeParameters",
  ssmmessages: "CreateControlChannel CreateDataChannel OpenControlChannel OpenDataChannel",
  states: "ListActivities ListStateMachines SendTaskFailure SendTaskHeartbeat SendTaskSuccess",
  sts: "DecodeAuthorizationMessage GetAccessKeyInfo GetCallerIdentity GetServiceBearerToken GetSessionToken",
  tag: "GetResources GetTagKeys GetTagValues",
  textract:
    "AnalyzeDocument AnalyzeExpense AnalyzeID DetectDocumentText GetDocumentAnalysis GetDocumentTextDetection " +
    "GetExpenseAnalysis StartDocumentAnalysis StartDocumentTextDetection StartExpenseAnalysis",
  transcribe: "ListTranscriptionJobs StartStreamTranscription StartTranscriptionJob",
  translate: "ListLanguages ListTerminologies",
  xray:
    "BatchGetTraces GetGroups GetSamplingRules GetSamplingStatisticSummaries GetSamplingTargets GetServiceGraph " +
    "GetTraceGraph GetTraceSummaries PutSpans PutSpansForIndexing PutTelemetryRecords PutTraceSegments",
};

const KNOWN = new Map(
  Object.entries(UNSCOPED).map(([service, names]) => [service, new Set(names.toLowerCase().split(" "))]),
);

/** Text messages are published to phone numbers, which are no resources: only who wrote it knows whether they are meant. */
const DEPENDS = "sns:publish";

/**
 * Whether an action can be allowed on chosen resources. Undefined for an action of a service that isn't known here; a
 * wildcard can, because it can be written as the actions that are meant. Case doesn't matter, as in IAM.
 */
export function canBeScoped(action: string): boolean | undefined {
  if (action.toLowerCase() === DEPENDS) return undefined;
  const [service = "", name = ""] = action.toLowerCase().split(":");
  const unscoped = KNOWN.get(service);
  return name.includes("*") || name.includes("?") ? true : unscoped && !unscoped.has(name);
}

/** A way in which the sandbox and moto differ, and what AWS's documentation says of it. */
export interface Judged {
  /** Of the bench: `s3`, `sqs fifo`. */
  readonly scenario: string;
  /** An operation's name. Left out: any. */
  readonly operation?: string;
  /** Matches the path at which the answers differ; `.` for a call that one of the two refuses. */
  readonly at: RegExp;
  readonly sandbox: string;
  readonly moto: string;
  /** `sandbox`: AWS's documentation says what the sandbox does. `moto`: a gap of the sandbox. `either`: AWS promises neither. */
  readonly judge: "sandbox" | "moto" | "either";
  readonly source: string;
}

const api = (service: string, page: string) => `https://docs.aws.amazon.com/${service}/${page}.html`;
const s3 = (operation: string) => api("AmazonS3/latest/API", `API_${operation}`);
const cfn = (page: string) => api("AWSCloudFormation/latest", page);
const database = (operation: string) => api("amazondynamodb/latest/APIReference", `API_${operation}`);
const states = (operation: string) => api("step-functions/latest/apireference", `API_${operation}`);
const logs = (operation: string) => api("AmazonCloudWatchLogs/latest/APIReference", `API_${operation}`);
const metrics = (page: string) => api("AmazonCloudWatch/latest/APIReference", page);
const parameters = (page: string) => api("systems-manager/latest/APIReference", page);

const JUDGED: readonly Judged[] = [
  {
    scenario: "sts",
    operation: "AssumeRole",
    at: /./,
    sandbox: "refuses what is no ARN, and less than 900 seconds",
    moto: "gives credentials",
    judge: "sandbox",
    source: api("STS/latest/APIReference", "API_AssumeRole"),
  },
  {
    scenario: "s3",
    operation: "CreateBucket",
    at: /^BucketArn$/,
    sandbox: "tells the bucket's ARN",
    moto: "doesn't",
    judge: "sandbox",
    source: s3("CreateBucket"),
  },
  {
    scenario: "s3",
    at: /ServerSideEncryption$/,
    sandbox: "AES256, as every object is encrypted by default",
    moto: "tells nothing",
    judge: "sandbox",
    source: api("AmazonS3/latest/userguide", "default-encryption-faq"),
  },
  {
    scenario: "s3",
    at: /ChecksumType$/,
    sandbox: "FULL_OBJECT beside the checksum",
    moto: "tells nothing",
    judge: "sandbox",
    source: s3("GetObject"),
  },
  {
    scenario: "s3",
    operation: "GetObject",
    at: /./,
    sandbox: "304 for If-None-Match: *",
    moto: "the object",
    judge: "sandbox",
    source: s3("GetObject"),
  },
  {
    scenario: "s3",
    operation: "ListParts",
    at: /^(Initiator|Owner)$/,
    sandbox: "tells neither owner nor initiator",
    moto: "tells both",
    judge: "moto",
    source: s3("ListParts"),
  },
  {
    scenario: "s3",
    operation: "CompleteMultipartUpload",
    at: /^Location$/,
    sandbox: "an address at which the object is",
    moto: "an address without the bucket",
    judge: "sandbox",
    source: s3("CompleteMultipartUpload"),
  },
  {
    scenario: "sqs",
    operation: "SendMessageBatch",
    at: /^Failed$/,
    sandbox: "leaves the empty list out",
    moto: "an empty list",
    judge: "sandbox",
    source: api("AWSSimpleQueueService/latest/APIReference", "API_SendMessageBatch"),
  },
  {
    scenario: "sqs fifo",
    operation: "SendMessage",
    at: /^SequenceNumber$/,
    sandbox: "a sequence number",
    moto: "none",
    judge: "sandbox",
    source: api("AWSSimpleQueueService/latest/APIReference", "API_SendMessage"),
  },
  {
    scenario: "ssm",
    operation: "GetParameter",
    at: /Selector$/,
    sandbox: "the version or label that was asked for",
    moto: "nothing",
    judge: "sandbox",
    source: parameters("API_Parameter"),
  },
  {
    scenario: "ssm",
    operation: "GetParametersByPath",
    at: /^Parameters\[/,
    sandbox: "by name",
    moto: "as they were made",
    judge: "either",
    source: parameters("API_GetParametersByPath"),
  },
  {
    scenario: "ssm",
    operation: "GetParameterHistory",
    at: /LastModifiedUser$|Policies$/,
    sandbox: "who changed it, and that it has no policies",
    moto: "N/A, and nothing",
    judge: "sandbox",
    source: parameters("API_GetParameterHistory"),
  },
  {
    scenario: "secrets",
    at: /^status$/,
    sandbox: "400 with ResourceNotFoundException",
    moto: "404",
    judge: "sandbox",
    source: api("secretsmanager/latest/apireference", "API_GetSecretValue"),
  },
  {
    scenario: "cloudwatch",
    operation: "PutMetricData",
    at: /^error$/,
    sandbox: "InvalidParameterCombination for Value beside Values",
    moto: "InvalidParameterValue",
    judge: "sandbox",
    source: metrics("API_PutMetricData"),
  },
  {
    scenario: "cloudwatch",
    operation: "GetMetricData",
    at: /^Messages$/,
    sandbox: "an empty list of messages",
    moto: "none",
    judge: "sandbox",
    source: metrics("API_GetMetricData"),
  },
  {
    scenario: "cloudwatch",
    operation: "GetMetricData",
    at: /Label$/,
    sandbox: "the metric's name (published recordings of AWS show it)",
    moto: "the name and the statistic",
    judge: "sandbox",
    source: metrics("API_MetricDataResult"),
  },
  {
    scenario: "cloudwatch",
    operation: "GetMetricData",
    at: /\[1\]\.(Timestamps|Values)$/,
    sandbox: "computes the expression",
    moto: "answers no values",
    judge: "sandbox",
    source: api("AmazonCloudWatch/latest/monitoring", "using-metric-math"),
  },
  {
    scenario: "logs",
    operation: "CreateLogGroup",
    at: /./,
    sandbox: "refuses a name with spaces",
    moto: "takes it",
    judge: "sandbox",
    source: logs("CreateLogGroup"),
  },
  {
    scenario: "logs",
    operation: "GetLogEvents",
    at: /^events/,
    sandbox: "leaves out what happened at endTime itself",
    moto: "includes it",
    judge: "sandbox",
    source: logs("GetLogEvents"),
  },
  {
    scenario: "logs",
    operation: "FilterLogEvents",
    at: /^searchedLogStreams/,
    sandbox: "always an empty list",
    moto: "the streams that were searched",
    judge: "sandbox",
    source: logs("FilterLogEvents"),
  },
  {
    scenario: "logs",
    operation: "DescribeMetricFilters",
    at: /creationTime$|applyOnTransformedLogs$/,
    sandbox: "when it was made, and that it isn't applied to transformed logs",
    moto: "neither",
    judge: "sandbox",
    source: logs("MetricFilter"),
  },
  {
    scenario: "events",
    operation: "ReceiveMessage",
    at: /Body$/,
    sandbox: "the part that InputPath names",
    moto: "the whole event",
    judge: "sandbox",
    source: api("eventbridge/latest/APIReference", "API_Target"),
  },
  {
    scenario: "dynamodb",
    operation: "CreateTable",
    at: /Indexes$|TableStatus$|TableId$/,
    sandbox: "CREATING, with an id, without lists of indexes that aren't there",
    moto: "ACTIVE at once, empty lists",
    judge: "sandbox",
    source: database("CreateTable"),
  },
  {
    scenario: "dynamodb",
    operation: "CreateTable",
    at: /WarmThroughput$/,
    sandbox: "tells nothing of warm throughput",
    moto: "tells it",
    judge: "moto",
    source: database("TableDescription"),
  },
  {
    scenario: "dynamodb",
    at: /^(ConsumedCapacity|ItemCollectionMetrics)$/,
    sandbox: "only where it was asked for",
    moto: "unasked",
    judge: "sandbox",
    source: database("BatchWriteItem"),
  },
  {
    scenario: "dynamodb",
    operation: "Query",
    at: /^error$/,
    sandbox: "ValidationException for an index that isn't there",
    moto: "ResourceNotFoundException, which is for tables",
    judge: "sandbox",
    source: database("Query"),
  },
  {
    scenario: "states",
    operation: "CreateStateMachine",
    at: /./,
    sandbox: "refuses another definition under the same name, and one that can't run",
    moto: "takes both",
    judge: "sandbox",
    source: states("CreateStateMachine"),
  },
  {
    scenario: "states",
    operation: "DescribeExecution",
    at: /./,
    sandbox: "runs the execution",
    moto: "leaves it running for ever",
    judge: "sandbox",
    source: states("DescribeExecution"),
  },
  {
    scenario: "states",
    operation: "ListExecutions",
    at: /^executions/,
    sandbox: "lists the one that succeeded",
    moto: "none has",
    judge: "sandbox",
    source: states("ListExecutions"),
  },
  {
    scenario: "cloudformation",
    operation: "ValidateTemplate",
    at: /./,
    sandbox: "reads a template in JSON, and names its parameters",
    moto: "refuses it",
    judge: "sandbox",
    source: cfn("APIReference/API_ValidateTemplate"),
  },
  {
    scenario: "cloudformation",
    operation: "GetTemplateSummary",
    at: /./,
    sandbox: "a summary",
    moto: "fails",
    judge: "sandbox",
    source: cfn("APIReference/API_GetTemplateSummary"),
  },
  {
    scenario: "cloudformation",
    operation: "UpdateStack",
    at: /./,
    sandbox: "refuses an update that changes nothing",
    moto: "takes it",
    judge: "sandbox",
    source: cfn("UserGuide/troubleshooting"),
  },
  {
    scenario: "cloudformation",
    operation: "DescribeChangeSet",
    at: /^(error|status)$/,
    sandbox: "ChangeSetNotFound, 404",
    moto: "ValidationError, 400",
    judge: "sandbox",
    source: cfn("APIReference/API_DescribeChangeSet"),
  },
  {
    scenario: "cloudformation",
    operation: "ExecuteChangeSet",
    at: /./,
    sandbox: "changes what the change set changes",
    moto: "makes the queue again, which exists",
    judge: "sandbox",
    source: cfn("APIReference/API_ExecuteChangeSet"),
  },
  {
    scenario: "cloudformation",
    operation: "CreateStack",
    at: /./,
    sandbox: "refuses a template without resources",
    moto: "makes a stack of nothing",
    judge: "sandbox",
    source: cfn("UserGuide/resources-section-structure"),
  },
];

/** The row that speaks of a difference (`Path: ours / theirs`), where there is one. */
export function judgementOf(scenario: string, operation: string, difference: string): Judged | undefined {
  const path = difference.slice(0, difference.indexOf(": "));
  return JUDGED.find(
    (row) =>
      row.scenario === scenario && (row.operation === undefined || row.operation === operation) && row.at.test(path),
  );
}

/** `docs/fidelity.md` is made from the rows, so that no difference is judged in two places. */
export function fidelityPage(): string {
  const sides = { sandbox: "the sandbox", moto: "moto: a gap of the sandbox", either: "AWS promises neither" };
  const rows = JUDGED.map(({ scenario, operation, sandbox, moto, judge, source }) => {
    const what = operation ? `${scenario} ${operation}` : scenario;
    return `| ${what} | ${sandbox} | ${moto} | ${sides[judge]} | [source](${source}) |`;
  });
  return `# Where the sandbox and moto differ

\`npm run bench -- moto\` sends the same calls, in the same order, to the sandbox and to
[moto](https://github.com/getmoto/moto), an imitation of AWS that shares nothing with it. Ids and times are masked; every
other difference is one of these rows, with AWS's documentation as the judge. A difference without a row is printed, and
counts against the sandbox. Made by \`node packages/sandbox/test/moto/fidelity.ts\`.

| call | the sandbox | moto | AWS's documentation is with | |
|---|---|---|---|---|
${rows.join("\n")}
`;
}

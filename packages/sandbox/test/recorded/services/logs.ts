import { strToU8, zipSync } from "fflate";
import type { Reproduction, Reproductions, Stage } from "../reproduction.ts";

const POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      ...{ Sid: "Route53LogsToCloudWatchLogs", Effect: "Allow", Principal: { Service: ["route53.amazonaws.com"] } },
      ...{ Action: "logs:PutLogEvents", Resource: "log_arn" },
    },
  ],
});
const DAY_MS = 86_400_000;
const long = (length: number) => "X".repeat(length);

async function logGroup({ logs, name }: Stage): Promise<string> {
  const logGroupName = name("test-log-group");
  await logs.CreateLogGroup({ logGroupName });
  return logGroupName;
}

async function logStream(stage: Stage) {
  const logGroupName = await logGroup(stage);
  const logStreamName = stage.name("test-log-stream");
  await stage.logs.CreateLogStream({ logGroupName, logStreamName });
  return { logGroupName, logStreamName };
}

const EVENTS: Record<string, Reproduction> = {
  async "TestLogsEvents::test_put_log_events_to_invalid_stream"(stage) {
    const names = { logGroupName: await logGroup(stage), logStreamName: "invalid-stream" };
    const logEvents = [{ timestamp: Date.now(), message: "test" }];
    await stage.match("error-invalid-stream", stage.logs.PutLogEvents({ ...names, logEvents }));
  },
  async "TestLogsEvents::test_put_log_events_wrong_order"(stage) {
    const logEvents = [0, 2].map((days) => ({ timestamp: Date.now() - days * DAY_MS, message: `Message ${days}` }));
    await stage.match("error-wrong-order", stage.logs.PutLogEvents({ ...(await logStream(stage)), logEvents }));
  },
  async "TestLogsEvents::test_put_log_events_too_old"(stage) {
    const logEvents = [{ timestamp: Date.now() - 30 * DAY_MS, message: "Old message" }];
    await stage.match("response-too-old", stage.logs.PutLogEvents({ ...(await logStream(stage)), logEvents }));
  },
  async "TestLogsEvents::test_put_log_events_too_new"(stage) {
    const logEvents = [{ timestamp: Date.now() + DAY_MS, message: "Future message" }];
    await stage.match("response-too-new", stage.logs.PutLogEvents({ ...(await logStream(stage)), logEvents }));
  },
  async "TestLogsEvents::test_get_log_events_invalid_token"(stage) {
    const names = await logStream(stage);
    await stage.match("error-invalid-token", stage.logs.GetLogEvents({ ...names, nextToken: "invalid-token" }));
  },
  async "TestLogsEvents::test_get_log_events_limit_validation"(stage) {
    const names = await logStream(stage);
    await stage.match("error-limit-exceeded", stage.logs.GetLogEvents({ ...names, limit: 10_001 }));
  },
  async "TestLogsEventsErrors::test_resource_does_not_exist"({ logs, match, name }) {
    const names = { logGroupName: name("log-group"), logStreamName: name("log-stream") };
    await match("error-log-group-does-not-exist", logs.GetLogEvents(names));
    await logs.CreateLogGroup({ logGroupName: names.logGroupName });
    await match("error-log-stream-does-not-exist", logs.GetLogEvents(names));
  },
};

const FILTER_EVENTS: Record<string, Reproduction> = {
  async "TestFilterLogEvents::test_filter_log_events_limit_validation"(stage) {
    const logGroupName = await logGroup(stage);
    await stage.match("error-limit-exceeded", stage.logs.FilterLogEvents({ logGroupName, limit: 10_001 }));
  },
  async "TestFilterLogEvents::test_filter_log_events_unknown_token"(stage) {
    const logGroupName = await logGroup(stage);
    await stage.match("invalid-token", stage.logs.FilterLogEvents({ logGroupName, nextToken: "invalid-token" }));
  },
};

const GROUPS: Record<string, Reproduction> = {
  async "TestLogsGroups::test_create_log_group_with_kms_key"({ logs, kms, match, name }) {
    const statement = { Effect: "Allow", Principal: "*", Action: "kms:*", Resource: "*" };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    const { KeyMetadata } = await kms.CreateKey({ Policy });
    const logGroupName = name("test-log-group-kms");
    await logs.CreateLogGroup({ logGroupName, kmsKeyId: KeyMetadata?.Arn });
    await match("describe-log-groups-with-kms", logs.DescribeLogGroups({ logGroupNamePrefix: logGroupName }));
  },
  async "TestLogsGroups::test_create_log_group_duplicate_error"(stage) {
    const logGroupName = await logGroup(stage);
    await stage.match("error-duplicate-log-group", stage.logs.CreateLogGroup({ logGroupName }));
  },
  async "TestLogsGroups::test_create_log_group_invalid_name_length"({ logs, match }) {
    await match("error-invalid-name-length", logs.CreateLogGroup({ logGroupName: "a".repeat(513) }));
  },
  async "TestLogsGroups::test_describe_log_groups_with_prefix"({ logs, match, name }) {
    const prefix = name("test-prefix");
    for (const index of [0, 1, 2]) await logs.CreateLogGroup({ logGroupName: `${prefix}-group-${index}` });
    await match("describe-log-groups-prefix", logs.DescribeLogGroups({ logGroupNamePrefix: prefix }));
  },
  async "TestLogsGroups::test_describe_log_groups_with_pattern"(stage) {
    const logGroupNamePattern = await logGroup(stage);
    await stage.match("describe-log-groups-pattern", stage.logs.DescribeLogGroups({ logGroupNamePattern }));
  },
  async "TestLogsGroups::test_describe_log_groups_prefix_and_pattern_error"(stage) {
    const given = await logGroup(stage);
    const both = { logGroupNamePattern: given, logGroupNamePrefix: given };
    await stage.match("error-prefix-and-pattern", stage.logs.DescribeLogGroups(both));
  },
  async "TestLogsGroups::test_list_log_groups_with_pattern"(stage) {
    const logGroupNamePattern = await logGroup(stage);
    const none = stage.logs.ListLogGroups({ logGroupNamePattern: "no-such-group" });
    await stage.match("list-log-groups-no-match", none);
    const found = stage.logs.DescribeLogGroups({ logGroupNamePattern });
    await stage.match("list-log-groups-match", found, ({ logGroups }) => logGroups);
  },
  async "TestLogsGroupsTags::test_create_log_group_with_tags"({ logs, match, name }) {
    const logGroupName = name("test-tags");
    await logs.CreateLogGroup({ logGroupName, tags: { env: "testing" } });
    await match("list-tags-after-create", logs.ListTagsLogGroup({ logGroupName }));
  },
  async "TestLogsGroupsTags::test_tag_log_group"(stage) {
    const logGroupName = await logGroup(stage);
    await stage.logs.TagLogGroup({ logGroupName, tags: { tag_key_1: "tag_value_1" } });
    await stage.match("list-tags-after-tag", stage.logs.ListTagsLogGroup({ logGroupName }));
  },
  async "TestLogsGroupsTags::test_untag_log_group"(stage) {
    const logGroupName = await logGroup(stage);
    await stage.logs.TagLogGroup({ logGroupName, tags: { tag_key_1: "tag_value_1", tag_key_2: "tag_value_2" } });
    await stage.logs.UntagLogGroup({ logGroupName, tags: ["tag_key_1"] });
    await stage.match("list-tags-after-untag", stage.logs.ListTagsLogGroup({ logGroupName }));
  },
  async "TestLogsGroupsTags::test_tag_resource_api"({ logs, match, name, account, region }) {
    const logGroupName = name("test-tags");
    const resourceArn = `arn:aws:logs:${region}:${account}:log-group:${logGroupName}`;
    const both = async (key: string) => {
      await match(`list-tags-log-group-after-${key}`, logs.ListTagsLogGroup({ logGroupName }));
      await match(`list-tags-for-resource-after-${key}`, logs.ListTagsForResource({ resourceArn }));
    };
    await logs.CreateLogGroup({ logGroupName, tags: { env: "testing1" } });
    await match("list-tags-after-create", logs.ListTagsLogGroup({ logGroupName }));
    await logs.TagResource({ resourceArn, tags: { test1: "val1", test2: "val2" } });
    await both("tag-resource");
    await logs.TagLogGroup({ logGroupName, tags: { test3: "val3" } });
    await both("tag-log-group");
    await logs.UntagLogGroup({ logGroupName, tags: ["test3"] });
    await logs.UntagResource({ resourceArn, tagKeys: ["env", "test1"] });
    await both("untag");
  },
};

const STREAMS: Record<string, Reproduction> = {
  async "TestLogsStreams::test_create_and_delete_log_stream"(stage) {
    const { logGroupName } = await logStream(stage);
    await stage.match("describe-log-streams-after-create", stage.logs.DescribeLogStreams({ logGroupName }));
  },
  async "TestLogsStreams::test_create_log_stream_duplicate_error"(stage) {
    const names = await logStream(stage);
    await stage.match("error-duplicate-log-stream", stage.logs.CreateLogStream(names));
  },
  async "TestLogsStreams::test_describe_log_streams_with_log_group_identifier"(stage) {
    const { logs, match, region, account } = stage;
    const { logGroupName } = await logStream(stage);
    const arn = `arn:aws:logs:${region}:${account}:log-group:${logGroupName}`;
    await match("describe-streams-identifier-name", logs.DescribeLogStreams({ logGroupIdentifier: logGroupName }));
    await match("describe-streams-identifier-arn", logs.DescribeLogStreams({ logGroupIdentifier: arn }));
    const both = { logGroupName, logGroupIdentifier: logGroupName };
    await match("error-both-name-and-identifier", logs.DescribeLogStreams(both));
  },
  async "TestLogsStreams::test_describe_log_streams_with_prefix"(stage) {
    const logGroupName = await logGroup(stage);
    const logStreamNamePrefix = stage.name("test-prefix");
    for (const index of [0, 1, 2]) {
      await stage.logs.CreateLogStream({ logGroupName, logStreamName: `${logStreamNamePrefix}-stream-${index}` });
    }
    const found = stage.logs.DescribeLogStreams({ logGroupName, logStreamNamePrefix });
    await stage.match("describe-streams-with-prefix", found);
  },
  async "TestLogsStreams::test_log_stream_arn_format"(stage) {
    const { logGroupName } = await logStream(stage);
    await stage.match("describe-log-streams-with-arn", stage.logs.DescribeLogStreams({ logGroupName }));
  },
};

type MetricFilterInput = Parameters<Stage["logs"]["PutMetricFilter"]>[0];

const metricFilter = (logGroupName: string, filterName: string, more: Partial<MetricFilterInput> = {}) => ({
  ...{ logGroupName, filterName, filterPattern: "pattern" },
  metricTransformations: [{ metricNamespace: "namespace", metricName: "metric", metricValue: "1" }],
  ...more,
});

const described =
  (key: string, filterPattern: string): Reproduction =>
  async (stage) => {
    const logGroupName = await logGroup(stage);
    const filterName = stage.name("test-filter");
    const named = { metricNamespace: stage.name("test-namespace"), metricName: stage.name("test-metric") };
    const metricTransformations = [{ ...named, metricValue: "1", defaultValue: 0 }];
    await stage.logs.PutMetricFilter({ logGroupName, filterName, filterPattern, metricTransformations });
    const found = stage.logs.DescribeMetricFilters({ logGroupName, filterNamePrefix: filterName });
    await stage.match(key, found);
  };

const METRIC_FILTERS: Record<string, Reproduction> = {
  "TestMetricFilters::test_put_metric_filter_basic": described("describe-metric-filters", " "),
  "TestMetricFilters::test_put_metric_filter_json_pattern": described(
    "describe-metric-filters-json",
    '{$.message = "test"}',
  ),
  async "TestMetricFilters::test_describe_metric_filters_by_prefix"(stage) {
    const filterNamePrefix = stage.name("test-filter-prefix");
    for (const index of [0, 1]) {
      const named = { metricNamespace: `namespace${index}`, metricName: `metric${index}`, metricValue: `${index}` };
      const more = { filterPattern: `filterPattern${index}`, metricTransformations: [named] };
      await stage.logs.PutMetricFilter(metricFilter(await logGroup(stage), `${filterNamePrefix}-${index}`, more));
    }
    await stage.match("describe-by-prefix", stage.logs.DescribeMetricFilters({ filterNamePrefix }));
  },
  async "TestMetricFilters::test_describe_metric_filters_by_log_group"(stage) {
    const [first, second] = [await logGroup(stage), await logGroup(stage)];
    for (const group of [first, second]) await stage.logs.PutMetricFilter(metricFilter(group, stage.name("filter")));
    await stage.match("describe-by-log-group", stage.logs.DescribeMetricFilters({ logGroupName: first }));
  },
  async "TestMetricFilters::test_describe_metric_filters_by_metric_name"(stage) {
    const named = { metricName: stage.name("test-metric"), metricNamespace: stage.name("test-namespace") };
    const metricTransformations = [{ ...named, metricValue: "1" }];
    const given = metricFilter(await logGroup(stage), stage.name("filter"), { metricTransformations });
    await stage.logs.PutMetricFilter(given);
    await stage.match("describe-by-metric-name", stage.logs.DescribeMetricFilters(named));
  },
  async "TestMetricFiltersValidation::test_put_metric_filter_invalid_filter_name"(stage) {
    const given = metricFilter(await logGroup(stage), long(513));
    await stage.match("error-invalid-filter-name", stage.logs.PutMetricFilter(given));
  },
  async "TestMetricFiltersValidation::test_put_metric_filter_invalid_filter_pattern"(stage) {
    const given = metricFilter(await logGroup(stage), "valid-filter", { filterPattern: long(1025) });
    await stage.match("error-invalid-filter-pattern", stage.logs.PutMetricFilter(given));
  },
  async "TestMetricFiltersValidation::test_put_metric_filter_too_many_transformations"(stage) {
    const metricTransformations = [1, 2].map((index) => ({
      ...{ metricNamespace: `namespace${index}`, metricName: `metric${index}`, metricValue: "1" },
    }));
    const given = metricFilter(await logGroup(stage), "valid-filter", { metricTransformations });
    await stage.match("error-too-many-transformations", stage.logs.PutMetricFilter(given));
  },
  async "TestMetricFiltersValidation::test_delete_metric_filter_invalid_filter_name"(stage) {
    const given = { logGroupName: await logGroup(stage), filterName: long(513) };
    await stage.match("error-invalid-filter-name", stage.logs.DeleteMetricFilter(given));
  },
  async "TestMetricFiltersValidation::test_delete_metric_filter_invalid_log_group_name"({ logs, match }) {
    const given = { logGroupName: long(513), filterName: "valid-filter" };
    await match("error-invalid-log-group-name", logs.DeleteMetricFilter(given));
  },
  async "TestMetricFiltersValidation::test_describe_metric_filters_invalid_parameters"({ logs, match }) {
    await match("error-invalid-filter-prefix", logs.DescribeMetricFilters({ filterNamePrefix: long(513) }));
    const given = { metricName: long(256), metricNamespace: "valid" };
    await match("error-invalid-metric-name", logs.DescribeMetricFilters(given));
  },
};

async function query(stage: Stage) {
  const logGroupName = await logGroup(stage);
  const nowS = Math.floor(Date.now() / 1000);
  const range = { startTime: nowS - 3600, endTime: nowS + 300 };
  return {
    logGroupName,
    start: () => stage.logs.StartQuery({ logGroupName, ...range, queryString: "fields @message" }),
  };
}

const completed = () => new Promise((resolve) => setTimeout(resolve, 100));

const QUERIES: Record<string, Reproduction> = {
  async "TestCloudWatchLogsInsightsQueries::test_start_query_basic"(stage) {
    const { start } = await query(stage);
    await stage.match("start-query", start());
  },
  async "TestCloudWatchLogsInsightsQueries::test_start_query_log_group_not_found"({ logs, match, name }) {
    const given = { logGroupName: name("non-existent"), startTime: 1, endTime: 2, queryString: "fields @message" };
    await match("error-log-group-not-found", logs.StartQuery(given));
  },
  async "TestCloudWatchLogsInsightsQueries::test_describe_queries"(stage) {
    const { start, logGroupName } = await query(stage);
    await start();
    await completed();
    await stage.match("describe-queries", stage.logs.DescribeQueries({ logGroupName }));
  },
  async "TestCloudWatchLogsInsightsQueries::test_describe_queries_with_status_filter"(stage) {
    const { start, logGroupName } = await query(stage);
    await start();
    await completed();
    const { logs, match } = stage;
    await match("describe-queries-complete", logs.DescribeQueries({ logGroupName, status: "Complete" }));
    await match("describe-queries-scheduled", logs.DescribeQueries({ logGroupName, status: "Scheduled" }));
  },
};

const POLICIES: Record<string, Reproduction> = {
  async "TestResourcePolicies::test_put_resource_policy"(stage) {
    const logGroupNamePrefix = await logGroup(stage);
    const { logGroups } = await stage.logs.DescribeLogGroups({ logGroupNamePrefix });
    const policyDocument = POLICY.replace("log_arn", logGroups?.[0]?.arn ?? "");
    const policyName = stage.name("test-policy");
    await stage.match("put-resource-policy", stage.logs.PutResourcePolicy({ policyName, policyDocument }));
  },
  async "TestResourcePolicies::test_put_resource_policy_update"({ logs, match, name }) {
    const policyName = name("test-policy");
    await logs.PutResourcePolicy({ policyName, policyDocument: POLICY });
    const policyDocument =
      '{"Statement":[{"Action":"logs:*","Effect":"Allow","Principal":{"Service": ["route53.amazonaws.com"]},"Resource":"*"}]}';
    await logs.PutResourcePolicy({ policyName, policyDocument });
    await match("updated-policy", logs.DescribeResourcePolicies({}), ({ resourcePolicies }) => resourcePolicies?.[0]);
  },
  async "TestResourcePolicies::test_describe_resource_policies"({ logs, match, name }) {
    const prefix = name("test-policy");
    for (const index of [0, 1, 2]) {
      await logs.PutResourcePolicy({ policyName: `${prefix}-${index}`, policyDocument: POLICY });
    }
    await match("describe-resource-policies", logs.DescribeResourcePolicies({}));
    await match("policies", logs.DescribeResourcePolicies({}), ({ resourcePolicies }) => resourcePolicies);
  },
  async "TestResourcePolicies::test_delete_resource_policy_not_found"({ logs, match }) {
    await match("error-policy-not-found", logs.DeleteResourcePolicy({ policyName: "non-existent" }));
  },
  async "TestResourcePoliciesLimits::test_put_resource_policy_limit_exceeded"({ logs, match, name }) {
    const prefix = name("test-policy-limit");
    for (let index = 0; index < 10; index++) {
      await logs.PutResourcePolicy({ policyName: `${prefix}-${index}`, policyDocument: POLICY });
    }
    const given = { policyName: `${prefix}-too-many`, policyDocument: POLICY };
    await match("error-limit-exceeded", logs.PutResourcePolicy(given));
  },
};

/** A group and a function that lets CloudWatch Logs invoke it. */
async function subscription(stage: Stage) {
  const { lambda, logs, iam, account, region } = stage;
  const logGroupName = await logGroup(stage);
  const FunctionName = stage.name("test-lambda");
  const statement = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const { Role } = await iam.CreateRole({ RoleName: FunctionName, AssumeRolePolicyDocument });
  const ZipFile = zipSync({ "index.mjs": strToU8("export const handler = async () => ({});") });
  const code = { Runtime: "nodejs22.x" as const, Handler: "index.handler", Role: Role?.Arn, Code: { ZipFile } };
  const { FunctionArn: destinationArn } = await lambda.CreateFunction({ FunctionName, ...code });
  await lambda.AddPermission({
    ...{ FunctionName, StatementId: FunctionName, Action: "lambda:InvokeFunction", SourceAccount: account },
    Principal: `logs.${region}.amazonaws.com`,
    SourceArn: `arn:aws:logs:${region}:${account}:log-group:${logGroupName}:*`,
  });
  const put = (filterName: string, filterPattern: string) =>
    logs.PutSubscriptionFilter({ logGroupName, filterName, filterPattern, destinationArn });
  return { logGroupName, put };
}

const SUBSCRIPTIONS: Record<string, Reproduction> = {
  async "TestSubscriptionFilters::test_describe_subscription_filters_empty"(stage) {
    const logGroupName = await logGroup(stage);
    const found = stage.logs.DescribeSubscriptionFilters({ logGroupName });
    await stage.match("describe-subscription-filters-empty", found);
  },
  async "TestSubscriptionFilters::test_describe_subscription_filters_log_group_not_found"({ logs, match }) {
    const found = logs.DescribeSubscriptionFilters({ logGroupName: "not-existing-log-group" });
    await match("error-log-group-not-found", found);
  },
  async "TestSubscriptionFilterUpdates::test_put_subscription_filter_update"(stage) {
    const { logGroupName, put } = await subscription(stage);
    await put("test", "");
    await put("test", "[]");
    await stage.match("updated-filter", stage.logs.DescribeSubscriptionFilters({ logGroupName }));
  },
  async "TestSubscriptionFilterUpdates::test_put_subscription_filter_limit_exceeded"(stage) {
    const { put } = await subscription(stage);
    await put("test-1", "");
    await put("test-2", "");
    await stage.match("error-limit-exceeded", put("test-3", ""));
  },
  async "TestSubscriptionFilterUpdates::test_delete_subscription_filter_errors"(stage) {
    const { logs, match, name } = stage;
    const filterName = name("filter");
    const missing = logs.DeleteSubscriptionFilter({ logGroupName: name("no-group"), filterName });
    await match("error-log-group-not-found", missing);
    const logGroupName = await logGroup(stage);
    await match("error-filter-not-found", logs.DeleteSubscriptionFilter({ logGroupName, filterName }));
  },
  async "TestSubscriptionFilterUpdates::test_put_subscription_filter_errors"(stage) {
    const { logs, match, region } = stage;
    const logGroupName = await logGroup(stage);
    const put = (group: string, service: string, resource: string) => {
      const destinationArn = `arn:aws:${service}:${region}:000000000000:${resource}`;
      return logs.PutSubscriptionFilter({ logGroupName: group, filterName: "test", filterPattern: "", destinationArn });
    };
    await match("error-log-group-not-found", put("not-existing", "lambda", "function:test"));
    await match("error-lambda-not-found", put(logGroupName, "lambda", "function:not-existing"));
    await match("error-kinesis-not-found", put(logGroupName, "kinesis", "stream/not-existing"));
  },
};

const of = (file: string, tests: Reproductions["tests"]): Reproductions => ({ file, service: "logs", tests });

/** By LocalStack's test files. */
export const logs: readonly Reproductions[] = [
  of("logs__test_logs_events", EVENTS),
  of("logs__test_logs_filter_events", FILTER_EVENTS),
  of("logs__test_logs_groups", GROUPS),
  of("logs__test_logs_metric_filters", METRIC_FILTERS),
  of("logs__test_logs_queries", QUERIES),
  of("logs__test_logs_resource_policies", POLICIES),
  of("logs__test_logs_streams", STREAMS),
  of("logs__test_logs_subscription_filters", SUBSCRIPTIONS),
];

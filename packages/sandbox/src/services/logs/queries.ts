import type * as sdk from "@aws-sdk/client-cloudwatch-logs";
import type { QueryInfo } from "@aws-sdk/client-cloudwatch-logs";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { parseQuery } from "./insights/query.ts";
import { notThere } from "./metric-filters.ts";
import { type QueryRecord, queries, queryRows } from "./query-records.ts";
import { groupName, groups, invalid } from "./records.ts";
import { cancelQuery, runQuery } from "./run-query.ts";

const MOST_GROUPS = 50;
const LONGEST_QUERY = 10_000;
/** Seconds have ten digits until the year 2286: what is larger was meant in milliseconds. */
const MILLISECONDS = 100_000_000_000;

export const queryOperations: Operations<typeof sdk> = {
  /** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html */
  StartQuery(context, input) {
    const { logGroupName, logGroupNames, logGroupIdentifiers, queryString: text = "", limit, queryLanguage } = input;
    if (queryLanguage !== undefined && queryLanguage !== "CWLI") throw notThere(`queries in ${queryLanguage}`);
    if (text.length > LONGEST_QUERY) throw invalid(`The query is longer than ${LONGEST_QUERY} characters.`);
    const given = [logGroupName === undefined ? undefined : [logGroupName], logGroupNames, logGroupIdentifiers].filter(
      (names) => names !== undefined,
    );
    if (given.length !== 1)
      throw invalid("Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified.");
    const names = [...new Set((given[0] ?? []).map((logGroupIdentifier) => groupName({ logGroupIdentifier })))];
    if (names.length === 0 || names.length > MOST_GROUPS)
      throw invalid(`A query takes from 1 to ${MOST_GROUPS} log groups.`);
    for (const name of names) if (!groups(context).get(name)) throw noGroup(context, name);
    const [startTime, endTime] = [seconds(input.startTime), seconds(input.endTime)];
    if (startTime > endTime) throw invalid("End time should not be less than start time.");
    parseQuery(text, limit);
    const id = context.random.uuid();
    queries(context).put(id, {
      ...{ id, groups: names, startTime, endTime, text, limit, status: "Running", tookMs: 0 },
      createdAtMs: context.clock.now().getTime(),
      statistics: { recordsMatched: 0, recordsScanned: 0, bytesScanned: 0 },
    });
    runQuery(context, id);
    return { queryId: id };
  },

  GetQueryResults(context, { queryId = "" }) {
    const { status, statistics } = getQuery(context, queryId);
    return { queryLanguage: "CWLI", status, statistics, results: queryRows(context).get(queryId) ?? [] };
  },

  StopQuery(context, { queryId = "" }) {
    const query = getQuery(context, queryId);
    if (query.status !== "Running") throw invalid("Query is not in Running or Scheduled status");
    cancelQuery(context, queryId);
    queries(context).put(queryId, { ...query, status: "Cancelled" });
    return { success: true };
  },

  DescribeQueries(context, { logGroupName, status, maxResults, nextToken, queryLanguage }) {
    const skip = Number(nextToken ?? 0);
    const all = queries(context)
      .list()
      .map(({ value }) => value)
      .filter(({ groups: names }) => logGroupName === undefined || names.includes(logGroupName))
      .filter((query) => status === undefined || query.status === status)
      .filter(() => queryLanguage === undefined || queryLanguage === "CWLI")
      .sort((a, b) => b.createdAtMs - a.createdAtMs);
    const size = maxResults ?? 1000;
    return {
      queries: all.slice(skip, skip + size).map(show),
      nextToken: skip + size < all.length ? String(skip + size) : undefined,
    };
  },
};

const seconds = (time: number | undefined) =>
  time === undefined ? 0 : time > MILLISECONDS ? Math.floor(time / 1000) : time;

function getQuery(context: Context, id: string): QueryRecord {
  const query = queries(context).get(id);
  if (query) return query;
  throw new AwsError("ResourceNotFoundException", `Query ${id} does not exist.`);
}

function noGroup({ account, requestId }: Context, name: string): AwsError {
  return new AwsError(
    "ResourceNotFoundException",
    `Log group '${name}' does not exist for account ID '${account}' (Service: AWSLogs; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: ${requestId}; Proxy: null)`,
  );
}

const show = ({ id, groups: names, startTime, endTime, text, status, createdAtMs }: QueryRecord): QueryInfo => ({
  queryLanguage: "CWLI",
  queryId: id,
  queryString: `SOURCE ${names.map((name) => `"${name}"`).join(", ")} START=${startTime}000 END=${endTime}999 | ${text}`,
  status,
  createTime: createdAtMs,
  logGroupName: names[0],
});

import type * as sdk from "@aws-sdk/client-cloudwatch-logs";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import {
  deleteStreams,
  findStream,
  type GroupRecord,
  getGroup,
  getStream,
  groupArn,
  groupName,
  groups,
  invalid,
  listStreams,
  type Stream,
} from "./records.ts";

const RETENTIONS = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);

export const groupOperations: Operations<typeof sdk> = {
  CreateLogGroup(context, { logGroupName: name = "", kmsKeyId, tags, logGroupClass }) {
    if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name)) throw invalid(`"${name}" can't be the name of a log group.`);
    if (groups(context).get(name)) {
      throw new AwsError("ResourceAlreadyExistsException", "The specified log group already exists");
    }
    groups(context).put(name, {
      ...{ name, kmsKeyId, retentionDays: undefined, tags: tags ?? {} },
      createdAtMs: context.clock.now().getTime(),
      groupClass: logGroupClass ?? "STANDARD",
    });
    return {};
  },

  DeleteLogGroup(context, { logGroupName: name = "" }) {
    getGroup(context, name);
    context.store.transaction(() => {
      deleteStreams(
        context.store.sql,
        listStreams(context, name).map(({ id }) => id),
      );
      groups(context).delete(name);
    });
    return {};
  },

  PutRetentionPolicy(context, { logGroupName: name = "", retentionInDays: days = 0 }) {
    const group = getGroup(context, name);
    if (!RETENTIONS.has(days)) throw invalid(`retentionInDays ${days} isn't one of ${[...RETENTIONS].join(", ")}.`);
    groups(context).put(name, { ...group, retentionDays: days });
    return {};
  },

  DeleteRetentionPolicy(context, { logGroupName: name = "" }) {
    groups(context).put(name, { ...getGroup(context, name), retentionDays: undefined });
    return {};
  },

  DescribeLogGroups(context, { logGroupNamePrefix, logGroupNamePattern, nextToken: token, limit }) {
    if (logGroupNamePrefix !== undefined && logGroupNamePattern !== undefined) {
      throw invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
    }
    const pattern = logGroupNamePattern?.toLowerCase();
    const all = groups(context)
      .list(logGroupNamePrefix)
      .map(({ value }) => value)
      .filter(({ name }) => pattern === undefined || name.toLowerCase().includes(pattern));
    const { items, nextToken } = page(all, ({ name }) => name, { token, size: limit ?? 50 });
    return { logGroups: items.map((group) => showGroup(context, group)), nextToken };
  },

  CreateLogStream(context, { logGroupName: group = "", logStreamName: name = "" }) {
    getGroup(context, group);
    if (!/^[^:*]{1,512}$/.test(name)) throw invalid(`"${name}" can't be the name of a log stream.`);
    if (findStream(context, group, name)) {
      throw new AwsError("ResourceAlreadyExistsException", "The specified log stream already exists");
    }
    context.store.sql
      .prepare(
        "INSERT INTO logs_streams (account, region, log_group, name, created_ms, bytes) VALUES (?, ?, ?, ?, ?, 0)",
      )
      .run(context.account, context.region, group, name, context.clock.now().getTime());
    return {};
  },

  DeleteLogStream(context, { logGroupName: group = "", logStreamName: name = "" }) {
    const { id } = getStream(context, group, name);
    context.store.transaction(() => deleteStreams(context.store.sql, [id]));
    return {};
  },

  DescribeLogStreams(context, input) {
    const group = groupName(input);
    getGroup(context, group);
    const { orderBy = "LogStreamName", descending = false, logStreamNamePrefix, nextToken: token, limit } = input;
    if (orderBy === "LastEventTime" && logStreamNamePrefix !== undefined) {
      throw invalid("Cannot order by LastEventTime with a logStreamNamePrefix.");
    }
    const keyOf = (stream: Stream) =>
      orderBy === "LastEventTime" ? `${String(stream.lastMs ?? 0).padStart(15, "0")} ${stream.name}` : stream.name;
    const sorted = listStreams(context, group, logStreamNamePrefix).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    if (descending) sorted.reverse();
    // Descending keys don't fit "after this key": a page's token is the number of streams before it.
    const from = token === undefined ? 0 : Number(token);
    const size = limit ?? 50;
    const streams = sorted.slice(from, from + size);
    return {
      logStreams: streams.map((stream) => showStream(context, group, stream)),
      nextToken: from + size < sorted.length ? String(from + size) : undefined,
    };
  },

  TagLogGroup: (context, { logGroupName = "", tags = {} }) => tag(context, logGroupName, tags),
  UntagLogGroup: (context, { logGroupName = "", tags = [] }) => untag(context, logGroupName, tags),
  ListTagsLogGroup: (context, { logGroupName = "" }) => ({ tags: { ...getGroup(context, logGroupName).tags } }),
  TagResource: (context, { resourceArn, tags = {} }) =>
    tag(context, groupName({ logGroupIdentifier: resourceArn }), tags),
  UntagResource: (context, { resourceArn, tagKeys = [] }) =>
    untag(context, groupName({ logGroupIdentifier: resourceArn }), tagKeys),
  ListTagsForResource: (context, { resourceArn }) => ({
    tags: { ...getGroup(context, groupName({ logGroupIdentifier: resourceArn })).tags },
  }),
};

function tag(context: Context, name: string, tags: Record<string, string>) {
  const group = getGroup(context, name);
  groups(context).put(name, { ...group, tags: { ...group.tags, ...tags } });
  return {};
}

function untag(context: Context, name: string, keys: readonly string[]) {
  const group = getGroup(context, name);
  const tags = Object.fromEntries(Object.entries(group.tags).filter(([key]) => !keys.includes(key)));
  groups(context).put(name, { ...group, tags });
  return {};
}

function showGroup(context: Context, group: GroupRecord) {
  const arn = groupArn(context, group.name);
  return {
    logGroupName: group.name,
    creationTime: group.createdAtMs,
    retentionInDays: group.retentionDays,
    metricFilterCount: 0,
    arn: `${arn}:*`,
    logGroupArn: arn,
    storedBytes: listStreams(context, group.name).reduce((sum, { bytes }) => sum + bytes, 0),
    kmsKeyId: group.kmsKeyId,
    logGroupClass: group.groupClass as "STANDARD",
  };
}

function showStream(context: Context, group: string, stream: Stream) {
  return {
    logStreamName: stream.name,
    creationTime: stream.createdAtMs,
    firstEventTimestamp: stream.firstMs,
    lastEventTimestamp: stream.lastMs,
    lastIngestionTime: stream.ingestedMs,
    uploadSequenceToken: String(stream.id),
    arn: `${groupArn(context, group)}:log-stream:${stream.name}`,
    storedBytes: 0,
  };
}

import type * as sdk from "@aws-sdk/client-cloudwatch-logs";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { statement } from "../../core/statements.ts";
import { deleteMetricFilters, metricFiltersOf, notThere } from "./metric-filters.ts";
import {
  constraint,
  deleteLines,
  deleteStream,
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
import { deleteSubscriptions } from "./subscription-filters.ts";

const RETENTIONS = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);

const CLASSES: readonly string[] = ["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"];
const LONGEST_NAME = 512;
const tooLong = () => invalid("Invalid LogGroup or LogStream, both must have length less than or equal to 512.");

export const groupOperations: Operations<typeof sdk> = {
  CreateLogGroup(context, { logGroupName: name = "", kmsKeyId, tags, logGroupClass, deletionProtectionEnabled }) {
    if (name.length > LONGEST_NAME) throw tooLong();
    if (!/^[.\-_/#A-Za-z0-9]+$/.test(name)) {
      throw constraint(name, "logGroupName", "satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+");
    }
    if (logGroupClass !== undefined && !CLASSES.includes(logGroupClass)) {
      throw constraint(logGroupClass, "logGroupClass", `satisfy enum value set: [${CLASSES.join(", ")}]`);
    }
    if (groups(context).get(name)) {
      throw new AwsError("ResourceAlreadyExistsException", "The specified log group already exists");
    }
    groups(context).put(name, {
      ...{ name, kmsKeyId, retentionDays: undefined, tags: tags ?? {} },
      createdAtMs: context.clock.now().getTime(),
      groupClass: logGroupClass ?? "STANDARD",
      deletionProtection: deletionProtectionEnabled ?? false,
    });
    return {};
  },

  DeleteLogGroup(context, { logGroupName: name = "" }) {
    if (getGroup(context, name).deletionProtection) {
      throw new AwsError("ValidationException", `Log group ${name} is protected from deletion.`);
    }
    context.store.transaction(() => {
      deleteLines(context, name);
      deleteMetricFilters(context, name);
      deleteSubscriptions(context, name);
      groups(context).delete(name);
    });
    return {};
  },

  PutLogGroupDeletionProtection(context, { logGroupIdentifier, deletionProtectionEnabled = false }) {
    const name = groupName({ logGroupIdentifier });
    groups(context).put(name, { ...getGroup(context, name), deletionProtection: deletionProtectionEnabled });
    return {};
  },

  /** The key is kept and shown; nothing is encrypted. */
  AssociateKmsKey(context, { logGroupName, resourceIdentifier, kmsKeyId }) {
    const name = groupName({ logGroupName, logGroupIdentifier: resourceIdentifier });
    groups(context).put(name, { ...getGroup(context, name), kmsKeyId });
    return {};
  },

  DisassociateKmsKey(context, { logGroupName, resourceIdentifier }) {
    const name = groupName({ logGroupName, logGroupIdentifier: resourceIdentifier });
    groups(context).put(name, { ...getGroup(context, name), kmsKeyId: undefined });
    return {};
  },

  PutRetentionPolicy(context, { logGroupName: name = "", retentionInDays: days = 0 }) {
    const group = getGroup(context, name);
    if (!RETENTIONS.has(days)) {
      throw constraint(days, "retentionInDays", `satisfy enum value set: [${[...RETENTIONS].join(", ")}]`);
    }
    groups(context).put(name, { ...group, retentionDays: days });
    return {};
  },

  DeleteRetentionPolicy(context, { logGroupName: name = "" }) {
    groups(context).put(name, { ...getGroup(context, name), retentionDays: undefined });
    return {};
  },

  DescribeLogGroups(context, input) {
    const {
      logGroupNamePrefix,
      logGroupNamePattern,
      nextToken: token,
      limit,
      logGroupClass,
      logGroupIdentifiers,
    } = input;
    if (input.includeLinkedAccounts || input.accountIdentifiers) throw notThere("groups of other accounts");
    if (logGroupNamePrefix !== undefined && logGroupNamePattern !== undefined) {
      throw invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
    }
    const pattern = logGroupNamePattern?.toLowerCase();
    const named = logGroupIdentifiers?.map((logGroupIdentifier) => groupName({ logGroupIdentifier }));
    const all = groups(context)
      .list(logGroupNamePrefix)
      .map(({ value }) => value)
      .filter(({ name }) => pattern === undefined || name.toLowerCase().includes(pattern))
      .filter(({ name }) => named === undefined || named.includes(name))
      .filter(({ groupClass }) => logGroupClass === undefined || groupClass === logGroupClass);
    const { items, nextToken } = page(all, ({ name }) => name, { token, size: limit ?? 50 });
    // Found by pattern, AWS says less of a group.
    const show = (group: GroupRecord) => {
      const { storedBytes: _, deletionProtectionEnabled: __, ...less } = showGroup(context, group);
      return pattern === undefined ? showGroup(context, group) : less;
    };
    return { logGroups: items.map(show), nextToken };
  },

  /** The pattern is a regular expression that the name holds, `^` a prefix. */
  ListLogGroups(context, { logGroupNamePattern, logGroupClass, nextToken: token, limit, ...others }) {
    if (others.includeLinkedAccounts || others.accountIdentifiers) throw notThere("groups of other accounts");
    if (others.dataSources || others.fieldIndexNames || others.logGroupTags)
      throw notThere("lists by data source, index or tag");
    const wanted = logGroupNamePattern?.split("|").map((part) => part.trim());
    const holds = (name: string) =>
      wanted === undefined ||
      wanted.some((part) => (part.startsWith("^") ? name.startsWith(part.slice(1)) : name.includes(part)));
    const all = groups(context)
      .list()
      .map(({ value }) => value)
      .filter(({ name }) => holds(name))
      .filter(({ groupClass }) => logGroupClass === undefined || groupClass === logGroupClass);
    const { items, nextToken } = page(all, ({ name }) => name, { token, size: limit ?? 50 });
    return {
      logGroups: items.map(({ name, groupClass }) => ({
        logGroupName: name,
        logGroupArn: groupArn(context, name),
        logGroupClass: groupClass as "STANDARD",
      })),
      nextToken,
    };
  },

  CreateLogStream(context, { logGroupName: group = "", logStreamName: name = "" }) {
    getGroup(context, group);
    if (name.length > LONGEST_NAME) throw tooLong();
    if (!/^[^:*]+$/.test(name)) throw constraint(name, "logStreamName", "satisfy regular expression pattern: [^:*]*");
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
    context.store.transaction(() => deleteStream(context.store.sql, id));
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
    metricFilterCount: metricFiltersOf(context, group.name).length,
    arn: `${arn}:*`,
    logGroupArn: arn,
    storedBytes: storedBytes(context, group.name),
    kmsKeyId: group.kmsKeyId,
    logGroupClass: group.groupClass as "STANDARD",
    deletionProtectionEnabled: group.deletionProtection ?? false,
  };
}

function storedBytes({ account, region, store }: Context, group: string): number {
  const row = statement(
    store.sql,
    "SELECT sum(bytes) AS bytes FROM logs_streams WHERE account = ? AND region = ? AND log_group = ?",
  ).get(account, region, group);
  return Number(row?.bytes ?? 0);
}

function showStream(context: Context, group: string, stream: Stream) {
  return {
    logStreamName: stream.name,
    creationTime: stream.createdAtMs,
    firstEventTimestamp: stream.firstMs,
    lastEventTimestamp: stream.lastMs,
    lastIngestionTime: stream.ingestedMs,
    ...(stream.ingestedMs === undefined ? {} : { uploadSequenceToken: String(stream.id) }),
    arn: `${groupArn(context, group)}:log-stream:${stream.name}`,
    storedBytes: 0,
  };
}

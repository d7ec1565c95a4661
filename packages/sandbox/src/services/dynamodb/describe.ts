import type { GlobalSecondaryIndexDescription, TableDescription } from "@aws-sdk/client-dynamodb";
import type { Context } from "../../core/context.ts";
import { sizeOf, spaceOf } from "./items.ts";
import { type GlobalIndexRecord, type StreamRecord, type TableRecord, tables } from "./records.ts";

/**
 * A table as DescribeTable shows it. Tables and indexes are ready at once; the answer of what makes or changes one still
 * says CREATING or UPDATING, as AWS's does.
 */
export function describe(context: Context, table: TableRecord, status: "ACTIVE" | "CREATING" | "UPDATING" = "ACTIVE") {
  const { count, sizeBytes } = sizeOf(context.store.sql, spaceOf(table));
  const local = table.localIndexes.map((index) => ({
    IndexName: index.name,
    KeySchema: index.keySchema,
    Projection: index.projection,
    IndexArn: `${table.arn}/index/${index.name}`,
    ...sizes(context, table, index.name),
  }));
  const global = table.globalIndexes.map((index) => describeIndex(context, table, index, status));
  const description: TableDescription = {
    AttributeDefinitions: table.attributes,
    TableName: table.name,
    KeySchema: table.keySchema,
    TableStatus: status,
    CreationDateTime: new Date(table.createdAtMs),
    ProvisionedThroughput: throughput(table, table.throughput),
    TableSizeBytes: sizeBytes,
    ItemCount: count,
    TableArn: table.arn,
    TableId: table.id,
    DeletionProtectionEnabled: table.deletionProtection,
    ...(table.showsBilling ? { BillingModeSummary: billing(table, status) } : {}),
    ...(local.length > 0 ? { LocalSecondaryIndexes: local } : {}),
    ...(global.length > 0 ? { GlobalSecondaryIndexes: global } : {}),
    ...(table.stream ? streamMembers(table.stream) : {}),
    ...(table.tableClass === undefined ? {} : { TableClassSummary: { TableClass: table.tableClass as "STANDARD" } }),
    ...(table.sseKeyArn === undefined
      ? {}
      : { SSEDescription: { Status: "ENABLED" as const, SSEType: "KMS" as const, KMSMasterKeyArn: table.sseKeyArn } }),
    ...(status === "ACTIVE" ? { WarmThroughput: warm(table, table.throughput) } : {}),
  };
  return description;
}

function streamMembers(stream: StreamRecord) {
  return {
    StreamSpecification: { StreamEnabled: true, StreamViewType: stream.viewType },
    LatestStreamLabel: stream.label,
    LatestStreamArn: stream.arn,
  };
}

function billing(table: TableRecord, status: string) {
  const since = table.onDemandSinceMs;
  const isKnown = status === "ACTIVE" && since !== undefined;
  return { BillingMode: table.billing, ...(isKnown ? { LastUpdateToPayPerRequestDateTime: new Date(since) } : {}) };
}

function describeIndex(
  context: Context,
  table: TableRecord,
  index: GlobalIndexRecord,
  status: "ACTIVE" | "CREATING" | "UPDATING",
): GlobalSecondaryIndexDescription {
  return {
    IndexName: index.name,
    KeySchema: index.keySchema,
    Projection: index.projection,
    IndexStatus: status === "CREATING" ? "CREATING" : "ACTIVE",
    ProvisionedThroughput: throughput(table, index.throughput),
    IndexArn: `${table.arn}/index/${index.name}`,
    ...sizes(context, table, index.name),
    ...(status === "ACTIVE" ? { WarmThroughput: warm(table, index.throughput) } : {}),
  };
}

function sizes(context: Context, table: TableRecord, index: string) {
  const { count, sizeBytes } = sizeOf(context.store.sql, spaceOf(table, index));
  return { IndexSizeBytes: sizeBytes, ItemCount: count };
}

function throughput(table: TableRecord, given: TableRecord["throughput"]) {
  const units = table.billing === "PROVISIONED" ? given : { ReadCapacityUnits: 0, WriteCapacityUnits: 0 };
  return { NumberOfDecreasesToday: 0, ...units };
}

/** What a table takes at once. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html */
function warm(table: TableRecord, given: TableRecord["throughput"]) {
  const onDemand = table.billing === "PAY_PER_REQUEST";
  return {
    ReadUnitsPerSecond: onDemand ? 12_000 : (given.ReadCapacityUnits ?? 0),
    WriteUnitsPerSecond: onDemand ? 4_000 : (given.WriteCapacityUnits ?? 0),
    Status: "ACTIVE" as const,
  };
}

/** Answer of DeleteTable: AWS leaves the schema out. */
export function describeDeleted(context: Context, table: TableRecord): TableDescription {
  const { AttributeDefinitions: _, KeySchema: __, WarmThroughput: ___, ...rest } = describe(context, table);
  const { CreationDateTime: ____, GlobalSecondaryIndexes: _____, ...shown } = rest;
  return { ...shown, TableStatus: "DELETING" };
}

/** Stores a table whose indexes or settings were changed. */
export function keep(context: Context, table: TableRecord): void {
  tables(context).put(table.name, table);
}

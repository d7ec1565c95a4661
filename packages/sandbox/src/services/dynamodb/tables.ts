import type * as sdk from "@aws-sdk/client-dynamodb";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { describe, describeDeleted, keep } from "./describe.ts";
import { dynalite } from "./engine.ts";
import { dropItems, itemStore } from "./items.ts";
import { getTable, invalid, type TableRecord, tables, unsupported } from "./records.ts";
import { closeStream, openStream } from "./stream-records.ts";
import { indexRecord, sseKeyOf, streamFor } from "./table-input.ts";
import { updateTable } from "./update-table.ts";
import { toWire } from "./values.ts";

const MOST_NAMES = 100;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html */
async function createTable(context: Context, input: sdk.CreateTableInput): Promise<sdk.CreateTableOutput> {
  refuseUnsupported(input);
  const engine = await dynalite();
  engine.check("createTable", toWire(input), itemStore(context));
  const name = input.TableName ?? "";
  if (tables(context).get(name)) throw new AwsError("ResourceInUseException", `Table already exists: ${name}`);
  const onDemand = input.BillingMode === "PAY_PER_REQUEST";
  const nowMs = context.clock.now().getTime();
  const arn = `arn:aws:dynamodb:${context.region}:${context.account}:table/${name}`;
  const table: TableRecord = {
    name,
    id: context.random.uuid(),
    arn,
    createdAtMs: nowMs,
    keySchema: input.KeySchema ?? [],
    attributes: input.AttributeDefinitions ?? [],
    localIndexes: (input.LocalSecondaryIndexes ?? []).map(indexRecord),
    globalIndexes: (input.GlobalSecondaryIndexes ?? []).map(indexRecord),
    billing: onDemand ? "PAY_PER_REQUEST" : "PROVISIONED",
    onDemandSinceMs: onDemand ? nowMs : undefined,
    showsBilling: onDemand,
    throughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0, ...input.ProvisionedThroughput },
    stream: streamFor(context, arn, input.StreamSpecification),
    deletionProtection: input.DeletionProtectionEnabled ?? false,
    tableClass: input.TableClass,
    sseKeyArn: sseKeyOf(context, input.SSESpecification),
    tags: Object.fromEntries((input.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value])),
    timeToLive: undefined,
    recovery: undefined,
  };
  context.store.transaction(() => {
    keep(context, table);
    openStream(context, table);
  });
  return { TableDescription: describe(context, table, "CREATING") };
}

function refuseUnsupported(input: sdk.CreateTableInput): void {
  const { GlobalTableSourceArn, ResourcePolicy, OnDemandThroughput, WarmThroughput } = input;
  const given = { GlobalTableSourceArn, ResourcePolicy, OnDemandThroughput, WarmThroughput };
  const [first] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (first) throw unsupported(`CreateTable's ${first}`);
}

function deleteTable(context: Context, input: sdk.DeleteTableInput): sdk.DeleteTableOutput {
  const table = getTable(context, input.TableName);
  if (table.deletionProtection) {
    throw invalid(
      `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.`,
    );
  }
  const TableDescription = describeDeleted(context, table);
  context.store.transaction(() => {
    tables(context).delete(table.name);
    dropItems(context.store.sql, table);
    if (table.stream) closeStream(context, table.stream.arn);
  });
  return { TableDescription };
}

function listTables(context: Context, input: sdk.ListTablesInput): sdk.ListTablesOutput {
  const limit = input.Limit ?? MOST_NAMES;
  if (limit < 1 || limit > MOST_NAMES) {
    const bound = limit < 1 ? "greater than or equal to 1" : `less than or equal to ${MOST_NAMES}`;
    throw invalid(
      `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value ${bound}`,
    );
  }
  const after = input.ExclusiveStartTableName ?? "";
  const names = tables(context)
    .list()
    .map(({ key }) => key)
    .filter((name) => name > after);
  const TableNames = names.slice(0, limit);
  const last = TableNames.at(-1);
  return { TableNames, ...(names.length > limit && last ? { LastEvaluatedTableName: last } : {}) };
}

export const tableOperations: Operations<typeof sdk> = {
  CreateTable: createTable,
  DescribeTable: (context, input) => ({ Table: describe(context, getTable(context, input.TableName)) }),
  UpdateTable: updateTable,
  DeleteTable: deleteTable,
  ListTables: listTables,
};

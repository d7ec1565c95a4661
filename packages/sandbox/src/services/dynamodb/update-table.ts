import type * as sdk from "@aws-sdk/client-dynamodb";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { describe, keep } from "./describe.ts";
import { dynalite } from "./engine.ts";
import { dropIndex, dynaliteTable, itemStore, itemsOf } from "./items.ts";
import { getTable, invalid, invalidParameters, type TableRecord, unsupported } from "./records.ts";
import { closeStream, openStream } from "./stream-records.ts";
import { indexRecord, sseKeyOf, streamFor } from "./table-input.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html */
export async function updateTable(context: Context, input: sdk.UpdateTableInput): Promise<sdk.UpdateTableOutput> {
  const before = getTable(context, input.TableName);
  refuseUnsupported(input);
  const changes = input.GlobalSecondaryIndexUpdates ?? [];
  let table = withBilling(context, before, input);
  table = withStream(context, table, input.StreamSpecification);
  table = withIndexes(table, changes, input.AttributeDefinitions);
  table = {
    ...table,
    deletionProtection: input.DeletionProtectionEnabled ?? table.deletionProtection,
    tableClass: input.TableClass ?? table.tableClass,
    sseKeyArn: input.SSESpecification ? sseKeyOf(context, input.SSESpecification) : table.sseKeyArn,
  };
  if (JSON.stringify(table) === JSON.stringify(before)) throw nothingToDo(input, before);
  const engine = await dynalite();
  context.store.transaction(() => {
    keep(context, table);
    if (before.stream && table.stream?.arn !== before.stream.arn) closeStream(context, before.stream.arn);
    if (table.stream && table.stream.arn !== before.stream?.arn) openStream(context, table);
    for (const { Delete } of changes) if (Delete?.IndexName) dropIndex(context.store.sql, before, Delete.IndexName);
    for (const { Create } of changes) {
      const made = table.globalIndexes.filter(({ name }) => name === Create?.IndexName);
      const only = dynaliteTable({ ...table, localIndexes: [], globalIndexes: made });
      for (const item of itemsOf(context.store.sql, table)) {
        engine.db.updateIndexes(itemStore(context), only, null, item, () => undefined);
      }
    }
  });
  return { TableDescription: describe(context, table, "UPDATING") };
}

function withBilling(context: Context, table: TableRecord, input: sdk.UpdateTableInput): TableRecord {
  const billing = input.BillingMode ?? table.billing;
  const given = input.ProvisionedThroughput;
  if (billing === "PAY_PER_REQUEST" && given) {
    throw invalidParameters(
      "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    );
  }
  if (billing === "PROVISIONED" && table.billing !== "PROVISIONED" && !given) {
    throw invalidParameters(
      "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    );
  }
  const goesOnDemand = billing === "PAY_PER_REQUEST" && table.billing !== billing;
  return {
    ...table,
    billing,
    showsBilling: table.showsBilling || billing === "PAY_PER_REQUEST",
    onDemandSinceMs: goesOnDemand ? context.clock.now().getTime() : table.onDemandSinceMs,
    throughput: given ? { ...table.throughput, ...given } : table.throughput,
  };
}

function withStream(context: Context, table: TableRecord, given: sdk.StreamSpecification | undefined): TableRecord {
  if (!given) return table;
  if (given.StreamEnabled && table.stream)
    throw invalid(`Table already has an enabled stream: TableName: ${table.name}`);
  if (!given.StreamEnabled && !table.stream) throw invalid(`Table is not stream enabled: TableName: ${table.name}`);
  return { ...table, stream: streamFor(context, table.arn, given) };
}

function withIndexes(
  table: TableRecord,
  changes: readonly sdk.GlobalSecondaryIndexUpdate[],
  definitions: sdk.AttributeDefinition[] | undefined,
): TableRecord {
  const made = changes.filter(({ Create, Delete }) => Create || Delete).length;
  if (made > 1) {
    const message = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table";
    throw new AwsError("LimitExceededException", message);
  }
  let indexes = table.globalIndexes;
  const attributes = mergeDefinitions(table.attributes, definitions ?? []);
  for (const { Create, Delete, Update } of changes) {
    const name = Create?.IndexName ?? Delete?.IndexName ?? Update?.IndexName ?? "";
    const isThere = indexes.some((index) => index.name === name);
    if (Create) {
      if (isThere) throw invalid(`Attempting to create an index which already exists: ${name}`);
      const known = new Set(attributes.map(({ AttributeName }) => AttributeName));
      const unknown = Create.KeySchema?.find(({ AttributeName }) => !known.has(AttributeName));
      if (unknown)
        throw invalidParameters(
          `Some index key attributes are not defined in AttributeDefinitions. Keys: [${unknown.AttributeName}], AttributeDefinitions: [${[...known].join(", ")}]`,
        );
      indexes = [...indexes, indexRecord(Create)];
    } else if (!isThere) {
      throw new AwsError("ResourceNotFoundException", "Requested resource not found");
    } else if (Delete) indexes = indexes.filter((index) => index.name !== name);
    else {
      if (Update?.OnDemandThroughput || Update?.WarmThroughput)
        throw unsupported("an index's OnDemandThroughput or WarmThroughput");
      indexes = indexes.map((index) =>
        index.name === name
          ? { ...index, throughput: { ...index.throughput, ...Update?.ProvisionedThroughput } }
          : index,
      );
    }
  }
  return { ...table, globalIndexes: indexes, attributes: used(attributes, table, indexes) };
}

function mergeDefinitions(before: sdk.AttributeDefinition[], given: sdk.AttributeDefinition[]) {
  const all = new Map([...before, ...given].map((one) => [one.AttributeName, one]));
  return [...all.values()];
}

/** Attributes that no key uses any more are gone from the description. */
function used(attributes: sdk.AttributeDefinition[], table: TableRecord, globalIndexes: TableRecord["globalIndexes"]) {
  const schemas = [table.keySchema, ...[...table.localIndexes, ...globalIndexes].map(({ keySchema }) => keySchema)];
  const names = new Set(schemas.flat().map(({ AttributeName }) => AttributeName));
  return attributes.filter(({ AttributeName }) => names.has(AttributeName));
}

function nothingToDo(input: sdk.UpdateTableInput, table: TableRecord): AwsError {
  const { ReadCapacityUnits: read, WriteCapacityUnits: write } = table.throughput;
  if (!input.ProvisionedThroughput) {
    return invalid(
      "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
    );
  }
  return invalid(
    `The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: ${read}. Requested ReadCapacityUnits: ${read}. Current WriteCapacityUnits provisioned for the table: ${write}. Requested WriteCapacityUnits: ${write}. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.`,
  );
}

function refuseUnsupported(input: sdk.UpdateTableInput): void {
  const { ReplicaUpdates, MultiRegionConsistency, OnDemandThroughput, WarmThroughput } = input;
  const given = { ReplicaUpdates, MultiRegionConsistency, OnDemandThroughput, WarmThroughput };
  const [first] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (first) throw unsupported(`UpdateTable's ${first}`);
}

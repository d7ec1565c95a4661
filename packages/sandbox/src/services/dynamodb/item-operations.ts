import type * as sdk from "@aws-sdk/client-dynamodb";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { type Dynalite, dynalite } from "./engine.ts";
import { itemStore } from "./items.ts";
import { tableName, unsupported } from "./records.ts";
import { fromWire, toWire } from "./values.ts";

/** Runs one of dynalite's actions: checked, and written in one transaction with its index entries and stream record. */
async function act(context: Context, name: string, input: { TableName?: string | undefined }): Promise<object> {
  const engine = await dynalite();
  return fromWire(actNow(context, engine, name, withName(context, input))) as object;
}

/** The part of an action that may belong to a transaction; `input` names its table by name. */
export function actNow(context: Context, engine: Dynalite, name: string, input: object): object {
  const store = itemStore(context);
  const data = engine.check(name, toWire(input), store);
  try {
    return context.store.transaction(() => engine.act(name, store, data));
  } catch (error) {
    throw withOldItem(context, engine, input, error);
  }
}

/** `ReturnValuesOnConditionCheckFailure: ALL_OLD`: the item that stood in the way is part of the error. */
function withOldItem(context: Context, engine: Dynalite, input: object, error: unknown): unknown {
  const { ReturnValuesOnConditionCheckFailure: wanted, TableName } = input as sdk.PutItemInput;
  if (!(error instanceof AwsError) || error.code !== "ConditionalCheckFailedException" || wanted !== "ALL_OLD")
    return error;
  const Item = itemOf(context, engine, TableName ?? "", input as sdk.PutItemInput & sdk.DeleteItemInput);
  return new AwsError(error.code, error.message, Item ? { members: { Item } } : {});
}

/** The item that a write is about, as it is now. */
export function itemOf(
  context: Context,
  engine: Dynalite,
  TableName: string,
  input: { Item?: sdk.PutItemInput["Item"]; Key?: sdk.DeleteItemInput["Key"] },
): unknown {
  let found: unknown;
  const store = itemStore(context);
  store.getTable(TableName, (_, table) => {
    if (!table) return;
    const key = engine.db.createKey(toWire(input.Key ?? input.Item) as never, table);
    store.getItemDb(TableName).get(key, (_error, item) => {
      found = item && fromWire(item);
    });
  });
  return found;
}

/** Queries and scans. Parallel scans, filters, projections, counts and paging are dynalite's. */
async function read(context: Context, name: string, input: { TableName?: string | undefined }): Promise<object> {
  const engine = await dynalite();
  const store = itemStore(context);
  const data = engine.check(name, toWire(withName(context, input)), store);
  return fromWire(await engine.read(name, store, data)) as object;
}

function withName<T extends { TableName?: string | undefined }>(context: Context, input: T): T {
  return input.TableName === undefined ? input : { ...input, TableName: tableName(context, input.TableName) };
}

/** Batches name their tables in keys; the answer names them as the request did. */
async function actBatch(context: Context, name: string, input: { RequestItems?: object | undefined }): Promise<object> {
  const given = Object.keys(input.RequestItems ?? {});
  if (given.some((table) => table.startsWith("arn:"))) throw unsupported(`${name} by a table's ARN`);
  const engine = await dynalite();
  return fromWire(actNow(context, engine, name, input)) as object;
}

export const itemOperations: Operations<typeof sdk> = {
  GetItem: (context, input) => act(context, "getItem", input),
  PutItem: (context, input) => act(context, "putItem", input),
  UpdateItem: (context, input) => act(context, "updateItem", input),
  DeleteItem: (context, input) => act(context, "deleteItem", input),
  Query: (context, input) => read(context, "query", input),
  Scan: (context, input) => read(context, "scan", input),
  BatchGetItem: (context, input) => actBatch(context, "batchGetItem", input),
  BatchWriteItem: (context, input) => actBatch(context, "batchWriteItem", input),
};

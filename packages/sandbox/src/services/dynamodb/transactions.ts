import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type * as sdk from "@aws-sdk/client-dynamodb";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { type Dynalite, dynalite, toAwsError } from "./engine.ts";
import { actNow, itemOf } from "./item-operations.ts";
import { itemStore } from "./items.ts";
import { invalid, tableName } from "./records.ts";
import { fromWire, toWire, type WireItem } from "./values.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const MOST_ACTIONS = 100;
const TOKEN_LIVES_MS = 10 * 60 * 1000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS dynamodb_tokens (
    account TEXT NOT NULL, region TEXT NOT NULL, token TEXT NOT NULL, request TEXT NOT NULL, atMs INTEGER NOT NULL,
    PRIMARY KEY (account, region, token)
  );
`;

export function createTokenTable(sql: DatabaseSync): void {
  sql.exec(SCHEMA);
}

type WriteKind = "ConditionCheck" | "Put" | "Delete" | "Update";

interface Write {
  readonly kind: WriteKind;
  readonly input: sdk.PutItemInput & sdk.DeleteItemInput;
}

const ACTIONS = { Put: "putItem", Delete: "deleteItem", Update: "updateItem" } as const;

/**
 * All or nothing, in one transaction of the store. Every action is tried, so that the reasons tell of each; the first
 * that fails makes it all undone. The same token within ten minutes is the same transaction.
 */
async function transactWrite(
  context: Context,
  input: sdk.TransactWriteItemsInput,
): Promise<sdk.TransactWriteItemsOutput> {
  const engine = await dynalite();
  const writes = (input.TransactItems ?? []).map((item) => writeOf(context, item));
  limit("transactItems", writes.length);
  refuseDoubles(context, engine, writes);
  const { ClientRequestToken: token, ...request } = input;
  context.store.transaction(() => {
    if (token !== undefined && isKnown(context, token, canonical(toWire(request)))) return;
    const reasons = writes.map((write) => attempt(context, engine, write));
    if (reasons.some(({ Code }) => Code !== "None")) throw cancelled(reasons);
  });
  return consumed(
    input.ReturnConsumedCapacity,
    writes.map(({ input: { TableName } }) => TableName),
  );
}

function writeOf(context: Context, item: sdk.TransactWriteItem): Write {
  const given = Object.entries(item).filter(([, value]) => value !== undefined) as [WriteKind, Write["input"]][];
  const [first, ...more] = given;
  if (!first || more.length > 0) {
    throw invalid("TransactItems can only contain one of Check, Put, Update or Delete");
  }
  const [kind, input] = first;
  return { kind, input: { ...input, TableName: tableName(context, input.TableName ?? "") } };
}

function refuseDoubles(context: Context, engine: Dynalite, writes: readonly Write[]): void {
  const seen = new Set<string>();
  for (const { input } of writes) {
    itemStore(context).getTable(input.TableName ?? "", (error, table) => {
      if (error) throw toAwsError(error);
      const item = toWire(input.Key ?? input.Item) as WireItem;
      // What doesn't fit the schema is told as the reason of its own action.
      const keys = table?.KeySchema.map(({ AttributeName = "" }) => item?.[AttributeName]) ?? [];
      if (!table || keys.includes(undefined)) return;
      const key = `${table.TableName}/${engine.db.createKey(item, table)}`;
      if (seen.has(key)) throw invalid("Transaction request cannot include multiple operations on one item");
      seen.add(key);
    });
  }
}

/** Tries one action: the changes stay where the transaction goes through. */
function attempt(context: Context, engine: Dynalite, { kind, input }: Write): sdk.CancellationReason {
  try {
    if (kind === "ConditionCheck") checkCondition(context, engine, input);
    else actNow(context, engine, ACTIONS[kind], input);
    return { Code: "None" };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    if (error.code === "ConditionalCheckFailedException") {
      const wanted = input.ReturnValuesOnConditionCheckFailure === "ALL_OLD";
      const Item = wanted ? itemOf(context, engine, input.TableName ?? "", input) : undefined;
      const reason = { Code: "ConditionalCheckFailed", Message: "The conditional request failed" };
      return Item ? { ...reason, Item: Item as Record<string, sdk.AttributeValue> } : reason;
    }
    // What the request itself has wrong isn't a reason: the whole is refused.
    if (
      error.code !== "ValidationException" ||
      !/key element|Type mismatch|update expression|Item size|operand/.test(error.message)
    )
      throw error;
    return { Code: "ValidationError", Message: error.message };
  }
}

function checkCondition(context: Context, engine: Dynalite, input: sdk.DeleteItemInput): void {
  const store = itemStore(context);
  const data = engine.check("deleteItem", toWire(input), store);
  store.getTable(input.TableName ?? "", (missing, table) => {
    if (missing || !table) throw toAwsError(missing ?? new Error("no table"));
    const key = toWire(input.Key) as WireItem;
    const wrong = engine.db.validateKey(key, table);
    if (wrong) throw toAwsError(wrong);
    store.getItemDb(table.TableName).get(engine.db.createKey(key, table), (_, item) => {
      const failed = engine.db.checkConditional(data, item);
      if (failed) throw toAwsError(failed);
    });
  });
}

function cancelled(reasons: readonly sdk.CancellationReason[]): AwsError {
  const codes = reasons.map(({ Code }) => Code).join(", ");
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  return new AwsError("TransactionCanceledException", message, { members: { CancellationReasons: reasons } });
}

/** The same text for the same request, whatever the order of its members. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** Whether this transaction was done already. Raises when the token stood for another request. */
function isKnown(context: Context, token: string, request: string): boolean {
  const { sql } = context.store;
  const nowMs = context.clock.now().getTime();
  const hash = createHash("sha256").update(request).digest("hex");
  sql.prepare("DELETE FROM dynamodb_tokens WHERE atMs < ?").run(nowMs - TOKEN_LIVES_MS);
  const row = sql
    .prepare("SELECT request FROM dynamodb_tokens WHERE account = ? AND region = ? AND token = ?")
    .get(context.account, context.region, token);
  if (row && row.request !== hash) {
    const message = "The request contains an idempotent token that was used with different parameters";
    throw new AwsError("IdempotentParameterMismatchException", message);
  }
  if (row) return true;
  sql
    .prepare("INSERT INTO dynamodb_tokens VALUES (?, ?, ?, ?, ?)")
    .run(context.account, context.region, token, hash, nowMs);
  return false;
}

async function transactGet(context: Context, input: sdk.TransactGetItemsInput): Promise<sdk.TransactGetItemsOutput> {
  const engine = await dynalite();
  const gets = (input.TransactItems ?? []).map(({ Get }) => ({
    ...Get,
    TableName: tableName(context, Get?.TableName ?? ""),
  }));
  limit("transactItems", gets.length);
  const Responses = gets.map((get) => {
    const { Item } = fromWire(actNow(context, engine, "getItem", get)) as sdk.GetItemOutput;
    return Item ? { Item } : {};
  });
  return {
    Responses,
    ...consumed(
      input.ReturnConsumedCapacity,
      gets.map(({ TableName }) => TableName),
    ),
  };
}

function limit(at: string, count: number): void {
  if (count >= 1 && count <= MOST_ACTIONS) return;
  const bound = count < 1 ? "greater than or equal to 1" : `less than or equal to ${MOST_ACTIONS}`;
  throw invalid(
    `1 validation error detected: Value at '${at}' failed to satisfy constraint: Member must have length ${bound}`,
  );
}

/** A transaction takes two units for an item of up to 1 KB (4 KB read): the size of larger items isn't counted here. */
function consumed(wanted: string | undefined, names: readonly (string | undefined)[]) {
  if (wanted === undefined || wanted === "NONE") return {};
  const counts = new Map<string, number>();
  for (const name of names) if (name) counts.set(name, (counts.get(name) ?? 0) + 2);
  return { ConsumedCapacity: [...counts].map(([TableName, CapacityUnits]) => ({ TableName, CapacityUnits })) };
}

export const transactionOperations: Operations<typeof sdk> = {
  TransactWriteItems: transactWrite,
  TransactGetItems: transactGet,
};

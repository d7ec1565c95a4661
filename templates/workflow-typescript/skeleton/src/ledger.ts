import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Order } from "./order.ts";

/*
 * The steps, each of which bears being repeated. They stand for services of others: what each calls belongs into a file of
 * its own, with its own timeout.
 */

const TableName = process.env.ORDERS_TABLE;
const KEPT_SECONDS = 90 * 24 * 3600;
/** More is not charged without a person. */
const LIMIT = 1000;
const dynamo = new DynamoDBClient();

type Named = Order & { readonly id: string };

/** Reserves what was ordered. */
export async function reserve({ id, customer, amount }: Named): Promise<boolean> {
  const expires = String(Math.ceil(Date.now() / 1000) + KEPT_SECONDS);
  const Item = { id: { S: id }, customer: { S: customer }, amount: { N: String(amount) }, expires: { N: expires } };
  await ifFirst(new PutItemCommand({ TableName, Item, ConditionExpression: "attribute_not_exists(id)" }));
  return true;
}

/** Charges for it; false when that is refused. */
export async function charge({ id, amount }: Named): Promise<boolean> {
  if (amount > LIMIT) return false;
  await ifFirst(
    new UpdateItemCommand({
      ...{ TableName, Key: { id: { S: id } }, UpdateExpression: "SET charged = :true" },
      ConditionExpression: "attribute_exists(id) AND attribute_not_exists(charged)",
      ExpressionAttributeValues: { ":true": { BOOL: true } },
    }),
  );
  return true;
}

/** Undoes the reservation of what isn't charged. */
export async function release({ id }: Named): Promise<boolean> {
  const ConditionExpression = "attribute_not_exists(charged)";
  await ifFirst(new DeleteItemCommand({ TableName, Key: { id: { S: id } }, ConditionExpression }));
  return true;
}

/** A write whose condition doesn't hold was done by an earlier try. */
async function ifFirst(command: PutItemCommand | UpdateItemCommand | DeleteItemCommand): Promise<void> {
  try {
    await dynamo.send(command as PutItemCommand);
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

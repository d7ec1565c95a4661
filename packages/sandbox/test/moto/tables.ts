import * as db from "@aws-sdk/client-dynamodb";
import type { Scenario } from "./clients.ts";

const TableName = "orders";

export const tables: Scenario = async (clients, call) => {
  const c = clients.dynamodb;
  const create = {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "N" },
    ],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
  } satisfies db.CreateTableCommandInput;
  await call(c, new db.CreateTableCommand({ ...create, KeySchema: [] }));
  await call(c, new db.CreateTableCommand(create));
  await db.waitUntilTableExists({ client: c, maxWaitTime: 20, minDelay: 1 }, { TableName });
  await call(c, new db.CreateTableCommand(create));
  await call(c, new db.ListTablesCommand({}));
  await call(c, new db.DescribeTableCommand({ TableName: "none" }));
  const item = (sk: number, more: Record<string, db.AttributeValue> = {}) => ({
    pk: { S: "a" },
    sk: { N: `${sk}` },
    ...more,
  });
  const Key = item(1);
  const put = (more: Omit<db.PutItemCommandInput, "TableName">) =>
    call(c, new db.PutItemCommand({ TableName, ...more }));
  await put({ Item: item(1, { total: { N: "5" }, tags: { SS: ["x", "y"] } }) });
  await put({ Item: item(1), ConditionExpression: "attribute_not_exists(pk)" });
  await put({ Item: { pk: { S: "a" } } });
  await put({ Item: item(2, { nested: { M: { deep: { L: [{ BOOL: true }, { NULL: true }] } } } }) });
  await put({ Item: item(2, { total: { N: "9" } }), ReturnValues: "ALL_OLD" });
  await call(c, new db.GetItemCommand({ TableName, Key }));
  await call(c, new db.GetItemCommand({ TableName, Key: item(99) }));
  await call(c, new db.GetItemCommand({ TableName, Key: { pk: { S: "a" } } }));
  await call(
    c,
    new db.GetItemCommand({ TableName, Key, ProjectionExpression: "#t", ExpressionAttributeNames: { "#t": "total" } }),
  );
  const update = (more: Omit<db.UpdateItemCommandInput, "TableName" | "Key">) =>
    call(c, new db.UpdateItemCommand({ TableName, Key, ...more }));
  const ExpressionAttributeNames = { "#t": "total" };
  const one = { ":n": { N: "1" } };
  await update({
    UpdateExpression: "SET #t = #t + :n",
    ExpressionAttributeNames,
    ExpressionAttributeValues: one,
    ReturnValues: "ALL_NEW",
  });
  await update({ UpdateExpression: "REMOVE tags", ReturnValues: "UPDATED_OLD" });
  await update({
    UpdateExpression: "SET #t = :n",
    ConditionExpression: "#t > :max",
    ExpressionAttributeNames,
    ExpressionAttributeValues: { ...one, ":max": { N: "100" } },
  });
  await update({ UpdateExpression: "SET nonsense" });
  const query = (more: Partial<db.QueryCommandInput>) =>
    call(
      c,
      new db.QueryCommand({
        TableName,
        KeyConditionExpression: "pk = :p",
        ...more,
        ExpressionAttributeValues: { ":p": { S: "a" }, ...more.ExpressionAttributeValues },
      }),
    );
  await query({});
  await query({ ScanIndexForward: false, Limit: 1 });
  await query({ KeyConditionExpression: "pk = :p AND sk > :s", ExpressionAttributeValues: { ":s": { N: "1" } } });
  await query({ FilterExpression: "#t > :n", ExpressionAttributeNames, ExpressionAttributeValues: one });
  await query({ Select: "COUNT" });
  await query({ IndexName: "none" });
  await call(c, new db.ScanCommand({ TableName }));
  await call(c, new db.ScanCommand({ TableName: "none" }));
  const requests = [3, 4].map((sk) => ({ PutRequest: { Item: item(sk) } }));
  await call(c, new db.BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }));
  await call(c, new db.BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [item(3)] } } }));
  const check = { ConditionCheck: { TableName, Key, ConditionExpression: "attribute_exists(pk)" } };
  const write = (...TransactItems: db.TransactWriteItem[]) =>
    call(c, new db.TransactWriteItemsCommand({ TransactItems }));
  await write(check, { Put: { TableName, Item: item(5) } });
  await write(
    { Put: { TableName, Item: item(6) } },
    { Put: { TableName, Item: item(5), ConditionExpression: "attribute_not_exists(pk)" } },
  );
  await call(c, new db.GetItemCommand({ TableName, Key: item(6) }));
  await call(c, new db.TransactGetItemsCommand({ TransactItems: [{ Get: { TableName, Key: item(5) } }] }));
  await call(c, new db.DeleteItemCommand({ TableName, Key, ReturnValues: "ALL_OLD" }));
  await call(c, new db.DeleteItemCommand({ TableName, Key, ConditionExpression: "attribute_exists(pk)" }));
  await call(c, new db.DescribeTimeToLiveCommand({ TableName }));
  const TimeToLiveSpecification = { AttributeName: "expires", Enabled: true };
  await call(c, new db.UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  await call(c, new db.DescribeTimeToLiveCommand({ TableName }));
  await call(c, new db.DeleteTableCommand({ TableName: "none" }));
};

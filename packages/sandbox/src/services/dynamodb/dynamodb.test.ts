import * as sdk from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { clientSettings, REGION, sandboxForTest, TOOLING, temporaryFolder } from "../../../test/support.ts";
import { startSandbox } from "../../index.ts";
import { withTable } from "./testing.ts";

test("a table is made, described, refused a second time and deleted, with the account's own ARN", async () => {
  const sandbox = await sandboxForTest();
  const { client, table, TableName } = await withTable(sandbox);
  const TableArn = `arn:aws:dynamodb:${REGION}:${TOOLING}:table/orders`;
  expect(table).toMatchObject({
    TableStatus: "CREATING",
    TableArn,
    BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
  });
  const { Table } = await client.send(new sdk.DescribeTableCommand({ TableName: TableArn }));
  expect(Table).toMatchObject({ TableStatus: "ACTIVE", TableId: table.TableId, DeletionProtectionEnabled: false });
  await expect(withTable(sandbox)).rejects.toThrow("Table already exists: orders");
  expect((await client.send(new sdk.ListTablesCommand({}))).TableNames).toEqual(["orders"]);
  const { TableDescription } = await client.send(new sdk.DeleteTableCommand({ TableName }));
  expect(TableDescription?.TableStatus).toBe("DELETING");
  await expect(client.send(new sdk.DescribeTableCommand({ TableName }))).rejects.toThrow(
    "Requested resource not found: Table: orders not found",
  );
});

test("items, binary values and numbers come back as they were put, and survive a restart", async () => {
  const dataDir = temporaryFolder();
  const first = await startSandbox({ dataDir, fronts: [] });
  const before = await withTable(first);
  const item = {
    id: { S: "ü" },
    B: { S: "an attribute named B" },
    bytes: { B: new Uint8Array([0, 144, 255]) },
    set: { BS: [new Uint8Array([1])] },
    nested: { M: { list: { L: [{ N: "1.5" }, { BOOL: true }, { NULL: true }] } } },
  };
  await before.put(item);
  await first.stop();
  const second = await sandboxForTest({ dataDir });
  const client = new sdk.DynamoDBClient(clientSettings(second));
  const { Item } = await client.send(new sdk.GetItemCommand({ TableName: "orders", Key: { id: { S: "ü" } } }));
  expect(Item).toEqual(item);
});

test("a condition that fails changes nothing and can show the item that stood in the way", async () => {
  const sandbox = await sandboxForTest();
  const { put, get } = await withTable(sandbox);
  await put({ id: { S: "a" }, price: { N: "650" } });
  const refused = put(
    { id: { S: "a" }, price: { N: "1" } },
    { ConditionExpression: "attribute_not_exists(id)", ReturnValuesOnConditionCheckFailure: "ALL_OLD" },
  );
  await expect(refused).rejects.toThrow(
    expect.objectContaining({
      name: "ConditionalCheckFailedException",
      message: "The conditional request failed",
      Item: { id: { S: "a" }, price: { N: "650" } },
    }),
  );
  expect(await get("a")).toEqual({ id: { S: "a" }, price: { N: "650" } });
});

test("a query pages through more than one piece of the store in order of the sort key, both ways, and by an index", async () => {
  const sandbox = await sandboxForTest();
  const { client, put, TableName } = await withTable(sandbox, {
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "at", KeyType: "RANGE" },
    ],
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "at", AttributeType: "N" },
      { AttributeName: "state", AttributeType: "S" },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: "by-state",
        KeySchema: [{ AttributeName: "state", KeyType: "HASH" }],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    ],
  });
  const ids = Array.from({ length: 25 }, (_, index) => index);
  for (let batch = 0; batch < 12; batch++) {
    const RequestItems = {
      [TableName]: ids.map((index) => {
        const at = batch * 25 + index;
        return {
          PutRequest: {
            Item: { pk: { S: "p" }, at: { N: String(at) }, ...(at % 100 ? {} : { state: { S: "open" } }) },
          },
        };
      }),
    };
    await client.send(new sdk.BatchWriteItemCommand({ RequestItems }));
  }
  await put({ pk: { S: "other" }, at: { N: "1" } });
  const query = (more: Partial<sdk.QueryCommandInput>) =>
    client.send(
      new sdk.QueryCommand({
        TableName,
        KeyConditionExpression: "pk = :p AND #at > :n",
        ExpressionAttributeNames: { "#at": "at" },
        ExpressionAttributeValues: { ":p": { S: "p" }, ":n": { N: "9" } },
        ...more,
      }),
    );
  const numbers = (items: sdk.QueryCommandOutput["Items"] = []) => items.map(({ at }) => Number(at?.N));
  expect(numbers((await query({})).Items)).toEqual(Array.from({ length: 290 }, (_, index) => index + 10));
  const first = await query({ Limit: 250, ScanIndexForward: false });
  const rest = await query({ ScanIndexForward: false, ExclusiveStartKey: first.LastEvaluatedKey });
  expect([...numbers(first.Items), ...numbers(rest.Items)]).toEqual(
    Array.from({ length: 290 }, (_, index) => 299 - index),
  );
  const open = await client.send(
    new sdk.QueryCommand({
      TableName,
      IndexName: "by-state",
      KeyConditionExpression: "#s = :s",
      ExpressionAttributeNames: { "#s": "state" },
      ExpressionAttributeValues: { ":s": { S: "open" } },
    }),
  );
  expect(numbers(open.Items).sort((a, b) => a - b)).toEqual([0, 100, 200]);
});

test("an index that is added later holds the items that were there, and is gone when it is deleted", async () => {
  const sandbox = await sandboxForTest();
  const { client, put, TableName } = await withTable(sandbox);
  await put({ id: { S: "a" }, state: { S: "open" } });
  const AttributeDefinitions = [{ AttributeName: "state", AttributeType: "S" as const }];
  const Create = {
    IndexName: "by-state",
    KeySchema: [{ AttributeName: "state", KeyType: "HASH" as const }],
    Projection: { ProjectionType: "ALL" as const },
  };
  await client.send(
    new sdk.UpdateTableCommand({ TableName, AttributeDefinitions, GlobalSecondaryIndexUpdates: [{ Create }] }),
  );
  const scan = new sdk.ScanCommand({ TableName, IndexName: "by-state" });
  expect((await client.send(scan)).Items).toEqual([{ id: { S: "a" }, state: { S: "open" } }]);
  const Delete = { IndexName: "by-state" };
  await client.send(new sdk.UpdateTableCommand({ TableName, GlobalSecondaryIndexUpdates: [{ Delete }] }));
  await expect(client.send(scan)).rejects.toThrow("The table does not have the specified index: by-state");
});

test("a transaction with a failed condition writes nothing and tells the reason of each action", async () => {
  const sandbox = await sandboxForTest();
  const { client, put, all, TableName } = await withTable(sandbox);
  await put({ id: { S: "a" }, n: { N: "1" } });
  const TransactItems: sdk.TransactWriteItem[] = [
    { Put: { TableName, Item: { id: { S: "b" } } } },
    {
      ConditionCheck: {
        TableName,
        Key: { id: { S: "a" } },
        ConditionExpression: "attribute_not_exists(id)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    },
  ];
  const refused = client.send(new sdk.TransactWriteItemsCommand({ TransactItems }));
  await expect(refused).rejects.toThrow(
    expect.objectContaining({
      name: "TransactionCanceledException",
      message:
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]",
      CancellationReasons: [
        { Code: "None" },
        {
          Code: "ConditionalCheckFailed",
          Message: "The conditional request failed",
          Item: { id: { S: "a" }, n: { N: "1" } },
        },
      ],
    }),
  );
  expect(await all()).toHaveLength(1);
  const twice = [TransactItems[0], TransactItems[0]] as sdk.TransactWriteItem[];
  await expect(client.send(new sdk.TransactWriteItemsCommand({ TransactItems: twice }))).rejects.toThrow(
    "Transaction request cannot include multiple operations on one item",
  );
});

test("a transaction's token makes it happen once, and is refused for another request", async () => {
  const sandbox = await sandboxForTest();
  const { client, get, TableName } = await withTable(sandbox);
  const add = (by: string) => ({
    Update: {
      TableName,
      Key: { id: { S: "a" } },
      UpdateExpression: "ADD n :by",
      ExpressionAttributeValues: { ":by": { N: by } },
    },
  });
  const send = (by: string) =>
    client.send(new sdk.TransactWriteItemsCommand({ ClientRequestToken: "token", TransactItems: [add(by)] }));
  await send("1");
  await send("1");
  expect(await get("a")).toEqual({ id: { S: "a" }, n: { N: "1" } });
  await expect(send("2")).rejects.toThrow(sdk.IdempotentParameterMismatchException);
  sandbox.clock.advance(11 * 60_000);
  await send("1");
  expect(await get("a")).toEqual({ id: { S: "a" }, n: { N: "2" } });
  const { Responses } = await client.send(
    new sdk.TransactGetItemsCommand({
      TransactItems: ["a", "none"].map((id) => ({ Get: { TableName, Key: { id: { S: id } } } })),
    }),
  );
  expect(Responses).toEqual([{ Item: { id: { S: "a" }, n: { N: "2" } } }, {}]);
});

test("tags, time to live and recovery are kept as AWS shows them", async () => {
  const sandbox = await sandboxForTest();
  const { client, table, TableName } = await withTable(sandbox, { Tags: [{ Key: "team", Value: "orders" }] });
  const ResourceArn = table.TableArn;
  await client.send(new sdk.TagResourceCommand({ ResourceArn, Tags: [{ Key: "tier", Value: "1" }] }));
  await client.send(new sdk.UntagResourceCommand({ ResourceArn, TagKeys: ["team"] }));
  const { Tags } = await client.send(new sdk.ListTagsOfResourceCommand({ ResourceArn }));
  expect(Tags).toEqual([{ Key: "tier", Value: "1" }]);
  const TimeToLiveSpecification = { Enabled: true, AttributeName: "expires" };
  await client.send(new sdk.UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  await expect(client.send(new sdk.UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }))).rejects.toThrow(
    "TimeToLive is already enabled",
  );
  const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
  const answer = await client.send(
    new sdk.UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }),
  );
  expect(answer.ContinuousBackupsDescription?.PointInTimeRecoveryDescription).toMatchObject({
    PointInTimeRecoveryStatus: "ENABLED",
    RecoveryPeriodInDays: 35,
  });
});

test("what isn't there is refused by name", async () => {
  const sandbox = await sandboxForTest();
  const { client } = await withTable(sandbox);
  const statement = client.send(new sdk.ExecuteStatementCommand({ Statement: "SELECT * FROM orders" }));
  await expect(statement).rejects.toThrow("DynamoDB ExecuteStatement is not implemented");
  const missing = client.send(new sdk.GetItemCommand({ TableName: "none", Key: { id: { S: "a" } } }));
  await expect(missing).rejects.toThrow(sdk.ResourceNotFoundException);
});

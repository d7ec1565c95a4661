import type { CreateTableInput, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { Reproduction, Reproductions, Stage } from "../reproduction.ts";

const THROUGHPUT = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };
const STREAM = { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" } as const;
const S = (text: string) => ({ S: text });

/** What a table with these keys, all strings, is made of. */
function tableOf(name: string, hash = "id", range?: string): CreateTableInput {
  const names = range === undefined ? [hash] : [hash, range];
  return {
    TableName: name,
    KeySchema: names.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? "HASH" : "RANGE" })),
    AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
    ProvisionedThroughput: THROUGHPUT,
  };
}

async function withTable({ dynamodb, name }: Stage, hash?: string, range?: string) {
  const table = tableOf(name("table"), hash, range);
  const { TableDescription } = await dynamodb.CreateTable(table);
  return { TableName: table.TableName ?? "", arn: TableDescription?.TableArn ?? "" };
}

/** A table with a stream, both recorded, and the stream's records in the end. */
async function streaming(stage: Stage) {
  const { dynamodb, dynamodbstreams, match, name } = stage;
  const table = { ...tableOf(name("table")), StreamSpecification: STREAM };
  const made = await match("create-table", dynamodb.CreateTable(table));
  const StreamArn = made?.TableDescription?.LatestStreamArn;
  const described = await match("describe-stream", dynamodbstreams.DescribeStream({ StreamArn }));
  const ShardId = described?.StreamDescription?.Shards?.[0]?.ShardId;
  const ask = { StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" as const };
  const { ShardIterator } = await dynamodbstreams.GetShardIterator(ask);
  return {
    TableName: table.TableName ?? "",
    put: async (key: string, id: string) => {
      await match(key, dynamodb.PutItem({ TableName: table.TableName, Item: { id: S(id) } }));
    },
    transact: (key: string, TransactItems: TransactWriteItem[]) =>
      match(key, dynamodb.TransactWriteItems({ TransactItems })),
    records: () => match("get-records", dynamodbstreams.GetRecords({ ShardIterator }), ({ Records }) => ({ Records })),
  };
}

/** The four kinds of action in one transaction, on a table by its name or its ARN. */
const fourActions = (TableName: string): TransactWriteItem[] => [
  { ConditionCheck: { TableName, ConditionExpression: "attribute_not_exists(id)", Key: { id: S("test1") } } },
  { Put: { TableName, Item: { id: S("test2") } } },
  {
    Update: {
      TableName,
      Key: { id: S("test3") },
      UpdateExpression: "SET attr1 = :v1, attr2 = :v2",
      ExpressionAttributeValues: { ":v1": S("value1"), ":v2": S("value2") },
    },
  },
  { Delete: { TableName, Key: { id: S("test4") } } },
];

/** What pytest shows of an exception. */
const shown = (operation: string) => (code: string, message: string) =>
  `An error occurred (${code}) when calling the ${operation} operation: ${message}`;

const withIndex =
  (billing: "PROVISIONED" | "PAY_PER_REQUEST"): Reproduction =>
  async ({ dynamodb, match, name }) => {
    const isProvisioned = billing === "PROVISIONED";
    const index = {
      IndexName: "TransactionRecordID",
      KeySchema: [{ AttributeName: "TRID", KeyType: "HASH" as const }],
      Projection: { ProjectionType: "ALL" as const },
      ...(isProvisioned ? { ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } } : {}),
    };
    const { ProvisionedThroughput, ...table } = tableOf(name("table"), "TID");
    const create = dynamodb.CreateTable({
      ...table,
      AttributeDefinitions: ["TID", "TRID"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      GlobalSecondaryIndexes: [index],
      BillingMode: billing,
      ...(isProvisioned ? { ProvisionedThroughput } : {}),
    });
    await match("create-table-with-gsi", create);
    await match("describe-table", dynamodb.DescribeTable({ TableName: table.TableName }));
  };

const TESTS: Record<string, Reproduction> = {
  async "TestDynamoDB::test_valid_local_secondary_index"({ dynamodb, match, name }) {
    const key = (AttributeName: string, KeyType: "HASH" | "RANGE") => ({ AttributeName, KeyType });
    const table = tableOf(name("table"), "PK", "SK");
    const index = {
      IndexName: "LSI1",
      KeySchema: [key("PK", "HASH"), key("LSI1SK", "RANGE")],
      Projection: { ProjectionType: "ALL" as const },
    };
    const AttributeDefinitions = [
      ...(table.AttributeDefinitions ?? []),
      { AttributeName: "LSI1SK", AttributeType: "N" as const },
    ];
    await dynamodb.CreateTable({ ...table, AttributeDefinitions, LocalSecondaryIndexes: [index] });
    const { TableName } = table;
    await dynamodb.PutItem({ TableName, Item: { SK: S("hello"), LSI1SK: { N: "123" }, PK: S("test one") } });
    const query = dynamodb.Query({
      TableName,
      IndexName: "LSI1",
      KeyConditionExpression: "PK = :v1",
      ExpressionAttributeValues: { ":v1": S("test one") },
      Select: "ALL_ATTRIBUTES",
    });
    await match("Items", query);
  },
  async "TestDynamoDB::test_return_values_in_put_item"(stage) {
    const { TableName } = await withTable(stage);
    const put = (key: string, data: string, ReturnValues?: "ALL_OLD") =>
      stage.match(key, stage.dynamodb.PutItem({ TableName, Item: { id: S("id1"), data: S(data) }, ReturnValues }));
    await put("PutFirstItem", "foobar", "ALL_OLD");
    await put("PutFirstItemOLD", "foobar", "ALL_OLD");
    await put("PutFirstItemB", "barfoo", "ALL_OLD");
    await put("PutSecondItem", "foobar");
    await put("PutSecondItemReturnNone", "foobar");
  },
  async "TestDynamoDB::test_empty_and_binary_values"(stage) {
    const { TableName } = await withTable(stage);
    const { dynamodb, match } = stage;
    await match("PutFirstItem", dynamodb.PutItem({ TableName, Item: { id: S("id1"), data: S("") } }));
    const data = { B: new Uint8Array([0x90]) };
    await match("PutSecondItem", dynamodb.PutItem({ TableName, Item: { id: S("id2"), data } }));
  },
  async "TestDynamoDB::test_batch_write_binary"(stage) {
    const { TableName } = await withTable(stage, "PK", "SK");
    const put = (name: string, data: Uint8Array) => ({
      PutRequest: { Item: { PK: S(`hello-${name}`), SK: S(`user-${name}`), data: { B: data } } },
    });
    const requests = [put("1", Buffer.from("test-1")), put("2", Buffer.from("test \xc0 \xed", "latin1"))];
    await stage.match("Response", stage.dynamodb.BatchWriteItem({ RequestItems: { [TableName]: requests } }));
  },
  async "TestDynamoDB::test_create_duplicate_table"({ dynamodb, matchError, name }) {
    const table = tableOf(name("test_table"));
    await dynamodb.CreateTable(table);
    await matchError("Error", dynamodb.CreateTable(table), shown("CreateTable"));
  },
  async "TestDynamoDB::test_table_crud"({ dynamodb, match, name }) {
    const table = tableOf(name("table"));
    const { TableName } = table;
    await match("create-table", dynamodb.CreateTable(table));
    await match("describe-table", dynamodb.DescribeTable({ TableName }));
    await match("delete-table", dynamodb.DeleteTable({ TableName }));
    await match("delete-non-existent-table", dynamodb.DeleteTable({ TableName: "non-existent" }));
  },
  async "TestDynamoDB::test_transaction_write_items"(stage) {
    const transact = (key: string, table: string) =>
      stage.match(key, stage.dynamodb.TransactWriteItems({ TransactItems: fourActions(table) }));
    await transact("Response", (await withTable(stage)).TableName);
    await transact("Response_using_table_arn", (await withTable(stage)).arn);
  },
  async "TestDynamoDB::test_transaction_write_canceled"(stage) {
    const { TableName } = await withTable(stage, "Username");
    await stage.dynamodb.PutItem({ TableName, Item: { Username: S("Fred") } });
    const ConditionExpression = "attribute_not_exists(Username)";
    const write = stage.dynamodb.TransactWriteItems({
      TransactItems: [
        { ConditionCheck: { TableName, ConditionExpression, Key: { Username: S("Fred") } } },
        { Delete: { TableName, Key: { Username: S("Bert") } } },
      ],
    });
    await stage.matchError("Error", write, shown("TransactWriteItems"));
  },
  async "TestDynamoDB::test_transact_get_items"(stage) {
    const get = async (key: string, table: string, TableName: string, id: string) => {
      await stage.dynamodb.PutItem({ TableName, Item: { id: S(id) } });
      const TransactItems = [{ Get: { Key: { id: S(id) }, TableName: table } }];
      await stage.match(key, stage.dynamodb.TransactGetItems({ TransactItems }));
    };
    const [first, second] = [await withTable(stage), await withTable(stage)];
    await get("TransactGetItems", first.TableName, first.TableName, "John");
    await get("TransactGetItems-with-TableArn", second.arn, second.TableName, "Sarah");
  },
  async "TestDynamoDB::test_batch_write_items"(stage) {
    const { TableName } = await withTable(stage);
    await stage.dynamodb.PutItem({ TableName, Item: { id: S("Fred") } });
    const requests = [{ DeleteRequest: { Key: { id: S("Fred") } } }, { PutRequest: { Item: { id: S("Bob") } } }];
    const write = stage.dynamodb.BatchWriteItem({ RequestItems: { [TableName]: requests } });
    await stage.match("BatchWriteResponse", write);
  },
  async "TestDynamoDB::test_dynamodb_pay_per_request"({ dynamodb, matchError, name }) {
    const create = dynamodb.CreateTable({ ...tableOf(name("table")), BillingMode: "PAY_PER_REQUEST" });
    await matchError("Error", create, shown("CreateTable"));
  },
  async "TestDynamoDB::test_dynamodb_get_batch_items"({ dynamodb, match }) {
    // The table's name is a key of the answer: only the mask itself is like what was recorded there.
    const table = tableOf("test-table", "PK");
    await dynamodb.CreateTable(table);
    const get = dynamodb.BatchGetItem({ RequestItems: { "test-table": { Keys: [{ PK: S("test-key") }] } } });
    await match("Response", get, ({ $metadata, Responses, ...rest }) => ({
      Responses: { "<test-table>": Responses?.["test-table"] },
      ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: $metadata.httpStatusCode },
      ...rest,
    }));
  },
  async "TestDynamoDB::test_dynamodb_idempotent_writing"(stage) {
    const { TableName } = await withTable(stage, "id", "name");
    const write = (key: string, Item: Record<string, { S: string }>) => {
      const TransactItems = [{ Put: { TableName, Item } }];
      return stage.match(key, stage.dynamodb.TransactWriteItems({ ClientRequestToken: "dedupe_token", TransactItems }));
    };
    await write("Response1", { id: S("id1"), name: S("name1") });
    await write("Response2", { name: S("name1"), id: S("id1") });
  },
  async "TestDynamoDB::test_batch_write_not_matching_schema"(stage) {
    const { TableName } = await withTable(stage, "id", "sortKey");
    const requests = [{ PutRequest: { Item: { nonKey: S("hello") } } }];
    const write = stage.dynamodb.BatchWriteItem({ RequestItems: { [TableName]: requests } });
    await stage.matchError("ValidationException", write, shown("BatchWriteItem"));
  },
  async "TestDynamoDB::test_batch_write_not_existing_table"({ dynamodb, match }) {
    const TransactItems = [{ Put: { TableName: "non-existing-table", Item: {} } }];
    await match("exc-not-found-transact-write-items", dynamodb.TransactWriteItems({ TransactItems }));
  },
  async "TestDynamoDB::test_continuous_backup_update"(stage) {
    const { TableName } = await withTable(stage);
    const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
    const enable = stage.dynamodb.UpdateContinuousBackups({ TableName, PointInTimeRecoverySpecification });
    await stage.match("update-continuous-backup", enable);
    await stage.match("describe-continuous-backup", stage.dynamodb.DescribeContinuousBackups({ TableName }));
  },
  async "TestDynamoDB::test_return_values_on_conditions_check_failure"(stage) {
    const { TableName } = await withTable(stage);
    await stage.dynamodb.PutItem({
      TableName,
      Item: { id: S("456"), price: { N: "650" }, product: S("sporting goods") },
    });
    const remove = stage.dynamodb.DeleteItem({
      TableName,
      Key: { id: S("456") },
      ConditionExpression: "price between :lo and :hi",
      ExpressionAttributeValues: { ":lo": { N: "500" }, ":hi": { N: "600" } },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    await stage.match("items", remove);
  },
  async "TestDynamoDB::test_batch_write_items_streaming"(stage) {
    const { TableName, put, records } = await streaming(stage);
    await put("put-item-1", "Fred");
    const write = (key: string, requests: object[]) =>
      stage.match(key, stage.dynamodb.BatchWriteItem({ RequestItems: { [TableName]: requests } }));
    const item = (Item: Record<string, { S: string }>) => ({ PutRequest: { Item } });
    await write("batch-write-response-overwrite-item-1", [item({ id: S("Fred") }), item({ id: S("NewKey") })]);
    const remove = { DeleteRequest: { Key: { id: S("NewKey") } } };
    await write("batch-write-response-delete", [remove, item({ id: S("Fred"), name: S("Fred") })]);
    await records();
  },
  async "TestDynamoDB::test_transact_write_items_streaming"(stage) {
    const { TableName, put, transact, records } = await streaming(stage);
    await put("put-item-1", "Fred");
    const item = (Item: Record<string, { S: string }>) => ({ Put: { TableName, Item } });
    const update = (id: string, values: Record<string, { S: string }>, UpdateExpression: string) => ({
      Update: { TableName, Key: { id: S(id) }, UpdateExpression, ExpressionAttributeValues: values },
    });
    const one = update("NonExistentKey", { ":v1": S("value1") }, "SET attr1 = :v1");
    await transact("transact-write-response-overwrite", [item({ id: S("Fred") }), item({ id: S("NewKey") })]);
    const two = { ":v1": S("value1"), ":v2": S("value2") };
    await transact("transact-write-response-update", [update("NewKey", two, "SET attr1 = :v1, attr2 = :v2")]);
    await transact("transact-write-update-insert", [one]);
    const remove = { Delete: { TableName, Key: { id: S("NewKey") } } };
    await transact("transact-write-response-delete", [remove, item({ id: S("Fred"), name: S("Fred") }), one]);
    await records();
  },
  "TestDynamoDB::test_gsi_with_billing_mode[PAY_PER_REQUEST]": withIndex("PAY_PER_REQUEST"),
  "TestDynamoDB::test_gsi_with_billing_mode[PROVISIONED]": withIndex("PROVISIONED"),
};

export const dynamodb: Reproductions = { file: "dynamodb__test_dynamodb", service: "dynamodb", tests: TESTS };

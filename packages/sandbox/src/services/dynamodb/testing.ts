import * as sdk from "@aws-sdk/client-dynamodb";
import * as streams from "@aws-sdk/client-dynamodb-streams";
import { clientSettings } from "../../../test/support.ts";
import type { Sandbox } from "../../index.ts";

/** A client and a table with the key `id`, on demand. */
export async function withTable(sandbox: Sandbox, options: Partial<sdk.CreateTableCommandInput> = {}) {
  const client = new sdk.DynamoDBClient(clientSettings(sandbox));
  const TableName = options.TableName ?? "orders";
  const { TableDescription } = await client.send(
    new sdk.CreateTableCommand({
      TableName,
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
      ...options,
    }),
  );
  return {
    client,
    TableName,
    table: TableDescription ?? {},
    put: (Item: Record<string, sdk.AttributeValue>, more: Partial<sdk.PutItemCommandInput> = {}) =>
      client.send(new sdk.PutItemCommand({ TableName, Item, ...more })),
    get: async (id: string) => (await client.send(new sdk.GetItemCommand({ TableName, Key: { id: { S: id } } }))).Item,
    all: async () => (await client.send(new sdk.ScanCommand({ TableName }))).Items ?? [],
  };
}

/** Everything that a stream holds from its beginning. */
export async function streamed(sandbox: Sandbox, StreamArn: string | undefined): Promise<streams._Record[]> {
  const client = new streams.DynamoDBStreamsClient(clientSettings(sandbox));
  const { StreamDescription } = await client.send(new streams.DescribeStreamCommand({ StreamArn }));
  const ShardId = StreamDescription?.Shards?.[0]?.ShardId;
  const ask = { StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" as const };
  const { ShardIterator } = await client.send(new streams.GetShardIteratorCommand(ask));
  return (await client.send(new streams.GetRecordsCommand({ ShardIterator }))).Records ?? [];
}

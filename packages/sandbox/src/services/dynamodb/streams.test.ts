import * as sdk from "@aws-sdk/client-dynamodb";
import * as streams from "@aws-sdk/client-dynamodb-streams";
import { expect, test } from "vitest";
import { clientSettings, sandboxForTest } from "../../../test/support.ts";
import { streamed, withTable } from "./testing.ts";

const StreamSpecification = { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" as const };

test("a stream tells every change with both images, and nothing where nothing changed", async () => {
  const sandbox = await sandboxForTest();
  const { client, put, table, TableName } = await withTable(sandbox, { StreamSpecification });
  await put({ id: { S: "a" }, data: { B: new Uint8Array([144]) } });
  await put({ id: { S: "a" }, data: { B: new Uint8Array([144]) } });
  await put({ id: { S: "a" }, data: { S: "new" } });
  await client.send(new sdk.DeleteItemCommand({ TableName, Key: { id: { S: "a" } } }));
  const records = await streamed(sandbox, table.LatestStreamArn);
  expect(records.map(({ eventName }) => eventName)).toEqual(["INSERT", "MODIFY", "REMOVE"]);
  expect(records[1]).toMatchObject({
    eventSource: "aws:dynamodb",
    dynamodb: {
      Keys: { id: { S: "a" } },
      OldImage: { id: { S: "a" }, data: { B: new Uint8Array([144]) } },
      NewImage: { id: { S: "a" }, data: { S: "new" } },
    },
  });
  const numbers = records.map(({ dynamodb }) => dynamodb?.SequenceNumber ?? "");
  expect(numbers).toEqual([...numbers].sort());
});

test("a cancelled transaction leaves nothing in the stream", async () => {
  const sandbox = await sandboxForTest();
  const { client, table, TableName } = await withTable(sandbox, { StreamSpecification });
  const TransactItems: sdk.TransactWriteItem[] = [
    { Put: { TableName, Item: { id: { S: "b" } } } },
    { ConditionCheck: { TableName, Key: { id: { S: "a" } }, ConditionExpression: "attribute_exists(id)" } },
  ];
  await expect(client.send(new sdk.TransactWriteItemsCommand({ TransactItems }))).rejects.toThrow("cancelled");
  expect(await streamed(sandbox, table.LatestStreamArn)).toEqual([]);
});

test("an expired item is deleted within a minute of sandbox time, and its stream says who did it", async () => {
  const sandbox = await sandboxForTest();
  const { client, put, all, table, TableName } = await withTable(sandbox, { StreamSpecification });
  const TimeToLiveSpecification = { Enabled: true, AttributeName: "expires" };
  await client.send(new sdk.UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  const at = (ms: number) => ({ N: String(Math.floor((sandbox.clock.now().getTime() + ms) / 1000)) });
  await put({ id: { S: "soon" }, expires: at(30_000) });
  await put({ id: { S: "late" }, expires: at(3_600_000) });
  await put({ id: { S: "never" } });
  sandbox.clock.advance(120_000);
  await expect.poll(async () => (await all()).map(({ id }) => id?.S).sort()).toEqual(["late", "never"]);
  const last = (await streamed(sandbox, table.LatestStreamArn)).at(-1);
  expect(last).toMatchObject({
    eventName: "REMOVE",
    userIdentity: { PrincipalId: "dynamodb.amazonaws.com", Type: "Service" },
  });
});

test("a stream that was switched off can still be read to its end, and an unknown one is refused", async () => {
  const sandbox = await sandboxForTest();
  const { client, put, table, TableName } = await withTable(sandbox, { StreamSpecification });
  await put({ id: { S: "a" } });
  await client.send(new sdk.UpdateTableCommand({ TableName, StreamSpecification: { StreamEnabled: false } }));
  await put({ id: { S: "b" } });
  expect(await streamed(sandbox, table.LatestStreamArn)).toHaveLength(1);
  const reader = new streams.DynamoDBStreamsClient(clientSettings(sandbox));
  const StreamArn = table.LatestStreamArn;
  const { StreamDescription } = await reader.send(new streams.DescribeStreamCommand({ StreamArn }));
  expect(StreamDescription?.StreamStatus).toBe("DISABLED");
  const missing = reader.send(new streams.DescribeStreamCommand({ StreamArn: `${StreamArn}x` }));
  await expect(missing).rejects.toThrow(`Requested resource not found: Stream: ${StreamArn}x not found`);
});

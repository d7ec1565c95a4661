import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";

const { ENDPOINT: alias, STACK_NAME, TEST_ROLE_ARN } = process.env;
const role = TEST_ROLE_ARN && fromTemporaryCredentials({ params: { RoleArn: TEST_ROLE_ARN, RoleSessionName: "test" } });
const config = role ? { credentials: role } : {};
const lambda = new LambdaClient(config);

/** A time of its own for each test run, long past: no schedule comes to it. */
const scheduledTime = new Date(Date.now() - 10 * 365 * 24 * 3_600_000).toISOString();
let table: string | undefined;

async function run(): Promise<boolean> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: alias, Payload: JSON.stringify({ scheduledTime }) }),
  );
  const answer = Payload?.transformToString() ?? "";
  assert.equal(FunctionError, undefined, answer);
  return (JSON.parse(answer) as { ran: boolean }).ran;
}

describe("the deployed job", () => {
  before(async () => {
    const client = new CloudFormationClient(config);
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: STACK_NAME }));
    table = stack?.Outputs?.find(({ OutputKey }) => OutputKey === "RunsTableName")?.OutputValue;
  });

  test("runs once for a time, also when it is started twice at once", async () => {
    const results = await Promise.all([run(), run()]);
    assert.deepEqual(results.toSorted(), [false, true]);
    assert.equal(await run(), false);
    const Key = { id: { S: `run ${scheduledTime}` } };
    const { Item } = await new DynamoDBClient(config).send(new GetItemCommand({ TableName: table, Key }));
    assert.ok(Number(Item?.expires?.N) > Date.now() / 1000);
  });
});

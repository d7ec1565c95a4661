import * as logs from "@aws-sdk/client-cloudwatch-logs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { clientSettings, sandboxForTest } from "../../../test/support.ts";

const logGroupName = "/orders";
/** A backtracking engine would try 2^3000 ways on one of these lines. */
const EVIL = "(a+)+$";
const LINE = `${"a".repeat(3000)}!`;

async function withLines(count: number) {
  const sandbox = await sandboxForTest();
  const client = new logs.CloudWatchLogsClient(clientSettings(sandbox));
  await client.send(new logs.CreateLogGroupCommand({ logGroupName }));
  await client.send(new logs.CreateLogStreamCommand({ logGroupName, logStreamName: "s" }));
  const put = (lines: number) => {
    const timestamp = sandbox.clock.now().getTime();
    const logEvents = Array.from({ length: lines }, () => ({ timestamp, message: LINE }));
    return client.send(new logs.PutLogEventsCommand({ logGroupName, logStreamName: "s", logEvents }));
  };
  for (let left = count; left > 0; left -= 300) await put(Math.min(left, 300));
  return { sandbox, client, put };
}

test("other requests are answered while an Insights query with a catastrophic regular expression runs, and it ends", async () => {
  const { sandbox, client } = await withLines(1500);
  const nowS = Math.floor(sandbox.clock.now().getTime() / 1000);
  const times = { startTime: nowS - 3600, endTime: nowS + 3600 };
  const queryString = `parse @message /(?<found>${EVIL.slice(0, -1)})$/ | filter @message like /(?i)${EVIL}/`;
  const { queryId } = await client.send(new logs.StartQueryCommand({ logGroupName, queryString, ...times }));
  const status = async () => (await client.send(new logs.GetQueryResultsCommand({ queryId }))).status;
  const sts = new STSClient(clientSettings(sandbox));
  let [answered, slowestMs] = [0, 0];
  for (let now = await status(); now === "Running"; now = await status()) {
    const asked = performance.now();
    await sts.send(new GetCallerIdentityCommand({}));
    slowestMs = Math.max(slowestMs, performance.now() - asked);
    answered++;
  }
  expect(await status()).toBe("Complete");
  expect(answered).toBeGreaterThan(1);
  expect(slowestMs).toBeLessThan(2000);
});

test("filters and metric filters with a catastrophic regular expression hold nobody up", async () => {
  const { client, put } = await withLines(0);
  const filterPattern = `%${EVIL}%`;
  const metricTransformations = [{ metricName: "Evil", metricNamespace: "Orders", metricValue: "1" }];
  await client.send(
    new logs.PutMetricFilterCommand({ logGroupName, filterName: "evil", filterPattern, metricTransformations }),
  );
  const started = performance.now();
  await put(300);
  const { events } = await client.send(new logs.FilterLogEventsCommand({ logGroupName, filterPattern }));
  expect(events).toEqual([]);
  expect(performance.now() - started).toBeLessThan(5000);
});

test("a regular expression that can't be had in linear time is refused when it is given", async () => {
  const { client } = await withLines(0);
  const queryString = "filter @message like /(?=a)b/";
  const query = new logs.StartQueryCommand({ logGroupName, queryString, startTime: 0, endTime: 1 });
  await expect(client.send(query)).rejects.toThrow(expect.objectContaining({ name: "MalformedQueryException" }));
  const filter = new logs.FilterLogEventsCommand({ logGroupName, filterPattern: "%(a)\\1%" });
  await expect(client.send(filter)).rejects.toThrow(expect.objectContaining({ name: "InvalidParameterException" }));
});

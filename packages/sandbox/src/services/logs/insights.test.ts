import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeQueriesCommand,
  GetQueryResultsCommand,
  PutLogEventsCommand,
  StartQueryCommand,
  StopQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { expect, test } from "vitest";
import { clientSettings, DEV, sandboxForTest, temporaryFolder } from "../../../test/support.ts";
import { eventually } from "../lambda/test/functions.ts";

const START = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
const json = (fields: object) => JSON.stringify(fields);

const LINES = [
  [0, json({ level: "INFO", ms: 10, order: { id: "a" }, items: [{ sku: "x" }] })],
  [60_000, json({ level: "ERROR", ms: 20, order: { id: "b" } })],
  [300_000, json({ level: "ERROR", ms: 40, order: { id: "b" } })],
  [300_001, "plain user=ada, took 7 ms"],
  [
    360_000,
    "REPORT RequestId: r-1\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\tInit Duration: 150.25 ms\t",
  ],
] as const;

async function lines(dataDir = temporaryFolder()) {
  const sandbox = await sandboxForTest({ dataDir });
  const client = new CloudWatchLogsClient(clientSettings(sandbox, DEV));
  const start = (queryString: string, options: { logGroupNames?: string[]; limit?: number } = {}) =>
    client.send(
      new StartQueryCommand({
        ...{ logGroupNames: ["/orders"], startTime: START / 1000, endTime: START / 1000 + 3600, queryString },
        ...options,
      }),
    );
  const results = (queryId: string | undefined) =>
    eventually(async () => {
      const answer = await client.send(new GetQueryResultsCommand({ queryId }));
      return answer.status === "Complete" && answer;
    });
  const ask = async (query: string, options = {}) => {
    const { results: rows = [] } = await results((await start(query, options)).queryId);
    return rows.map((row) =>
      Object.fromEntries(row.filter(({ field }) => field !== "@ptr").map(({ field = "", value }) => [field, value])),
    );
  };
  return { sandbox, client, start, results, ask };
}

async function filled(dataDir = temporaryFolder()) {
  const made = await lines(dataDir);
  for (const [logGroupName, logStreamName] of [
    ["/orders", "one"],
    ["/stock", "two"],
  ] as const) {
    await made.client.send(new CreateLogGroupCommand({ logGroupName }));
    await made.client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
    const logEvents =
      logGroupName === "/orders"
        ? LINES.map(([at, message]) => ({ timestamp: START + at, message }))
        : [{ timestamp: START + 30_000, message: "in stock" }];
    await made.client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
  }
  return made;
}

const time = (at: number) => new Date(START + at).toISOString().replace("T", " ").replace("Z", "");

test("each command of the supported part answers what AWS's documentation says of it", async () => {
  const { ask } = await filled();
  const cases: [string, object[]][] = [
    ["fields @timestamp, level | filter level = 'INFO'", [{ "@timestamp": time(0), level: "INFO" }]],
    ["fields ms * 2 + 1 as double | filter order.id in ['a', 'c']", [{ double: "21" }]],
    ["fields @message | filter @message like 'user=' | limit 3", [{ "@message": LINES[3][1] }]],
    [
      "filter @message like /took \\d+ ms/ and not ispresent(level) | display @logStream, @log",
      [{ "@logStream": "one", "@log": `${DEV}:/orders` }],
    ],
    ["fields items.0.sku as sku | filter ispresent(items.0.sku)", [{ sku: "x" }]],
    [
      "fields @timestamp, ms | filter ms >= 20 | sort ms asc",
      [
        { "@timestamp": time(60_000), ms: "20" },
        { "@timestamp": time(300_000), ms: "40" },
      ],
    ],
    ["fields ms | filter level not in ['INFO'] and ispresent(ms) | sort @timestamp desc | limit 1", [{ ms: "40" }]],
    [
      "stats count(*) as n, avg(ms), max(ms), sum(ms), pct(ms, 50), count_distinct(order.id) as ids by level | filter ispresent(level) | sort level asc",
      [
        { level: "ERROR", n: "2", "avg(ms)": "30", "max(ms)": "40", "sum(ms)": "60", "pct(ms, 50)": "30", ids: "1" },
        { level: "INFO", n: "1", "avg(ms)": "10", "max(ms)": "10", "sum(ms)": "10", "pct(ms, 50)": "10", ids: "1" },
      ],
    ],
    [
      "filter ispresent(ms) | stats count(*) by bin(5m) | sort @timestamp",
      [
        { "bin(5m)": time(300_000), "count(*)": "1" },
        { "bin(5m)": time(0), "count(*)": "2" },
      ],
    ],
    [
      "parse @message 'user=*, took * ms' as user, took | filter took > 5 | display user, took",
      [{ user: "ada", took: "7" }],
    ],
    ["parse @message /user=(?<who>\\w+)/ | filter ispresent(who) | display toupper(who) as name", [{ name: "ADA" }]],
    ["fields level | filter ispresent(level) | dedup level", [{ level: "ERROR" }, { level: "INFO" }]],
    [
      "filter @type = 'REPORT' | display @requestId, @duration, @initDuration, @maxMemoryUsed / 1000000 as mb # comment",
      [{ "@requestId": "r-1", "@duration": "12.5", "@initDuration": "150.25", mb: "64" }],
    ],
    ["filter level = 'DEBUG' | stats count(*)", [{ "count(*)": "0" }]],
  ];
  for (const [query, expected] of cases) expect([query, await ask(query)]).toEqual([query, expected]);
});

test("without commands the newest lines come first, of several groups in one order, up to the limit", async () => {
  const { ask } = await filled();
  expect(await ask("", { limit: 2 })).toEqual([
    { "@timestamp": time(360_000), "@message": LINES[4][1] },
    { "@timestamp": time(300_001), "@message": LINES[3][1] },
  ]);
  const both = await ask("fields @timestamp | sort @timestamp asc", { logGroupNames: ["/orders", "/stock"] });
  expect(both.map((row) => row["@timestamp"]).slice(0, 3)).toEqual([time(0), time(30_000), time(60_000)]);
});

test.each([
  ["fields @message | pattern @message", "the command pattern is not supported by the sandbox"],
  ["fields @message | frobnicate", "unexpected symbol found frobnicate at line 1 and position 19"],
  ["filter level =", "unexpected symbol found <EOF>"],
  ["filter @message like /[/", "Invalid regular expression"],
  ["stats latest(ms)", "the function latest is not supported by the sandbox"],
  ["stats count(*) by bin(5 minutes)", "unexpected symbol found 5"],
  ["fields nosuch(ms)", "the function nosuch is not supported by the sandbox"],
  ["parse @message 'a * b' as x, y", "a name for each *"],
])("the query %s is malformed and says where", async (query, why) => {
  const { start } = await filled();
  await expect(start(query)).rejects.toThrow(
    expect.objectContaining({ name: "MalformedQueryException", message: expect.stringContaining(why) }),
  );
});

test("queries are described as AWS does it, and their rows are there after a restart", async () => {
  const dataDir = temporaryFolder();
  const first = await filled(dataDir);
  const { queryId } = await first.start("fields @message | limit 1");
  await first.results(queryId);
  await expect(first.client.send(new StopQueryCommand({ queryId }))).rejects.toThrow("not in Running or Scheduled");
  await first.sandbox.stop();
  const { client, results, start } = await lines(dataDir);
  expect((await results(queryId)).results).toHaveLength(1);
  const { queries } = await client.send(new DescribeQueriesCommand({ logGroupName: "/orders", status: "Complete" }));
  expect(queries).toMatchObject([
    {
      ...{ queryId, queryLanguage: "CWLI", status: "Complete", logGroupName: "/orders" },
      queryString: `SOURCE "/orders" START=${START} END=${START + 3_600_999} | fields @message | limit 1`,
    },
  ]);
  await expect(start("", { logGroupNames: ["/none"] })).rejects.toThrow(
    `Log group '/none' does not exist for account ID '${DEV}'`,
  );
});

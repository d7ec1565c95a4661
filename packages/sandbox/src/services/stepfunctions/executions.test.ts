import * as sdk from "@aws-sdk/client-sfn";
import { expect, test } from "vitest";
import { sandboxForTest } from "../../../test/support.ts";
import { outline, workflows } from "./testing.ts";

const pass = { StartAt: "S", States: { S: { Type: "Pass", Result: { Arg1: "argument1" }, End: true } } };

test("an execution's history is numbered and linked as AWS does it", async () => {
  const sandbox = await sandboxForTest();
  const { create, start, ended, history } = workflows(sandbox);
  const arn = await start(await create(pass), { a: 1 });
  expect(await ended(arn)).toMatchObject({
    status: "SUCCEEDED",
    output: '{"Arg1":"argument1"}',
    redriveStatus: "NOT_REDRIVABLE",
  });
  const events = await history(arn);
  expect(outline(events)).toEqual([
    "1<0 ExecutionStarted",
    "2<0 PassStateEntered",
    "3<2 PassStateExited",
    "4<3 ExecutionSucceeded",
  ]);
  expect(events[1]?.stateEnteredEventDetails).toEqual({
    name: "S",
    input: '{"a":1}',
    inputDetails: { truncated: false },
  });
});

test("branches run side by side, and a failed one is caught with its error", async () => {
  const sandbox = await sandboxForTest();
  const { create, start, ended, history } = workflows(sandbox);
  const machine = await create({
    StartAt: "P",
    States: {
      P: {
        Type: "Parallel",
        Branches: [
          { StartAt: "Fails", States: { Fails: { Type: "Fail", Error: "FailureType", Cause: "Cause description" } } },
          { StartAt: "Waits", States: { Waits: { Type: "Wait", Seconds: 3600, End: true } } },
        ],
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "Caught", ResultPath: "$.problem" }],
        End: true,
      },
      Caught: { Type: "Pass", End: true },
    },
  });
  const arn = await start(machine, { kept: true });
  const { output } = await ended(arn);
  expect(JSON.parse(output ?? "")).toEqual({
    kept: true,
    problem: { Error: "FailureType", Cause: "Cause description" },
  });
  expect(outline(await history(arn)).slice(2, 8)).toEqual([
    "3<2 ParallelStateStarted",
    "4<3 FailStateEntered",
    "5<3 WaitStateEntered",
    "6<4 ParallelStateFailed",
    "7<6 ParallelStateExited",
    "8<7 PassStateEntered",
  ]);
});

test("a map runs its items in turn where it must, with their index, and links its events as AWS does", async () => {
  const sandbox = await sandboxForTest();
  const { create, start, ended, history } = workflows(sandbox);
  const machine = await create({
    StartAt: "M",
    States: {
      M: {
        Type: "Map",
        ItemsPath: "$.items",
        MaxConcurrency: 1,
        ItemSelector: {
          "n.$": "$$.Map.Item.Value",
          "at.$": "$$.Map.Item.Index",
          "all.$": "States.ArrayLength($.items)",
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: "INLINE" },
          StartAt: "I",
          States: { I: { Type: "Pass", End: true } },
        },
        ResultPath: "$.done",
        End: true,
      },
    },
  });
  const arn = await start(machine, { items: ["a", "b"] });
  const { output } = await ended(arn);
  expect(JSON.parse(output ?? "")).toEqual({
    items: ["a", "b"],
    done: [
      { n: "a", at: 0, all: 2 },
      { n: "b", at: 1, all: 2 },
    ],
  });
  expect(outline(await history(arn))).toEqual([
    "1<0 ExecutionStarted",
    "2<0 MapStateEntered",
    "3<2 MapStateStarted",
    "4<3 MapIterationStarted",
    "5<4 PassStateEntered",
    "6<5 PassStateExited",
    "7<6 MapIterationSucceeded",
    "8<6 MapIterationStarted",
    "9<8 PassStateEntered",
    "10<9 PassStateExited",
    "11<10 MapIterationSucceeded",
    "12<11 MapStateSucceeded",
    "13<11 MapStateExited",
    "14<13 ExecutionSucceeded",
  ]);
});

test("choices compare numbers, text, times and other values, and fail where none holds", async () => {
  const sandbox = await sandboxForTest();
  const { create, start, ended } = workflows(sandbox);
  const rule = (more: object) => ({ ...more, Next: "Yes" });
  const machine = await create({
    StartAt: "C",
    States: {
      C: {
        Type: "Choice",
        Choices: [
          rule({
            And: [
              { Variable: "$.n", IsPresent: true },
              { Variable: "$.n", NumericGreaterThanEquals: 20 },
            ],
          }),
          rule({
            And: [
              { Variable: "$.name", IsPresent: true },
              { Variable: "$.name", StringMatches: "log-*.txt" },
            ],
          }),
          rule({
            And: [{ Variable: "$.a", IsPresent: true }, { Not: { Variable: "$.a", TimestampLessThanPath: "$.b" } }],
          }),
        ],
      },
      Yes: { Type: "Succeed" },
    },
  });
  const status = async (input: object) => (await ended(await start(machine, input))).status;
  expect(await status({ n: 20 })).toBe("SUCCEEDED");
  expect(await status({ name: "log-1.txt" })).toBe("SUCCEEDED");
  expect(await status({ a: "2026-01-02T00:00:00Z", b: "2026-01-01T23:00:00+00:00" })).toBe("SUCCEEDED");
  expect(await ended(await start(machine, { n: 19 }))).toMatchObject({
    status: "FAILED",
    error: "States.NoChoiceMatched",
  });
});

test("a wait lasts as long as the sandbox's clock says, and a machine's own limit ends it", async () => {
  const sandbox = await sandboxForTest();
  const { create, start, ended, describe } = workflows(sandbox);
  const wait = (more: object) => ({
    StartAt: "W",
    ...more,
    States: { W: { Type: "Wait", SecondsPath: "$.s", End: true } },
  });
  const waiting = await start(await create(wait({})), { s: 3600 });
  const limited = await start(await create(wait({ TimeoutSeconds: 60 }), { name: "limited" }), { s: 3600 });
  expect((await describe(waiting)).status).toBe("RUNNING");
  sandbox.clock.advance(61_000);
  expect((await ended(limited)).status).toBe("TIMED_OUT");
  expect((await describe(waiting)).status).toBe("RUNNING");
  sandbox.clock.advance(3_600_000);
  expect((await ended(waiting)).status).toBe("SUCCEEDED");
});

test("what the data doesn't have fails the state in AWS's words", async () => {
  const sandbox = await sandboxForTest();
  const { create, start, ended } = workflows(sandbox);
  const machine = await create({ StartAt: "S", States: { S: { Type: "Pass", InputPath: "$.no.such", End: true } } });
  expect(await ended(await start(machine))).toMatchObject({
    status: "FAILED",
    error: "States.Runtime",
    cause:
      "An error occurred while executing the state 'S' (entered at the event id #2). Invalid path '$.no.such' : Missing property in path $['no']",
  });
});

test("a name is one execution while it runs with the same input, and is taken afterwards", async () => {
  const sandbox = await sandboxForTest();
  const { client, create, start, history } = workflows(sandbox);
  const machine = await create({ StartAt: "W", States: { W: { Type: "Wait", Seconds: 600, End: true } } });
  const executionArn = await start(machine, { a: 1 }, "once");
  expect(await start(machine, { a: 1 }, "once")).toBe(executionArn);
  await expect(start(machine, { a: 2 }, "once")).rejects.toThrow(`Execution Already Exists: '${executionArn}'`);
  await client.send(new sdk.StopExecutionCommand({ executionArn, error: "Enough", cause: "because" }));
  expect((await history(executionArn)).at(-1)).toMatchObject({
    type: "ExecutionAborted",
    previousEventId: 0,
    executionAbortedEventDetails: { error: "Enough", cause: "because" },
  });
  await expect(start(machine, { a: 1 }, "once")).rejects.toThrow(sdk.ExecutionAlreadyExists);
  const { executions } = await client.send(
    new sdk.ListExecutionsCommand({ stateMachineArn: machine, statusFilter: "ABORTED" }),
  );
  expect(executions?.map(({ name }) => name)).toEqual(["once"]);
});

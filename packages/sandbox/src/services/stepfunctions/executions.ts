import type * as sdk from "@aws-sdk/client-sfn";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { notImplemented } from "./asl/definition.ts";
import type { Json } from "./asl/json.ts";
import { beat, settleToken, type TokenResult } from "./engine/callbacks.ts";
import { engineOf } from "./engine/engine.ts";
import type { StoredEvent } from "./engine/journal.ts";
import { announceStatus } from "./engine/tell.ts";
import {
  type ExecutionRecord,
  executionsOf,
  findExecution,
  getExecution,
  getMachine,
  invalid,
  isName,
  listedUntilMs,
  machineMissing,
  machines,
  putExecution,
  readMachineArn,
} from "./records.ts";
import { resolveVersion } from "./versions.ts";

const LARGEST_INPUT_BYTES = 262_144;
const STATUSES = ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"];

/** The same name with the same input while it runs is the same execution; otherwise the name is taken. */
function startExecution(context: Context, input: sdk.StartExecutionInput): sdk.StartExecutionOutput {
  const arn = input.stateMachineArn ?? "";
  const { name: machineName, qualifier } = readMachineArn(arn);
  const version = qualifier === undefined ? undefined : resolveVersion(context, arn);
  const machine = version?.machine ?? machines(context).get(machineName);
  if (!machine || !arn.startsWith(machine.arn)) throw machineMissing(arn);
  const name = input.name ?? context.random.uuid();
  if (!isName(name)) throw new AwsError("InvalidName", `Invalid Name: '${name}'`);
  const text = input.input ?? "{}";
  checkInput(text);
  const executionArn = `${machine.arn.replace(":stateMachine:", ":execution:")}:${name}`;
  const known = findExecution(context.store.sql, executionArn);
  if (known) {
    if (known.status === "RUNNING" && known.input === text) {
      return { executionArn, startDate: new Date(known.startedAtMs) };
    }
    throw new AwsError("ExecutionAlreadyExists", `Execution Already Exists: '${executionArn}'`);
  }
  const record: ExecutionRecord = {
    arn: executionArn,
    name,
    machine,
    versionArn: version?.arn,
    aliasArn: version?.aliasArn,
    status: "RUNNING",
    input: text,
    output: undefined,
    error: undefined,
    cause: undefined,
    startedAtMs: context.clock.now().getTime(),
    stoppedAtMs: undefined,
    traceHeader: input.traceHeader ?? context.traceHeader,
  };
  putExecution(context.store.sql, record);
  announceStatus(context, record);
  engineOf(context.runtime).run(record);
  return { executionArn, startDate: new Date(record.startedAtMs) };
}

function checkInput(text: string): void {
  const invalidInput = (reason: string) =>
    new AwsError("InvalidExecutionInput", `Invalid State Machine Execution Input: '${reason}'`);
  if (text === "") throw invalidInput("Invalid execution input.");
  if (Buffer.byteLength(text) > LARGEST_INPUT_BYTES) {
    throw invalid(
      `1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to ${LARGEST_INPUT_BYTES}`,
    );
  }
  try {
    JSON.parse(text);
  } catch (error) {
    const word = /^[A-Za-z_]+/.exec(text.trim())?.[0];
    throw invalidInput(
      word === undefined
        ? (error as Error).message
        : `Unrecognized token '${word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`,
    );
  }
}

function describeExecution(context: Context, input: sdk.DescribeExecutionInput): sdk.DescribeExecutionOutput {
  const record = getExecution(context, input.executionArn);
  const isOpen = record.status === "RUNNING" || record.status === "SUCCEEDED";
  return {
    executionArn: record.arn,
    stateMachineArn: record.machine.arn,
    name: record.name,
    status: record.status,
    startDate: new Date(record.startedAtMs),
    input: record.input,
    inputDetails: { included: true },
    redriveCount: 0,
    redriveStatus: isOpen ? "NOT_REDRIVABLE" : "REDRIVABLE",
    ...(isOpen ? { redriveStatusReason: `Execution is ${record.status} and cannot be redriven` } : {}),
    ...(record.stoppedAtMs === undefined ? {} : { stopDate: new Date(record.stoppedAtMs) }),
    ...(record.output === undefined ? {} : { output: record.output, outputDetails: { included: true } }),
    ...(record.error === undefined ? {} : { error: record.error }),
    ...(record.cause === undefined ? {} : { cause: record.cause }),
    ...(record.versionArn === undefined ? {} : { stateMachineVersionArn: record.versionArn }),
    ...(record.aliasArn === undefined ? {} : { stateMachineAliasArn: record.aliasArn }),
    ...(record.traceHeader === undefined ? {} : { traceHeader: record.traceHeader }),
  };
}

async function stopExecution(context: Context, input: sdk.StopExecutionInput): Promise<sdk.StopExecutionOutput> {
  const record = getExecution(context, input.executionArn);
  if (record.status === "RUNNING") await engineOf(context.runtime).abort(record, input.error, input.cause);
  const ended = getExecution(context, input.executionArn);
  return { stopDate: new Date(ended.stoppedAtMs ?? context.clock.now().getTime()) };
}

/**
 * Eventually consistent: https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
 * Newest first, in pages by position: executions are only added at the front.
 */
function listExecutions(context: Context, input: sdk.ListExecutionsInput): sdk.ListExecutionsOutput {
  if (input.mapRunArn !== undefined) throw notImplemented("ListExecutions by a map run");
  const status = input.statusFilter;
  if (status !== undefined && !STATUSES.includes(status)) {
    throw invalid(
      `1 validation error detected: Value '${status}' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [${STATUSES.join(", ")}]`,
    );
  }
  const machine = getMachine(context, input.stateMachineArn);
  const { qualifier } = readMachineArn(input.stateMachineArn);
  const all = executionsOf(context.store.sql, machine.arn).filter(
    (one) =>
      one.startedAtMs <= listedUntilMs(context) &&
      (status === undefined || one.status === status) &&
      (qualifier === undefined || one.versionArn === input.stateMachineArn || one.aliasArn === input.stateMachineArn),
  );
  const after = input.nextToken === undefined ? -1 : all.findIndex(({ arn }) => arn === fromToken(input.nextToken));
  const shown = all.slice(after + 1, after + 1 + (input.maxResults || 100));
  const last = shown.at(-1);
  const isMore = last !== undefined && last !== all.at(-1);
  return {
    executions: shown.map((record) => {
      const {
        executionArn,
        stateMachineArn,
        name,
        status: now,
        startDate,
        stopDate,
      } = describeExecution(context, {
        executionArn: record.arn,
      });
      return {
        executionArn,
        stateMachineArn,
        name,
        status: now,
        startDate,
        redriveCount: 0,
        ...(stopDate ? { stopDate } : {}),
        ...(record.versionArn === undefined ? {} : { stateMachineVersionArn: record.versionArn }),
        ...(record.aliasArn === undefined ? {} : { stateMachineAliasArn: record.aliasArn }),
      };
    }),
    ...(isMore ? { nextToken: Buffer.from(last.arn).toString("base64url") } : {}),
  };
}

const fromToken = (token = "") => Buffer.from(token, "base64url").toString();

function getExecutionHistory(context: Context, input: sdk.GetExecutionHistoryInput): sdk.GetExecutionHistoryOutput {
  const { arn } = getExecution(context, input.executionArn);
  const size = input.maxResults || 100;
  const [order, compare] = input.reverseOrder ? ["DESC", "<"] : ["ASC", ">"];
  const after =
    input.nextToken === undefined
      ? input.reverseOrder
        ? Number.MAX_SAFE_INTEGER
        : 0
      : Number(fromToken(input.nextToken));
  const rows = context.store.sql
    .prepare(`SELECT event FROM sfn_events WHERE execution = ? AND id ${compare} ? ORDER BY id ${order} LIMIT ?`)
    .all(arn, after, size + 1)
    .map(({ event }) => JSON.parse(event as string) as StoredEvent);
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return {
    events: shown.map((event) => historyEvent(event, input.includeExecutionData ?? true)),
    ...(rows.length > size && last ? { nextToken: Buffer.from(String(last.id)).toString("base64url") } : {}),
  };
}

const DATA = ["input", "output", "parameters", "cause"];

function historyEvent({ id, type, previous, atMs, details }: StoredEvent, withData: boolean): sdk.HistoryEvent {
  const shown = withData ? details : Object.fromEntries(Object.entries(details).filter(([key]) => !DATA.includes(key)));
  const isEmpty = Object.keys(details).length === 0 && !type.startsWith("Execution");
  return {
    timestamp: new Date(atMs),
    type: type as sdk.HistoryEventType,
    id,
    previousEventId: previous,
    ...(isEmpty ? {} : { [detailsMember(type)]: shown }),
  };
}

function detailsMember(type: string): string {
  if (type.endsWith("StateEntered")) return "stateEnteredEventDetails";
  if (type.endsWith("StateExited")) return "stateExitedEventDetails";
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

function settle(context: Context, token: string | undefined, result: TokenResult): object {
  settleToken(context.store.sql, token, result);
  engineOf(context.runtime).wake(token ?? "");
  return {};
}

function sendTaskSuccess(context: Context, input: sdk.SendTaskSuccessInput): object {
  let ok: Json;
  try {
    ok = JSON.parse(input.output ?? "") as Json;
  } catch (error) {
    throw new AwsError("InvalidOutput", `Invalid Output: '${(error as Error).message}'`);
  }
  return settle(context, input.taskToken, { ok });
}

export const executionOperations: Operations<typeof sdk> = {
  StartExecution: startExecution,
  DescribeExecution: describeExecution,
  StopExecution: stopExecution,
  ListExecutions: listExecutions,
  GetExecutionHistory: getExecutionHistory,
  SendTaskSuccess: sendTaskSuccess,
  SendTaskFailure: (context, input) =>
    settle(context, input.taskToken, { error: input.error ?? null, reason: input.cause ?? null }),
  SendTaskHeartbeat: (context, input) => {
    beat(context.store.sql, input.taskToken, context.clock.now().getTime());
    engineOf(context.runtime).wake(input.taskToken ?? "");
    return {};
  },
};

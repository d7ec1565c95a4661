import type { DatabaseSync } from "node:sqlite";
import type { ExecutionStatus, LoggingConfiguration, RoutingConfigurationListItem } from "@aws-sdk/client-sfn";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";

export interface MachineRecord {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definition: string;
  readonly logging: LoggingConfiguration;
  readonly tracing: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Undefined until the first update, as AWS shows it. */
  readonly revisionId: string | undefined;
  readonly nextVersion: number;
}

/** A published version: the machine as it was then. */
export interface VersionRecord {
  readonly arn: string;
  readonly number: number;
  readonly machine: MachineRecord;
  readonly description: string;
  readonly createdAtMs: number;
}

export interface AliasRecord {
  readonly arn: string;
  readonly name: string;
  readonly description: string;
  readonly routing: readonly RoutingConfigurationListItem[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** An execution and everything that it runs on: updating the machine changes nothing for it. */
export interface ExecutionRecord {
  readonly arn: string;
  readonly name: string;
  readonly machine: MachineRecord;
  readonly versionArn: string | undefined;
  readonly aliasArn: string | undefined;
  readonly status: ExecutionStatus;
  readonly input: string;
  readonly output: string | undefined;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly startedAtMs: number;
  readonly stoppedAtMs: number | undefined;
  readonly traceHeader: string | undefined;
}

/** In realistic mode lists show so late what was made or started; AWS calls them best effort and names no figure. */
const LIST_LATE_MS = 2000;
/** Until when lists know what was made. */
export const listedUntilMs = ({ clock }: Pick<Context, "clock">) =>
  clock.now().getTime() - (clock.isRealistic ? LIST_LATE_MS : 0);

type Stored = Pick<Context, "collection">;
export const machines = (from: Stored) => from.collection<MachineRecord>("machines");
/** By `<machine>/<number, 10 digits>`. */
export const versions = (from: Stored) => from.collection<VersionRecord>("versions");
/** By `<machine>/<alias>`. */
export const aliases = (from: Stored) => from.collection<AliasRecord>("aliases");
export const versionKey = (machine: string, number: number) => `${machine}/${String(number).padStart(10, "0")}`;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sfn_executions (
    arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, machine TEXT NOT NULL, status TEXT NOT NULL,
    startedAtMs INTEGER NOT NULL, record TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS sfn_executions_by_machine ON sfn_executions (machine, startedAtMs);
  CREATE INDEX IF NOT EXISTS sfn_executions_by_status ON sfn_executions (status);
  CREATE TABLE IF NOT EXISTS sfn_events (
    execution TEXT NOT NULL, id INTEGER NOT NULL, thread TEXT NOT NULL, ordinal INTEGER NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (execution, id)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sfn_effects (
    execution TEXT NOT NULL, thread TEXT NOT NULL, ordinal INTEGER NOT NULL, result TEXT,
    PRIMARY KEY (execution, thread, ordinal)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sfn_tokens (
    token TEXT PRIMARY KEY, execution TEXT NOT NULL, beatAtMs INTEGER NOT NULL, result TEXT, isOver INTEGER NOT NULL
  ) WITHOUT ROWID;
`;

export const createTables = (sql: DatabaseSync) => sql.exec(SCHEMA);

export function putExecution(sql: DatabaseSync, record: ExecutionRecord): void {
  const [, , , region = "", account = ""] = record.arn.split(":");
  sql
    .prepare(
      `INSERT INTO sfn_executions VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET status = excluded.status, record = excluded.record`,
    )
    .run(record.arn, account, region, record.machine.arn, record.status, record.startedAtMs, JSON.stringify(record));
}

export function findExecution(sql: DatabaseSync, arn: string): ExecutionRecord | undefined {
  const row = sql.prepare("SELECT record FROM sfn_executions WHERE arn = ?").get(arn);
  return row ? (JSON.parse(row.record as string) as ExecutionRecord) : undefined;
}

export function runningExecutions(sql: DatabaseSync): ExecutionRecord[] {
  const rows = sql.prepare("SELECT record FROM sfn_executions WHERE status = 'RUNNING'").all();
  return rows.map(({ record }) => JSON.parse(record as string) as ExecutionRecord);
}

/** Newest first. */
export function executionsOf(sql: DatabaseSync, machineArn: string): ExecutionRecord[] {
  return sql
    .prepare("SELECT record FROM sfn_executions WHERE machine = ? ORDER BY startedAtMs DESC, rowid DESC")
    .all(machineArn)
    .map(({ record }) => JSON.parse(record as string) as ExecutionRecord);
}

export const machineArn = ({ account, region }: { account: string; region: string }, name: string) =>
  `arn:aws:states:${region}:${account}:stateMachine:${name}`;

/** What the last parts of a machine's ARN say: its name, and a version or alias. Raises `InvalidArn`. */
export function readMachineArn(arn: string | undefined): { name: string; qualifier: string | undefined } {
  const [prefix, , service, , , kind, name = "", qualifier] = (arn ?? "").split(":");
  if (prefix !== "arn") throw new AwsError("InvalidArn", `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
  if (service !== "states" || kind !== "stateMachine" || name === "") {
    throw new AwsError("InvalidArn", `Invalid Arn: 'Resource type not valid in this context: ${kind}'`);
  }
  return { name, qualifier };
}

export function machineMissing(arn: string | undefined): AwsError {
  return new AwsError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
}

/** The machine itself, whichever version or alias the ARN names. */
export function getMachine(context: Context, arn: string | undefined): MachineRecord {
  const { name } = readMachineArn(arn);
  const machine = machines(context).get(name);
  if (!machine || !arn?.startsWith(machine.arn)) throw machineMissing(arn);
  return machine;
}

export function getExecution(context: Context, arn: string | undefined): ExecutionRecord {
  if (!arn?.startsWith("arn:")) throw new AwsError("InvalidArn", `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
  const record = findExecution(context.store.sql, arn);
  const [, , , region, account] = arn.split(":");
  if (record && account === context.account && region === context.region) return record;
  throw new AwsError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
}

export function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

/** What may name a state machine or an execution. */
export const isName = (name: string) => /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u.test(name);

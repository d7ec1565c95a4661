import type * as sdk from "@aws-sdk/client-cloudwatch";
import type { HistoryItemType } from "@aws-sdk/client-cloudwatch";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operation } from "../../core/service.ts";
import { statement } from "../../core/statements.ts";
import { type AlarmRecord, isComposite } from "./alarm-records.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS cloudwatch_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, alarm TEXT NOT NULL,
    kind TEXT NOT NULL, at_ms INTEGER NOT NULL, type TEXT NOT NULL, summary TEXT NOT NULL, data TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS cloudwatch_history_by_time ON cloudwatch_history (account, region, at_ms, id);
`;
/** As long as AWS keeps it. */
const KEPT_MS = 30 * 24 * 3600 * 1000;
const PAGE = 100;

export const openHistory = (runtime: ServiceRuntime) => runtime.storeOf("", "").sql.exec(SCHEMA);

export function dropOldHistory(runtime: ServiceRuntime): void {
  const { sql } = runtime.storeOf("", "");
  sql.prepare("DELETE FROM cloudwatch_history WHERE at_ms < ?").run(runtime.clock.now().getTime() - KEPT_MS);
}

export function note(
  context: Context,
  alarm: AlarmRecord,
  item: { type: HistoryItemType; summary: string; data: object; atMs: number },
): void {
  statement(
    context.store.sql,
    "INSERT INTO cloudwatch_history (account, region, alarm, kind, at_ms, type, summary, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
  ).run(
    ...[context.account, context.region, alarm.name, isComposite(alarm) ? "CompositeAlarm" : "MetricAlarm"],
    ...[item.atMs, item.type, item.summary, JSON.stringify({ version: "1.0", ...item.data })],
  );
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html */
export const describeAlarmHistory: Operation<typeof sdk, "DescribeAlarmHistory"> = (context, input) => {
  const { AlarmName, AlarmContributorId, AlarmTypes, HistoryItemType, StartDate, EndDate, ScanBy, NextToken } = input;
  if (AlarmContributorId !== undefined) {
    throw new AwsError("NotImplemented", "sandbox: CloudWatch alarm contributors are not implemented", { status: 501 });
  }
  const size = input.MaxRecords ?? PAGE;
  const skip = Number(NextToken ?? 0);
  if (!Number.isInteger(skip)) throw new AwsError("InvalidNextToken", "The next token specified is invalid.");
  const order = ScanBy === "TimestampAscending" ? "ASC" : "DESC";
  const rows = statement(
    context.store.sql,
    `SELECT * FROM cloudwatch_history WHERE account = :account AND region = :region AND at_ms >= :from AND at_ms <= :to
     AND (:alarm IS NULL OR alarm = :alarm) AND (:type IS NULL OR type = :type)
     AND kind IN (SELECT value FROM json_each(:kinds)) ORDER BY at_ms ${order}, id ${order} LIMIT :most OFFSET :skip`,
  ).all({
    account: context.account,
    region: context.region,
    from: StartDate?.getTime() ?? 0,
    to: EndDate?.getTime() ?? Number.MAX_SAFE_INTEGER,
    alarm: AlarmName ?? null,
    type: HistoryItemType ?? null,
    kinds: JSON.stringify(AlarmTypes ?? ["MetricAlarm"]),
    most: size + 1,
    skip,
  });
  return {
    AlarmHistoryItems: rows.slice(0, size).map((row) => ({
      AlarmName: String(row.alarm),
      AlarmType: row.kind as "MetricAlarm",
      Timestamp: new Date(Number(row.at_ms)),
      HistoryItemType: row.type as HistoryItemType,
      HistorySummary: String(row.summary),
      HistoryData: String(row.data),
    })),
    NextToken: rows.length > size ? String(skip + size) : undefined,
  };
};

import type * as sdk from "@aws-sdk/client-dynamodb";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { keep } from "./describe.ts";
import { getTable, invalid, type TableRecord, tableOfArn } from "./records.ts";

const DAY_MS = 24 * 3600 * 1000;
const DEFAULT_RECOVERY_DAYS = 35;
/** Backups are behind by about this much. */
const RECOVERY_LAG_MS = 5 * 60 * 1000;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html */
function updateTimeToLive(context: Context, input: sdk.UpdateTimeToLiveInput): sdk.UpdateTimeToLiveOutput {
  const table = getTable(context, input.TableName);
  const { Enabled = false, AttributeName = "" } = input.TimeToLiveSpecification ?? {};
  if (AttributeName === "") throw invalid("TimeToLiveSpecification: AttributeName must not be empty");
  if (Enabled && table.timeToLive !== undefined) throw invalid("TimeToLive is already enabled");
  if (!Enabled && table.timeToLive === undefined) throw invalid("TimeToLive is already disabled");
  if (!Enabled && table.timeToLive !== AttributeName)
    throw invalid(`TimeToLive is active on a different AttributeName: current AttributeName is ${table.timeToLive}`);
  keep(context, { ...table, timeToLive: Enabled ? AttributeName : undefined });
  return { TimeToLiveSpecification: { Enabled, AttributeName } };
}

function describeTimeToLive(context: Context, input: sdk.DescribeTimeToLiveInput): sdk.DescribeTimeToLiveOutput {
  const { timeToLive } = getTable(context, input.TableName);
  if (timeToLive === undefined) return { TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" } };
  return { TimeToLiveDescription: { TimeToLiveStatus: "ENABLED", AttributeName: timeToLive } };
}

function continuousBackups(context: Context, table: TableRecord): sdk.ContinuousBackupsDescription {
  const { recovery } = table;
  if (!recovery) {
    return {
      ContinuousBackupsStatus: "ENABLED",
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: "DISABLED" },
    };
  }
  const nowMs = context.clock.now().getTime();
  const latestMs = Math.max(recovery.sinceMs, nowMs - RECOVERY_LAG_MS);
  return {
    ContinuousBackupsStatus: "ENABLED",
    PointInTimeRecoveryDescription: {
      PointInTimeRecoveryStatus: "ENABLED",
      RecoveryPeriodInDays: recovery.days,
      EarliestRestorableDateTime: new Date(Math.max(recovery.sinceMs, nowMs - recovery.days * DAY_MS)),
      LatestRestorableDateTime: new Date(latestMs),
    },
  };
}

/** The table of a backup's request: AWS has an error of its own for one that isn't there. */
function backedUp(context: Context, name: string | undefined): TableRecord {
  try {
    return getTable(context, name);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "ResourceNotFoundException") throw error;
    throw new AwsError("TableNotFoundException", `Table not found: ${name}`);
  }
}

function updateBackups(context: Context, input: sdk.UpdateContinuousBackupsInput): sdk.UpdateContinuousBackupsOutput {
  const table = backedUp(context, input.TableName);
  const { PointInTimeRecoveryEnabled: enabled, RecoveryPeriodInDays: days = DEFAULT_RECOVERY_DAYS } =
    input.PointInTimeRecoverySpecification ?? {};
  if (days < 1 || days > DEFAULT_RECOVERY_DAYS) throw invalid("RecoveryPeriodInDays must be between 1 and 35");
  const sinceMs = table.recovery?.sinceMs ?? context.clock.now().getTime();
  const changed = { ...table, recovery: enabled ? { sinceMs, days } : undefined };
  keep(context, changed);
  return { ContinuousBackupsDescription: continuousBackups(context, changed) };
}

export const settingOperations: Operations<typeof sdk> = {
  UpdateTimeToLive: updateTimeToLive,
  DescribeTimeToLive: describeTimeToLive,
  UpdateContinuousBackups: updateBackups,
  DescribeContinuousBackups: (context, input) => ({
    ContinuousBackupsDescription: continuousBackups(context, backedUp(context, input.TableName)),
  }),
  TagResource: (context, input) => {
    const table = tableOfArn(context, input.ResourceArn);
    const given = Object.fromEntries((input.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
    keep(context, { ...table, tags: { ...table.tags, ...given } });
    return {};
  },
  UntagResource: (context, input) => {
    const table = tableOfArn(context, input.ResourceArn);
    const left = Object.entries(table.tags).filter(([key]) => !input.TagKeys?.includes(key));
    keep(context, { ...table, tags: Object.fromEntries(left) });
    return {};
  },
  ListTagsOfResource: (context, input) => {
    const { tags } = tableOfArn(context, input.ResourceArn);
    return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
  },
};

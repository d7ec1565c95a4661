import type * as sdk from "@aws-sdk/client-scheduler";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import { isTimeZone, parseSchedule } from "../../core/schedule-expression.ts";
import type { Operations } from "../../core/service.ts";
import { canAssume, isKnownTarget } from "../../core/targets.ts";
import { pokeSchedules, rearmed } from "./fire.ts";
import { DEFAULT_GROUP, getGroup, getSchedule, keyOf, type ScheduleRecord, schedulesOf } from "./records.ts";
import { isKnownUniversal, isUniversal } from "./universal.ts";

const NAME = /^[0-9a-zA-Z-_.]{1,64}$/;
const BUS = /^arn:aws:events:[^:]+:\d{12}:event-bus\//;
const LONGEST_WINDOW = 1440;
const PAGE = 100;
const NOT_HERE = ["EcsParameters", "KinesisParameters", "SageMakerPipelineParameters"] as const;

const invalid = (message: string) => new AwsError("ValidationException", message);

type Given = sdk.CreateScheduleInput | sdk.UpdateScheduleInput;

/** Raises `ValidationException`, or 501 for what isn't here. */
async function checkTarget(context: Context, target: sdk.Target | undefined, scheduleArn: string): Promise<sdk.Target> {
  const { Arn: arn = "", RoleArn = "", Input } = target ?? {};
  if (!target || !arn.startsWith("arn:")) throw invalid(`Provided Arn is not in correct format: ${arn}`);
  const missing = NOT_HERE.find((name) => target[name] !== undefined);
  const isKnown = isUniversal(arn) ? await isKnownUniversal(arn) : BUS.test(arn) || isKnownTarget(arn);
  if (missing !== undefined || !isKnown) {
    const what = missing ?? `targets like ${arn}`;
    throw new AwsError("NotImplemented", `sandbox: EventBridge Scheduler ${what} not implemented`, { status: 501 });
  }
  if (BUS.test(arn) && !target.EventBridgeParameters)
    throw invalid("EventBridgeParameters is required for event buses.");
  if (Input !== undefined && (isUniversal(arn) || BUS.test(arn)) && !isJson(Input)) throw invalid("Input isn't JSON.");
  if (await canAssume(context, RoleArn, scheduleArn)) return target;
  throw invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function windowOf(window: sdk.FlexibleTimeWindow | undefined): number {
  if (window?.Mode !== "FLEXIBLE") return 0;
  const minutes = window.MaximumWindowInMinutes;
  if (minutes !== undefined && minutes >= 1 && minutes <= LONGEST_WINDOW) return minutes;
  throw invalid(`MaximumWindowInMinutes must be between 1 and ${LONGEST_WINDOW}.`);
}

/** The record of what is asked for; raises `ValidationException`. */
async function readSchedule(context: Context, given: Given): Promise<ScheduleRecord> {
  const { Name: name = "", GroupName: group = DEFAULT_GROUP, ScheduleExpression: expression = "" } = given;
  if (!NAME.test(name)) throw invalid(`Schedule name "${name}" must match [0-9a-zA-Z-_.]{1,64}.`);
  getGroup(context, group);
  const zone = given.ScheduleExpressionTimezone ?? "UTC";
  if (!isTimeZone(zone)) throw invalid(`Invalid Schedule Expression Timezone: ${zone}.`);
  const parsed = parseSchedule(expression, { zone });
  if (!parsed) throw invalid(`Invalid Schedule Expression ${expression}.`);
  if (given.KmsKeyArn !== undefined) {
    throw new AwsError("NotImplemented", "sandbox: EventBridge Scheduler keys are not implemented", { status: 501 });
  }
  const [startMs, endMs] = [given.StartDate?.getTime(), given.EndDate?.getTime()];
  if (startMs !== undefined && endMs !== undefined && startMs >= endMs) {
    throw invalid("The EndDate you specify must come after the StartDate.");
  }
  const nowMs = context.clock.now().getTime();
  const arn = `arn:aws:scheduler:${context.region}:${context.account}:schedule/${group}/${name}`;
  return {
    name,
    group,
    arn,
    expression,
    zone,
    state: given.State ?? "ENABLED",
    description: given.Description,
    // Of one that happens once they say nothing.
    ...(parsed.kind === "at" ? {} : { startMs, endMs }),
    windowMinutes: windowOf(given.FlexibleTimeWindow),
    deleteAfterwards: given.ActionAfterCompletion === "DELETE",
    target: await checkTarget(context, given.Target, arn),
    createdAtMs: nowMs,
    modifiedAtMs: nowMs,
    sinceMs: nowMs,
    token: given.ClientToken,
  };
}

export const scheduleOperations: Operations<typeof sdk> = {
  async CreateSchedule(context, input) {
    const before = schedulesOf(context).get(keyOf({ group: input.GroupName ?? DEFAULT_GROUP, name: input.Name ?? "" }));
    if (before && before.token === input.ClientToken) return { ScheduleArn: before.arn };
    const schedule = await readSchedule(context, input);
    if (schedulesOf(context).get(keyOf(schedule))) {
      throw new AwsError("ConflictException", `Schedule ${schedule.name} already exists.`);
    }
    schedulesOf(context).put(keyOf(schedule), rearmed(schedule, schedule.sinceMs));
    pokeSchedules(context.runtime);
    return { ScheduleArn: schedule.arn };
  },

  async UpdateSchedule(context, input) {
    const before = getSchedule(context, input.Name, input.GroupName);
    const read = await readSchedule(context, input);
    const schedule = { ...read, createdAtMs: before.createdAtMs };
    schedulesOf(context).put(keyOf(schedule), rearmed(schedule, schedule.sinceMs));
    pokeSchedules(context.runtime);
    return { ScheduleArn: schedule.arn };
  },

  GetSchedule(context, { Name, GroupName }) {
    const schedule = getSchedule(context, Name, GroupName);
    const date = (atMs: number | undefined) => (atMs === undefined ? undefined : new Date(atMs));
    return {
      Arn: schedule.arn,
      GroupName: schedule.group,
      Name: schedule.name,
      ScheduleExpression: schedule.expression,
      ScheduleExpressionTimezone: schedule.zone,
      StartDate: date(schedule.startMs),
      EndDate: date(schedule.endMs),
      Description: schedule.description,
      State: schedule.state,
      CreationDate: new Date(schedule.createdAtMs),
      LastModificationDate: new Date(schedule.modifiedAtMs),
      Target: {
        RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
        ...schedule.target,
      },
      FlexibleTimeWindow:
        schedule.windowMinutes === 0
          ? { Mode: "OFF" }
          : { Mode: "FLEXIBLE", MaximumWindowInMinutes: schedule.windowMinutes },
      ActionAfterCompletion: schedule.deleteAfterwards ? "DELETE" : "NONE",
    };
  },

  DeleteSchedule(context, { Name, GroupName }) {
    schedulesOf(context).delete(keyOf(getSchedule(context, Name, GroupName)));
    pokeSchedules(context.runtime);
    return {};
  },

  ListSchedules(context, { GroupName, NamePrefix = "", State, NextToken, MaxResults = PAGE }) {
    if (GroupName !== undefined) getGroup(context, GroupName);
    const all = schedulesOf(context)
      .list(GroupName === undefined ? "" : `${GroupName}/`)
      .filter(({ value }) => value.name.startsWith(NamePrefix) && (State === undefined || value.state === State));
    const { items, nextToken } = page(all, ({ key }) => key, { token: NextToken, size: MaxResults });
    const Schedules = items.map(({ value }) => ({
      Arn: value.arn,
      Name: value.name,
      GroupName: value.group,
      State: value.state,
      CreationDate: new Date(value.createdAtMs),
      LastModificationDate: new Date(value.modifiedAtMs),
      Target: { Arn: value.target.Arn },
    }));
    return { Schedules, NextToken: nextToken };
  },
};

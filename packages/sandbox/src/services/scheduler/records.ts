import type { ScheduleState, Tag, Target } from "@aws-sdk/client-scheduler";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Collection } from "../../core/store.ts";

export interface GroupRecord {
  readonly name: string;
  readonly arn: string;
  readonly tags: readonly Tag[];
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  /** The token of the call that made it: the same call again is no conflict. */
  readonly token?: string | undefined;
}

export interface ScheduleRecord {
  readonly name: string;
  readonly group: string;
  readonly arn: string;
  readonly expression: string;
  readonly zone: string;
  readonly state: ScheduleState;
  readonly description?: string | undefined;
  readonly startMs?: number | undefined;
  readonly endMs?: number | undefined;
  /** 0: the window is off. */
  readonly windowMinutes: number;
  readonly deleteAfterwards: boolean;
  readonly target: Target;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  /** What a rate counts from. */
  readonly sinceMs: number;
  /** The next occurrence; undefined when there is none any more. */
  readonly nextAtMs?: number | undefined;
  readonly token?: string | undefined;
}

export const DEFAULT_GROUP = "default";

type Home = Pick<Context, "collection">;

const groups = (home: Home): Collection<GroupRecord> => home.collection("groups");

/** By `group/name`. */
export const schedulesOf = (home: Home): Collection<ScheduleRecord> => home.collection("schedules");

const groupArn = ({ account, region }: Pick<Context, "account" | "region">, name: string) =>
  `arn:aws:scheduler:${region}:${account}:schedule-group/${name}`;

export function findGroup(context: Context, name: string): GroupRecord | undefined {
  const known = groups(context).get(name);
  if (known || name !== DEFAULT_GROUP) return known;
  return { name, arn: groupArn(context, name), tags: [], createdAtMs: 0, modifiedAtMs: 0 };
}

export function getGroup(context: Context, name = DEFAULT_GROUP): GroupRecord {
  const group = findGroup(context, name);
  if (!group) throw new AwsError("ResourceNotFoundException", `Schedule group ${name} does not exist.`);
  return group;
}

export const newGroup = (context: Context, name: string, given: Pick<GroupRecord, "tags" | "token">): GroupRecord => {
  const nowMs = context.clock.now().getTime();
  return { name, arn: groupArn(context, name), createdAtMs: nowMs, modifiedAtMs: nowMs, ...given };
};

export const saveGroup = (home: Home, group: GroupRecord) => groups(home).put(group.name, group);
export const removeGroup = (home: Home, name: string) => groups(home).delete(name);

export function listGroups(context: Context): GroupRecord[] {
  const made = groups(context)
    .list()
    .map(({ value }) => value);
  const standard = made.some(({ name }) => name === DEFAULT_GROUP) ? [] : [getGroup(context)];
  return [...standard, ...made].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export const keyOf = ({ group, name }: Pick<ScheduleRecord, "group" | "name">) => `${group}/${name}`;

export function getSchedule(context: Context, name = "", group = DEFAULT_GROUP): ScheduleRecord {
  getGroup(context, group);
  const schedule = schedulesOf(context).get(keyOf({ group, name }));
  if (!schedule) throw new AwsError("ResourceNotFoundException", `Schedule ${name} does not exist.`);
  return schedule;
}

import type { Context } from "../../core/context.ts";
import { note } from "./alarm-history.ts";
import {
  type AlarmRecord,
  type AlarmState,
  alarmArn,
  alarms,
  type CompositeAlarmRecord,
  documentTime,
  isComposite,
  type StateName,
} from "./alarm-records.ts";
import { parseRule } from "./composite-rule.ts";

/** A change of state whose actions haven't all been carried out: kept until they are, so that a crash loses none. */
export interface StateChange {
  readonly alarm: AlarmRecord;
  readonly before: AlarmState;
}

export const pendingChanges = (context: Pick<Context, "collection">) =>
  context.collection<StateChange>("state-changes");

/** Composite alarms of composite alarms may refer to each other in a ring; AWS can't evaluate such a ring either. */
const DEEPEST = 50;

/**
 * Puts an alarm into a state, with its history and what is to be done about it, and then the composite alarms that
 * depend on it. Returns whether anything changed. What is to be done is done by `alarm-actions.ts`.
 */
export function changeState(context: Context, alarm: AlarmRecord, state: AlarmState): boolean {
  if (alarm.state.value === state.value) return false;
  context.store.transaction(() => {
    enter(context, alarm, state);
    cascade(context, alarm.name, state.at, 0);
  });
  return true;
}

function enter(context: Context, alarm: AlarmRecord, state: AlarmState): void {
  const after: AlarmRecord = { ...alarm, state };
  alarms(context).put(alarm.name, after);
  const order = `${String(Date.parse(state.at)).padStart(15, "0")} ${context.random.uuid()}`;
  pendingChanges(context).put(order, { alarm: after, before: alarm.state });
  note(context, after, {
    type: "StateUpdate",
    summary: `Alarm updated from ${alarm.state.value} to ${state.value}`,
    data: { oldState: historyState(alarm.state), newState: historyState(state) },
    atMs: Date.parse(state.at),
  });
}

const historyState = ({ value, reason, data }: AlarmState) => ({
  stateValue: value,
  stateReason: reason,
  ...(data === undefined ? {} : { stateReasonData: readJson(data) }),
});

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // SetAlarmState takes any text.
    return text;
  }
}

function cascade(context: Context, child: string, at: string, depth: number): void {
  if (depth > DEEPEST) return;
  for (const { value: parent } of alarms(context).list()) {
    if (!isComposite(parent)) continue;
    const rule = parseRule(parent.settings.AlarmRule ?? "");
    if (!rule.children.includes(child)) continue;
    const value = compositeState(context, parent);
    if (value === parent.state.value) continue;
    const changed = alarms(context).get(child);
    const reason = `${alarmArn(context, child)} transitioned to ${changed?.state.value} at ${longTime(at)}`;
    enter(context, parent, { value, reason, data: triggering(context, [child]), at });
    cascade(context, parent.name, at, depth + 1);
  }
}

export function compositeState(context: Context, { settings }: Pick<CompositeAlarmRecord, "settings">): StateName {
  const stateOf = (name: string) => alarms(context).get(name)?.state.value;
  return parseRule(settings.AlarmRule ?? "").holds(stateOf) ? "ALARM" : "OK";
}

/** What a composite alarm's state came from, as `StateReasonData` has it. */
export function triggering(context: Context, names: readonly string[]): string {
  const triggeringAlarms = names.flatMap((name) => {
    const child = alarms(context).get(name);
    if (!child) return [];
    return [
      { arn: alarmArn(context, name), state: { value: child.state.value, timestamp: documentTime(child.state.at) } },
    ];
  });
  return JSON.stringify({ triggeringAlarms });
}

/** `Sunday 30 October, 2022 20:47:35 UTC` */
function longTime(at: string): string {
  const date = new Date(at);
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options }).format(date);
  const day = `${part({ weekday: "long" })} ${part({ day: "2-digit" })} ${part({ month: "long" })}`;
  return `${day}, ${date.getUTCFullYear()} ${at.slice(11, 19)} UTC`;
}

import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { PublishCommand } from "@aws-sdk/client-sns";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { lambdaEvent, notification, stateChangeEvent, subject } from "./alarm-documents.ts";
import { note } from "./alarm-history.ts";
import { type AlarmRecord, alarmArn, isComposite } from "./alarm-records.ts";
import { pendingChanges, type StateChange } from "./alarm-state.ts";

declare module "../../core/context.ts" {
  interface SandboxSignals {
    /** An alarm acts on something that isn't a topic or a function: a scaling policy. */
    "cloudwatch.alarm-action": {
      type: "cloudwatch.alarm-action";
      account: string;
      region: string;
      alarmArn: string;
      state: string;
      actionArn: string;
    };
  }
}

const working = new WeakMap<ServiceRuntime, Promise<void>>();

/**
 * Carries out what state changes ask for, in their order: the event on the account's bus, then the alarm's actions. In
 * the background, one after the other. What was under way when the sandbox died is done again at the next start.
 */
export function carryOut(context: Context): Promise<void> {
  const before = working.get(context.runtime) ?? Promise.resolve();
  const now = before.then(async () => {
    for (const { key, value } of pendingChanges(context).list()) {
      await actOn(context, value);
      pendingChanges(context).delete(key);
    }
  });
  working.set(context.runtime, now);
  return now;
}

export const carriedOut = (runtime: ServiceRuntime) => working.get(runtime) ?? Promise.resolve();

async function actOn(context: Context, change: StateChange): Promise<void> {
  const { alarm } = change;
  try {
    await context.send(new PutEventsCommand({ Entries: [stateChangeEvent(context, change)] }));
  } catch (error) {
    context.log("event.lost", { alarm: alarm.name, error: String(error) });
  }
  if (alarm.settings.ActionsEnabled === false) return;
  for (const action of actionsOf(alarm)) await act(context, change, action);
}

function actionsOf({ settings, state }: AlarmRecord): readonly string[] {
  if (state.value === "ALARM") return settings.AlarmActions ?? [];
  return (state.value === "OK" ? settings.OKActions : settings.InsufficientDataActions) ?? [];
}

async function act(context: Context, change: StateChange, action: string): Promise<void> {
  const { alarm } = change;
  const atMs = context.clock.now().getTime();
  const data = {
    actionState: "Succeeded",
    stateUpdateTimestamp: Date.parse(alarm.state.at),
    notificationResource: action,
    publishedMessage: notification(context, change),
  };
  try {
    await perform(context, change, action);
    note(context, alarm, { type: "Action", summary: `Successfully executed action ${action}`, data, atMs });
  } catch (error) {
    const failure = error instanceof AwsError ? `${error.code}: ${error.message}` : String(error);
    context.log("alarm-action.failed", { alarm: alarm.name, action, error: failure });
    const failed = { ...data, actionState: "Failed", error: failure };
    note(context, alarm, { type: "Action", summary: `Failed to execute action ${action}`, data: failed, atMs });
  }
}

async function perform(context: Context, change: StateChange, action: string): Promise<void> {
  const [, , service, region = context.region, account = context.account] = action.split(":");
  const arn = alarmArn(context, change.alarm.name);
  const scope = { account, region, sourceArn: arn };
  if (service === "sns") {
    const Message = JSON.stringify(notification(context, change));
    await context.send(new PublishCommand({ TopicArn: action, Message, Subject: subject(context, change) }), scope);
  } else if (service === "lambda" && !isComposite(change.alarm)) {
    const Payload = Buffer.from(JSON.stringify(lambdaEvent(context, change)));
    await context.send(new InvokeCommand({ FunctionName: action, InvocationType: "Event", Payload }), scope);
  } else if (service === "autoscaling" || service === "application-autoscaling") {
    const state = change.alarm.state.value;
    const place = { account: context.account, region: context.region };
    context.signals.emit({ type: "cloudwatch.alarm-action", ...place, alarmArn: arn, state, actionArn: action });
  } else {
    throw new AwsError("NotImplemented", `sandbox: CloudWatch alarm actions on ${service} are not implemented`);
  }
}

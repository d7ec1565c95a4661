import type { Json, JsonObject, TemplateEdit } from "@turnpike/cloudformation";
import { tells } from "../alarms.ts";
import type { Item, Subject } from "../subject.ts";

/** Alarms that fixes make, and whom they tell. */

/** Whom the template tells already: as another alarm does, or the topic that is a parameter. */
export function knownActions(subject: Subject): Json | undefined {
  const alarm = subject.items("AWS::CloudWatch::Alarm").find((item) => tells(item) !== "never");
  if (alarm?.properties.AlarmActions !== undefined) return alarm.properties.AlarmActions;
  const parameters = [...subject.written.parameters].filter(([, { defaultValue }]) => defaultValue !== "");
  const found = parameters.find(([name]) => /alarm.*(topic|action)/i.test(name));
  return found && [{ Ref: found[0] }];
}

/** An alarm of one metric, that goes off when it is reached once; a missing value is no reason to. */
export function newAlarm(
  { namespace, metric, dimensions }: { namespace: string; metric: string; dimensions: Readonly<Record<string, Json>> },
  properties: JsonObject,
): JsonObject {
  const Properties = {
    Namespace: namespace,
    MetricName: metric,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    EvaluationPeriods: 1,
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
    TreatMissingData: "notBreaching",
    ...properties,
  };
  return { Type: "AWS::CloudWatch::Alarm", Properties };
}

/** Has an alarm that tells nobody tell whom it should. */
export function tellEdits({ properties, source }: Item, actions: Json): TemplateEdit[] {
  const enabled =
    properties.ActionsEnabled === undefined ? [] : [{ path: [...source.path, "ActionsEnabled"], value: true }];
  return [{ path: [...source.path, "AlarmActions"], value: actions }, ...enabled];
}

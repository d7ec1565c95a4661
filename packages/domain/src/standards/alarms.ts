import { isEqual, isObject, type Json } from "@turnpike/cloudformation";
import { branchesOf, memberOf, membersOf } from "./branches.ts";
import type { Item, Subject } from "./subject.ts";
import { resourceOf } from "./targets.ts";

/** What an alarm looks at: one of AWS's metrics, by the dimension that names the resource. */
export interface Watched {
  readonly namespace: string;
  readonly metric: string;
  /** `QueueName` */
  readonly dimension: string;
  readonly item: Item;
}

/** The alarms of the template on a metric of one resource, be it the alarm's only one or one that it computes with. */
export function alarmsOn(subject: Subject, watched: Watched): Item[] {
  return subject.items("AWS::CloudWatch::Alarm").filter(({ properties }) => {
    const computed = membersOf(properties.Metrics).map(({ value }) =>
      memberOf(memberOf(value, "MetricStat"), "Metric"),
    );
    return [properties, ...computed].some((metric) => isOn(subject, metric, watched));
  });
}

/** The alarms of the template on a function's errors. */
export function errorAlarms(subject: Subject, item: Item): Item[] {
  return alarmsOn(subject, { namespace: "AWS/Lambda", metric: "Errors", dimension: "FunctionName", item });
}

function isOn(
  subject: Subject,
  metric: Json | undefined,
  { namespace, metric: name, dimension, item }: Watched,
): boolean {
  if (memberOf(metric, "Namespace") !== namespace || memberOf(metric, "MetricName") !== name) return false;
  return membersOf(memberOf(metric, "Dimensions")).some(({ value: each }) => {
    if (memberOf(each, "Name") !== dimension) return false;
    const value = memberOf(each, "Value");
    const named = item.properties[dimension];
    return resourceOf(subject, value)?.id === item.id || (named !== undefined && isEqual(value, named));
  });
}

/** Whether an alarm tells anyone: always, only under a condition, or never. */
export function tells({ properties }: Item): "always" | "sometimes" | "never" {
  const { ActionsEnabled: enabled = true, AlarmActions: actions } = properties;
  if (enabled === false || enabled === "false") return "never";
  const counts = branchesOf(actions).map(({ value }) => {
    if (!Array.isArray(value)) return isObject(value) || typeof value === "string" ? [1] : [0];
    return value.map((action) => (branchesOf(action).some(({ value: each }) => each === undefined) ? 0.5 : 1));
  });
  const sums = counts.map((each) => Math.max(0, ...each));
  if (sums.every((sum) => sum === 1)) return "always";
  return sums.some((sum) => sum > 0) ? "sometimes" : "never";
}

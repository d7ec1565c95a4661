import { isObject, type Json } from "@turnpike/cloudformation";
import { type Branch, branchesOf, membersOf } from "./branches.ts";
import type { Item, Subject } from "./subject.ts";
import { invokedBy } from "./targets.ts";

function measures(subject: Subject, alarm: Json | undefined, metric: string, functionId: string): boolean {
  if (!isObject(alarm) || alarm.Namespace !== "AWS/Lambda" || alarm.MetricName !== metric) return false;
  return membersOf(alarm.Dimensions).some(
    ({ value }) =>
      isObject(value) && value.Name === "FunctionName" && invokedBy(subject, value.Value)?.function.id === functionId,
  );
}

/** The alarms of the template that watch a metric of a function, alone or in an expression. */
export function alarmsOn(subject: Subject, { id }: Item, metric: string): Item[] {
  return subject.items("AWS::CloudWatch::Alarm").filter(({ properties }) => {
    const queries = membersOf(properties.Metrics).flatMap(({ value }) => {
      const stat = isObject(value) ? value.MetricStat : undefined;
      return isObject(stat) ? [stat.Metric] : [];
    });
    return [properties, ...queries].some((each) => measures(subject, each, metric, id));
  });
}

/** What an alarm does when it goes off, in each branch: nothing where a branch has no value. */
export function actionsOf({ properties, path }: Item): Branch[] {
  return branchesOf(properties.AlarmActions, [...path, "AlarmActions"]).flatMap((branch): Branch[] => {
    const members = membersOf(branch.value, branch.path);
    return members.length > 0 ? members : [{ value: undefined, path: branch.path }];
  });
}

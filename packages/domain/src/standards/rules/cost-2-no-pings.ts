import type { Json } from "@turnpike/cloudformation";
import { memberOf, membersOf, textOf } from "../branches.ts";
import { type Found, type Rule, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { invokedBy } from "../targets.ts";
import { placeOf } from "../written-event.ts";

const SCHEDULES = ["AWS::Events::Rule", "AWS::Scheduler::Schedule"];
const WARMING = /\b(warm(er|ing|up|[-_ ]?up)?|ping|keep[-_ ]?(alive|warm)|pre[-_ ]?heat)\b/i;

/** `KeepOrdersWarm`, `keep_warm`: the words in a name. */
const words = (name: string) => name.replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll(/[-_]/g, " ");

/** What a schedule hands over, for each function of the template that it invokes. */
function targetsOf({ type, properties }: Item): Json[] {
  if (type === "AWS::Scheduler::Schedule") return membersOf(properties.Target).map(({ value }) => value);
  return membersOf(properties.Targets).map(({ value }) => value);
}

function judge(subject: Subject, item: Item): Found {
  return targetsOf(item).flatMap((target): Found => {
    const invoked = invokedBy(subject, memberOf(target, "Arn"))?.function;
    if (!invoked) return [];
    const input = textOf(memberOf(target, "Input"));
    const said = [words(item.id), textOf(item.properties.Description) ?? "", input ?? ""];
    if (!said.some((text) => WARMING.test(text))) return [];
    const message = `${item.id} calls ${invoked.source.id} to keep it warm.`;
    return [{ resource: item.id, at: placeOf(subject, item, item.path), message }];
  });
}

/**
 * Seen by what a schedule, its description or its input is called. What is meant by it, scheduled scaling of provisioned
 * concurrency does; how much of it and when, is for a person to say.
 * https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
 */
export const noPings: Rule = {
  id: "COST-2",
  pillar: "cost",
  title: "Functions are kept warm by provisioned concurrency, not by pings",
  reason:
    "A ping keeps one environment warm, and the second request at the same time starts cold as before. Provisioned concurrency, scaled by schedule, is as much as is needed when it is needed.",
  effect: "warn",
  check(subject) {
    const schedules = SCHEDULES.flatMap((type) => subject.items(type)).filter(
      ({ properties }) => properties.ScheduleExpression !== undefined,
    );
    return verdictOf(schedules, (item) => judge(subject, item));
  },
};

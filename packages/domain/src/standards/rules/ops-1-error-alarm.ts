import type { Json, TemplateEdit } from "@turnpike/cloudformation";
import { errorAlarms, tells } from "../alarms.ts";
import { isHook } from "../hooks.ts";
import { type Found, type Rule, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { knownActions, newAlarm, tellEdits } from "./alarm-fixes.ts";

const TOPIC = "AlarmTopicArn";

/** Whom to tell, and what makes it known: as others are told, else a topic that is a parameter. */
function listener(subject: Subject): { actions: Json; edits: TemplateEdit[] } | undefined {
  const actions = knownActions(subject);
  if (actions) return { actions, edits: [] };
  // It may be empty: what to do then is for a person to say.
  if (subject.written.parameters.has(TOPIC)) return undefined;
  const value = { Type: "String", Description: "The SNS topic that alarms are sent to" };
  return { actions: [{ Ref: TOPIC }], edits: [{ path: ["Parameters", TOPIC], value }] };
}

function judge(subject: Subject, item: Item): Found {
  const { id, path, source } = item;
  const alarms = errorAlarms(subject, item);
  const told = alarms.map(tells);
  if (told.includes("always")) return [];
  if (told.includes("sometimes")) {
    return [
      {
        look: `Whether every environment gives the alarm on ${source.id} somebody to tell: under a condition it has nobody.`,
      },
    ];
  }
  const known = listener(subject);
  const [silent] = alarms;
  const alarm = newAlarm(
    { namespace: "AWS/Lambda", metric: "Errors", dimensions: { FunctionName: { Ref: source.id } } },
    {
      AlarmDescription: `${source.id} fails`,
      Statistic: "Sum",
      Period: 60,
      Threshold: 1,
      AlarmActions: known?.actions ?? [],
    },
  );
  const added = silent
    ? tellEdits(silent, known?.actions ?? [])
    : [{ path: ["Resources", `${source.id}Errors`], value: alarm }];
  const summary = silent ? "Have it tell somebody" : "Add an alarm on its errors that tells somebody";
  const fix = known && { summary, edits: [...known.edits, ...added] };
  const message = silent
    ? `The alarm on the errors of ${source.id} tells nobody.`
    : `No alarm watches the errors of ${source.id}.`;
  return [{ resource: silent?.id ?? id, at: silent?.path ?? path, message, ...(fix && { fix }) }];
}

/**
 * Its part in the template: an alarm on each function's errors that does something. What else is worth an alarm (throttles,
 * duration, the age of what waits) depends on the function and is shown, not judged. A deployment's hook has its own
 * listener: it fails, and the deployment does.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export const errorAlarm: Rule = {
  id: "OPS-1",
  pillar: "operations",
  title: "An alarm watches each function's errors and tells somebody",
  reason:
    "A function that fails without an alarm is found by those who depend on it. An alarm without an action is a line on a page that nobody has open.",
  effect: "block",
  check(subject) {
    const functions = subject.items("AWS::Lambda::Function").filter((item) => !isHook(subject, item));
    return verdictOf(functions, (item) => judge(subject, item));
  },
};

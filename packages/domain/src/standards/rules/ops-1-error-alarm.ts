import type { TemplateEdit } from "@turnpike/cloudformation";
import { errorAlarms, tells } from "../alarms.ts";
import { type Doubt, verdictWithDoubts } from "../doubt.ts";
import type { Fix, Rule, Violation } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";

const TOPIC = "AlarmTopicArn";

/** The topic is a parameter: who is woken is configuration. */
function topicEdits(subject: Subject): TemplateEdit[] {
  if (subject.written.parameters.has(TOPIC)) return [];
  const value = { Type: "String", Description: "The SNS topic that alarms are sent to" };
  return [{ path: ["Parameters", TOPIC], value }];
}

function newAlarm(subject: Subject, { source }: Item): Fix {
  const alarm = {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      AlarmDescription: `${source.id} fails`,
      Namespace: "AWS/Lambda",
      MetricName: "Errors",
      Dimensions: [{ Name: "FunctionName", Value: { Ref: source.id } }],
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      TreatMissingData: "notBreaching",
      AlarmActions: [{ Ref: TOPIC }],
    },
  };
  const edits = [...topicEdits(subject), { path: ["Resources", `${source.id}Errors`], value: alarm }];
  return { summary: "Add an alarm on its errors, sent to a topic that is configured", edits };
}

function judge(subject: Subject, item: Item): (Violation | Doubt)[] {
  const name = item.source.id;
  const alarms = errorAlarms(subject, item);
  const [first] = alarms;
  if (!first) {
    const message = `No alarm watches the errors of ${name}.`;
    return [{ resource: item.id, at: item.path, message, fix: newAlarm(subject, item) }];
  }
  const told = alarms.map(tells);
  if (told.includes("always")) return [];
  if (told.includes("sometimes")) {
    return [
      {
        look: `Whether every environment gives the alarm on ${name} somebody to tell: under a condition it has nobody.`,
      },
    ];
  }
  const message = `The alarm on the errors of ${name} tells nobody.`;
  const edits = [...topicEdits(subject), { path: [...first.source.path, "AlarmActions"], value: [{ Ref: TOPIC }] }];
  return [
    { resource: first.id, at: first.path, message, fix: { summary: "Send it to a topic that is configured", edits } },
  ];
}

/**
 * Its part in the template: an alarm on each function's errors that does something. What else is worth an alarm (throttles,
 * duration, the age of what waits) depends on the function and is shown, not judged.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export const errorAlarm: Rule = {
  id: "OPS-1",
  pillar: "operations",
  title: "An alarm watches each function's errors and tells somebody",
  reason:
    "A function that fails without an alarm is found by those who depend on it. An alarm without an action is a line on a page that nobody has open.",
  effect: "block",
  check: (subject) => verdictWithDoubts(subject.items("AWS::Lambda::Function"), (item) => judge(subject, item)),
};

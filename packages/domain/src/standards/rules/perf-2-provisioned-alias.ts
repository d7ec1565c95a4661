import { provisionedIn } from "../provisioned.ts";
import { type Found, type Rule, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { invokedBy } from "../targets.ts";
import { placeOf } from "../written-event.ts";

/** Where callers are named: permissions, and what Lambda reads from. */
const CALLS = ["AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"];

function judge(subject: Subject, provisioned: Item): Found {
  const behind = invokedBy(subject, provisioned.properties.FunctionName)?.function;
  if (!behind)
    return [
      { look: `That callers use ${provisioned.id}, which has the provisioned concurrency: its function isn't here.` },
    ];
  return CALLS.flatMap((type) => subject.items(type)).flatMap((call): Found => {
    const invoked = invokedBy(subject, call.properties.FunctionName);
    if (invoked?.function.id !== behind.id || invoked.qualified) return [];
    const message = `${call.id} calls the newest code of ${behind.source.id}, past the provisioned concurrency of ${provisioned.id}.`;
    return [{ resource: call.id, at: placeOf(subject, call, call.path), message }];
  });
}

/**
 * Its part in the template: provisioned concurrency is an alias's or a version's, and whoever calls the function without one
 * gets none of it. How much spills over is seen in the account.
 * https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
 */
export const provisionedAlias: Rule = {
  id: "PERF-2",
  pillar: "performance",
  title: "Provisioned concurrency is on the alias that callers use",
  reason:
    "Environments are kept ready for one alias or version. A call without it starts cold beside them, and both are paid.",
  effect: "warn",
  check: (subject) => verdictOf(provisionedIn(subject), (item) => judge(subject, item)),
};

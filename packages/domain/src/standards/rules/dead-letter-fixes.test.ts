import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { allowancesIn } from "../allowances.ts";
import { memberOf } from "../branches.ts";
import { deadLettersIn } from "../dead-letters.ts";
import { applyFixes } from "../evaluate.ts";
import { openSubject, type Subject } from "../subject.ts";
import { resourceOf } from "../targets.ts";
import { failures } from "./rel-2-failures.ts";

const EXAMPLES = path.resolve(import.meta.dirname, "../../../test/standards/REL-2");

function mended(name: string): Subject {
  const file = "template.yaml";
  const subject = openSubject({ file, text: readFileSync(path.join(EXAMPLES, name), "utf8") });
  const verdict = failures.check(subject);
  const fixes = verdict.kind === "fail" ? verdict.violations.flatMap(({ fix }) => fix ?? []) : [];
  return openSubject({ file, text: applyFixes(subject, fixes) });
}

/** By whom a queue may be sent to: the ARNs that its policy names, or roles. */
function sendersOf(subject: Subject, queueId: string): string[] {
  const policies = subject
    .items("AWS::SQS::QueuePolicy")
    .filter(({ properties }) => resourceOf(subject, properties.Queues)?.id === queueId);
  const services = policies.flatMap(({ properties }) => {
    const statements = memberOf(properties.PolicyDocument, "Statement");
    const conditions = (Array.isArray(statements) ? statements : []).map((each) => memberOf(each, "Condition"));
    return conditions.map((condition) => memberOf(memberOf(condition, "ArnEquals"), "aws:SourceArn"));
  });
  const roles = allowancesIn(subject).filter(({ actions, resources }) => {
    return actions.includes("sqs:SendMessage") && resources.some((each) => resourceOf(subject, each)?.id === queueId);
  });
  return [
    ...services.map((arn) => resourceOf(subject, arn)?.id ?? "nobody"),
    ...roles.map(({ holder }) => resourceOf(subject, holder.properties.Roles)?.id ?? holder.id),
  ];
}

test.each([
  [
    "fail.yaml",
    {
      OrdersChangedDeadLetters: ["OrdersRole"],
      OrdersDeadLetters: ["OrdersRole"],
      OrdersHappenedDeadLetters: ["OrdersHappened"],
      OrdersNightlyDeadLetters: ["OrdersNightlyRole"],
      OrdersToldDeadLetters: ["Topic"],
      WorkDeadLetters: [],
    },
  ],
  [
    "fail-plain.yaml",
    {
      ByClockDeadLetters: ["ByClock"],
      OrderedDeadLetters: [],
      OrdersDeadLetters: ["Role"],
      ReadsDeadLetters: ["Role"],
      SubscribedDeadLetters: ["Told"],
    },
  ],
])("who sends to the queues that a fix makes of %s is allowed to, and nobody else", (name, expected) => {
  const subject = mended(name);
  const queues = deadLettersIn(subject).flatMap(({ queue }) => (queue ? [queue.id] : []));
  const senders = Object.fromEntries(queues.map((id) => [id, sendersOf(subject, id)]));
  expect(senders).toEqual(expected);
});

test("a fix keeps the order and the condition of what it is for, and the leave to send comes first", () => {
  const { resources } = mended("fail-plain.yaml").expanded;
  expect(resources.get("OrderedDeadLetters")?.properties.FifoQueue).toBe(true);
  expect(resources.get("ByClockDeadLetters")?.properties.FifoQueue).toBeUndefined();
  expect(resources.get("SubscribedDeadLetters")?.condition).toBe("IsProd");
  expect(resources.get("SubscribedDeadLettersPolicy")?.condition).toBe("IsProd");
  expect(resources.get("OrdersFailures")?.dependsOn).toEqual(["OrdersDeadLettersPolicy"]);
  expect(resources.get("OrdersFailures")?.properties.Qualifier).toBe("live");
});

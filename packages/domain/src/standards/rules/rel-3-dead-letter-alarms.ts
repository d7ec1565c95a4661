import { alarmsOn, tells, type Watched } from "../alarms.ts";
import { textOf } from "../branches.ts";
import { type DeadLetters, deadLettersIn } from "../dead-letters.ts";
import { type Fix, type Found, type Rule, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { resourceOf } from "../targets.ts";
import { knownActions, newAlarm, tellEdits } from "./alarm-fixes.ts";

/** A queue for failures, and what sends its failures there. */
interface DeadLetterQueue {
  readonly queue: Item;
  readonly sources: readonly Item[];
}

interface Need {
  readonly metric: string;
  /** `OrdersFailedDepth` is the alarm that a fix makes. */
  readonly suffix: string;
  readonly threshold: number;
  readonly message: (queue: string) => string;
}

const DEPTH: Need = {
  metric: "ApproximateNumberOfMessagesVisible",
  suffix: "Depth",
  threshold: 1,
  message: (queue) => `A message in ${queue} wakes nobody: no alarm with an action is on its depth.`,
};

const AGE: Need = {
  metric: "ApproximateAgeOfOldestMessage",
  suffix: "Age",
  // Seconds: after a day, someone has seen the first alarm and left the message.
  threshold: 86_400,
  message: (queue) => `Messages grow old in ${queue} unseen: no alarm with an action is on their age.`,
};

const REDRIVE = /redriv|start-message-move-task|StartMessageMoveTask/i;

/** Whether one message is enough; what isn't a plain number is taken for right. */
function isOneEnough({ properties }: Item): boolean {
  const threshold = Number(textOf(properties.Threshold) ?? Number.NaN);
  if (Number.isNaN(threshold) || properties.Metrics !== undefined) return true;
  return properties.ComparisonOperator === "GreaterThanThreshold" ? threshold < 1 : threshold <= 1;
}

const watched = (item: Item, { metric }: Need): Watched => {
  return { namespace: "AWS/SQS", metric, dimension: "QueueName", item };
};

function fixOf(
  subject: Subject,
  item: Item,
  { metric, suffix, threshold }: Need,
  silent: Item | undefined,
): Fix | undefined {
  const actions = knownActions(subject);
  if (!actions) return undefined;
  const summary = "Wake whom the other alarms wake";
  if (silent) return { summary, edits: tellEdits(silent, actions) };
  const id = `${item.id}${suffix}`;
  if (subject.expanded.resources.has(id)) return undefined;
  const dimensions = { QueueName: { "Fn::GetAtt": [item.id, "QueueName"] } };
  const Properties = { Statistic: "Maximum", Period: 300, Threshold: threshold };
  const alarm = newAlarm({ namespace: "AWS/SQS", metric, dimensions }, { ...Properties, AlarmActions: actions });
  const condition = subject.expanded.resources.get(item.id)?.condition;
  const value = { ...alarm, ...(condition !== undefined && { Condition: condition }) };
  return { summary, edits: [{ path: ["Resources", id], value }] };
}

/** The alarm that is needed, on any of the queues that would do; the fix puts it on the first. */
function judgeAlarm(subject: Subject, queue: Item, need: Need, onAnyOf: readonly Item[]): Found {
  const alarms = onAnyOf
    .flatMap((item) => alarmsOn(subject, watched(item, need)))
    .filter((alarm) => need !== DEPTH || isOneEnough(alarm));
  const told = alarms.map(tells);
  if (told.includes("always")) return [];
  if (told.includes("sometimes")) {
    const names = alarms.map(({ id }) => id).join(" and ");
    return [{ look: `That each environment gives ${names} someone to wake: its action stands under a condition.` }];
  }
  const fix = fixOf(subject, queue, need, alarms[0]);
  return [{ resource: queue.id, at: queue.path, message: need.message(queue.id), ...(fix && { fix }) }];
}

/**
 * A runbook is a Markdown file. Its entry is a section, from heading to heading, that names the queue or its alarm and
 * says how messages are sent back.
 */
function judgeRunbook(subject: Subject, queue: Item): Found {
  if (!subject.files) return [{ look: `Whether a runbook says how messages of ${queue.id} are redriven.` }];
  const alarms = alarmsOn(subject, watched(queue, DEPTH)).map(({ id }) => id);
  const names = [queue.id, ...alarms, textOf(queue.properties.QueueName) ?? queue.id];
  const runbooks = [...subject.files].filter(([file]) => file.endsWith(".md"));
  const isTold = runbooks.some(([, text]) =>
    text.split(/^#/m).some((section) => {
      const words = new Set(section.split(/[^\w-]+/));
      return REDRIVE.test(section) && names.some((name) => words.has(name));
    }),
  );
  if (isTold) return [];
  const message = `No runbook says how messages of ${queue.id} are redriven.`;
  return [{ resource: queue.id, at: queue.path, message }];
}

function judge(subject: Subject, { queue, sources }: DeadLetterQueue): Found {
  const before = sources.filter(({ type }) => type === "AWS::SQS::Queue");
  return [
    ...judgeAlarm(subject, queue, DEPTH, [queue]),
    ...judgeAlarm(subject, queue, AGE, [queue, ...before]),
    ...judgeRunbook(subject, queue),
  ];
}

function judgeElsewhere({ from, target }: DeadLetters): Found {
  const name = textOf(target) ?? "its queue, which a parameter names";
  return [{ look: `Whether someone is woken by what ${from.id} sends to ${name}: it isn't in the template.` }];
}

/**
 * Of queues: a topic for failures tells its subscribers itself. Its part in the template and the repository; that an
 * action reaches a person is seen where it leads. The age may be watched on the queue that the messages come from.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/dead-letter-queues-alarms-cloudwatch.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
 */
export const deadLetterAlarms: Rule = {
  id: "REL-3",
  pillar: "reliability",
  title: "A message in a dead-letter queue wakes someone, who knows how to send it back",
  reason:
    "What lies in a dead-letter queue is work that a customer waits for, and after at most 14 days it is gone. An alarm brings someone to it in time, and the runbook says how the messages are redriven.",
  effect: "block",
  check(subject) {
    const queues = new Map<string, DeadLetterQueue>();
    const elsewhere: DeadLetters[] = [];
    for (const letters of deadLettersIn(subject)) {
      const { queue, from, target } = letters;
      if (queue) queues.set(queue.id, { queue, sources: [...(queues.get(queue.id)?.sources ?? []), from] });
      else if (!resourceOf(subject, target)) elsewhere.push(letters);
    }
    const judges = [
      ...[...queues.values()].map((queue) => () => judge(subject, queue)),
      ...elsewhere.map((letters) => () => judgeElsewhere(letters)),
    ];
    return verdictOf(judges, (each) => each());
  },
};

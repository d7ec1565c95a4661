import type { Json } from "@turnpike/cloudformation";
import { allowancesOf } from "../allowances.ts";
import { memberOf, membersOf, textOf } from "../branches.ts";
import { isHook } from "../hooks.ts";
import { type Found, type Rule, type Violation, verdictOf } from "../rule.ts";
import { definitionOf, type State, statesIn } from "../state-machines.ts";
import type { Item, Subject } from "../subject.ts";
import { invokedBy } from "../targets.ts";

/** Of one Task, what is missing so that it ends, tries again and has a way out. */
function missingIn({ state }: State): string[] {
  const retries = membersOf(state.Retry).map(({ value }) => value);
  const spreads = (retrier: Json) =>
    memberOf(retrier, "JitterStrategy") === "FULL" && Number(memberOf(retrier, "BackoffRate") ?? 2) > 1;
  return [
    ...(state.TimeoutSeconds === undefined && state.TimeoutSecondsPath === undefined ? ["TimeoutSeconds"] : []),
    ...(retries.length === 0 ? ["Retry"] : []),
    ...(retries.length > 0 && !retries.some(spreads) ? ["a Retry with backoff and JitterStrategy FULL"] : []),
    ...(membersOf(state.Catch).length === 0 ? ["Catch"] : []),
  ];
}

function judgeMachine(item: Item): Found {
  const { id, path, properties, source } = item;
  const found: Violation[] = [];
  const level = textOf(memberOf(properties.LoggingConfiguration, "Level"));
  if (level === undefined || level === "OFF") {
    found.push({ resource: id, at: path, message: `${source.id} writes no log of its executions.` });
  }
  const definition = definitionOf(item);
  if (definition === undefined) {
    return [...found, { look: `Each Task of ${source.id}: its definition isn't in the template, or can't be read.` }];
  }
  for (const state of statesIn(definition)) {
    if (state.state.Type !== "Task") continue;
    const missing = missingIn(state);
    if (missing.length === 0) continue;
    const message = `The task ${state.name} of ${source.id} lacks ${missing.join(", ")}.`;
    found.push({ resource: id, at: path, message });
  }
  return found;
}

/** A function that may invoke another of the template, and waits for its answer as far as anyone can see. */
function judgeFunction(subject: Subject, item: Item): Found {
  if (isHook(subject, item)) return [];
  return allowancesOf(subject, item).flatMap(({ actions, resources, at }): Found => {
    if (!actions.some((action) => /^lambda:(InvokeFunction|Invoke\*|\*)$/i.test(action))) return [];
    const other = resources.map((resource) => invokedBy(subject, resource)?.function).find((each) => each);
    if (!other || other.id === item.id) return [];
    return [{ resource: item.id, at, message: `${item.source.id} calls ${other.source.id} itself, and waits for it.` }];
  });
}

/**
 * What a task should do when its tries are over, and how often it may be tried, is for a person to say: nothing here has a
 * fix. A function that invokes another by its name alone isn't seen; tracing is OPS-2's matter.
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 * https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html
 */
export const stateMachines: Rule = {
  id: "REL-6",
  pillar: "reliability",
  title: "Work that needs several services is a state machine whose tasks end, try again and have a way out",
  reason:
    "A function that calls another waits for it, pays for both, and loses what was done when either fails. A state machine remembers how far it got, tries again apart from others, and undoes what it must.",
  effect: "block",
  check(subject) {
    const machines = subject.items("AWS::StepFunctions::StateMachine").map((item) => () => judgeMachine(item));
    const functions = subject
      .items("AWS::Lambda::Function")
      .filter((item) => judgeFunction(subject, item).length > 0)
      .map((item) => () => judgeFunction(subject, item));
    return verdictOf([...machines, ...functions], (judge) => judge());
  },
};

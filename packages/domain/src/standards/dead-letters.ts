import type { Json, Path } from "@turnpike/cloudformation";
import { memberOf, membersOf, textOf } from "./branches.ts";
import type { Item, Subject } from "./subject.ts";
import { resourcesIn } from "./targets.ts";

/** Where each type of resource says what happens to what it couldn't deliver or process. */
const PLACES: Record<string, readonly string[]> = {
  "AWS::SQS::Queue": ["RedrivePolicy.deadLetterTargetArn"],
  "AWS::SNS::Subscription": ["RedrivePolicy.deadLetterTargetArn"],
  "AWS::Lambda::Function": ["DeadLetterConfig.TargetArn"],
  "AWS::Lambda::EventInvokeConfig": ["DestinationConfig.OnFailure.Destination"],
  "AWS::Lambda::EventSourceMapping": ["DestinationConfig.OnFailure.Destination"],
  "AWS::Events::Rule": ["Targets.DeadLetterConfig.Arn"],
  "AWS::Scheduler::Schedule": ["Target.DeadLetterConfig.Arn"],
  "AWS::Pipes::Pipe": ["KinesisStream", "DynamoDBStream"].map(
    (source) => `SourceParameters.${source}Parameters.DeadLetterConfig.Arn`,
  ),
};

/** That what fails at `from` goes to `target`. */
export interface DeadLetters {
  readonly from: Item;
  /** An ARN. */
  readonly target: Json;
  /** The queue that it is of, where the template makes it. */
  readonly queue: Item | undefined;
  readonly path: Path;
}

/** Everything in the template that says where failures go, under whatever condition. */
export function deadLettersIn(subject: Subject): DeadLetters[] {
  return subject.items().flatMap((from) => {
    const places = Object.hasOwn(PLACES, from.type) ? (PLACES[from.type] ?? []) : [];
    const found = places.flatMap((place) => {
      const start: { value: Json; path: Path }[] = [{ value: from.properties, path: from.path }];
      return place.split(".").reduce(
        (at, step) =>
          at.flatMap(({ value, path }) => {
            // A policy may be written as text, in which the queue is put.
            if (textOf(value) !== undefined) return [{ value, path }];
            return membersOf(memberOf(value, step), [...path, step]);
          }),
        start,
      );
    });
    return found.map(({ value, path }) => {
      const queue = resourcesIn(subject, value).find(({ type }) => type === "AWS::SQS::Queue");
      return { from, target: value, queue, path };
    });
  });
}

import type { TemplateEdit } from "@turnpike/cloudformation";
import { branchesOf, memberOf, textOf } from "../branches.ts";
import type { Found } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { invokedBy, resourceOf } from "../targets.ts";
import { placeOf, writtenEvent } from "../written-event.ts";
import { deadLetterFix } from "./dead-letter-fixes.ts";

/** Without these, one record that can't be processed holds up its shard until it expires. */
const BOUNDS = { MaximumRetryAttempts: 5, MaximumRecordAgeInSeconds: 3600 };

type Source = "queue" | "stream" | "kafka" | "broker";

function sourceOf({ properties }: Item): Source {
  if (properties.Topics !== undefined) return "kafka";
  if (properties.Queues !== undefined) return "broker";
  // Streams must say where to start, queues can't.
  return properties.StartingPosition === undefined ? "queue" : "stream";
}

/** Of the bounds, those that are missing or say "for ever" (-1). */
function unbounded({ properties }: Item): string[] {
  return Object.keys(BOUNDS).filter((name) =>
    branchesOf(properties[name]).some(({ value }) => value === undefined || textOf(value) === "-1"),
  );
}

/** What a function reads from a stream, from Kafka, or from a queue that isn't in the template; REL-2's part for these. */
export function judgeMapping(subject: Subject, item: Item): Found {
  const { properties, path, id } = item;
  const source = sourceOf(item);
  const reader = invokedBy(subject, properties.FunctionName)?.function;
  const name = reader?.id ?? id;
  if (source === "queue") {
    if (resourceOf(subject, properties.EventSourceArn, "AWS::SQS::Queue")) return [];
    return [{ look: `The redrive policy of the queue that ${name} reads (${id}): it isn't in the template.` }];
  }
  if (source === "broker") return [{ look: `Where the broker puts what ${name} fails at (${id}).` }];
  const failure = memberOf(properties.DestinationConfig, "OnFailure");
  const isKept = branchesOf(failure).every(({ value }) => memberOf(value, "Destination") !== undefined);
  const bounds = source === "stream" ? unbounded(item) : [];
  if (isKept && bounds.length === 0) return [];

  const event = writtenEvent(item);
  const place = event?.path ?? path;
  const limits = bounds.map((bound): TemplateEdit => {
    return { path: [...place, bound], value: BOUNDS[bound as keyof typeof BOUNDS] };
  });
  const role = reader?.properties.Role;
  const isMade = event !== undefined && resourceOf(subject, role)?.source.id === item.source.id;
  const fix = isKept
    ? { summary: "Give up on a record in time", edits: limits }
    : deadLetterFix(subject, {
        item,
        summary: "Keep what can't be processed in a queue, and go on",
        sender: isMade ? { kind: "allowed" } : { kind: "role", arn: role },
        edits: (arn) => [
          ...limits,
          {
            path: [...place, "DestinationConfig", "OnFailure"],
            value: { ...(event && { Type: "SQS" }), Destination: arn },
          },
        ],
      });
  const missing = [...bounds, ...(isKept ? [] : ["a destination for failures"])].join(", ");
  const message = `A record that ${name} fails at (${id}) is lost or holds up all that follow: it lacks ${missing}.`;
  return [{ resource: id, at: placeOf(subject, item, path), message, ...(fix && { fix }) }];
}

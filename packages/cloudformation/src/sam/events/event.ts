import type { JsonObject, Path } from "../../json.ts";
import {
  type Attributes,
  type Draft,
  type Invoked,
  passedOn,
  Refusal,
  type Source,
  type Transform,
} from "../context.ts";

/** What an event of a function or state machine is expanded with. */
export interface EventOwner {
  readonly transform: Transform;
  readonly source: Source;
  /** What the event invokes. */
  readonly target: Invoked;
  /** The function's own role, which some events add policies to. */
  readonly role: Draft | undefined;
}

export interface Event extends EventOwner {
  /** As the resource names it. */
  readonly name: string;
  /** Logical id of what it makes first. */
  readonly id: string;
  readonly type: string;
  readonly properties: JsonObject;
  /** Of its properties. */
  readonly path: Path;
  /** That what it makes takes over. */
  readonly attributes: Attributes;
}

export function eventOf(owner: EventOwner, name: string, given: JsonObject): Event {
  const { source } = owner;
  const { Properties: properties = {} } = given;
  const path = [...source.path, "Events", name, "Properties"];
  if (typeof properties !== "object" || properties === null || Array.isArray(properties)) {
    throw new Refusal(
      path,
      `Resource with id [${source.id}${name}] is invalid. Properties of a resource must be an object.`,
    );
  }
  const attributes = passedOn(source.attributes);
  return { ...owner, name, id: `${source.id}${name}`, type: String(given.Type), properties, path, attributes };
}

/** A refusal in SAM's words for an event. */
export function eventRefusal(event: Event, message: string, ...at: string[]): Refusal {
  const { source, name } = event;
  const whole = `Resource with id [${source.id}] is invalid. Event with id [${name}] is invalid. ${message}`;
  return new Refusal([...event.path, ...at], whole);
}

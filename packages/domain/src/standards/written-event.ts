import { isObject, type Path } from "@turnpike/cloudformation";
import type { Violation } from "./rule.ts";
import type { Item, Subject } from "./subject.ts";

/**
 * The properties of the SAM event that made a resource, as it was written: SAM names what an event makes after its
 * function or state machine and itself, with a suffix for what it makes besides. Undefined for anything else.
 */
export function writtenEvent({ id, source }: Item, suffix = ""): { type: string; path: Path } | undefined {
  const { Events: events } = source.properties;
  if (!source.type.startsWith("AWS::Serverless::") || !isObject(events)) return undefined;
  for (const [name, event] of Object.entries(events)) {
    if (id !== `${source.id}${name}${suffix}` || !isObject(event)) continue;
    return { type: String(event.Type), path: [...source.path, "Events", name, "Properties"] };
  }
  return undefined;
}

/** Where a person looks for it: at the event that made it, else at a path of its own. */
export function placeOf(subject: Subject, item: Item, path: Path): Violation["at"] {
  const event = writtenEvent(item);
  return event ? subject.written.positionOf(event.path.slice(0, -1)) : path;
}

import { isObject, type Path } from "@turnpike/cloudformation";
import type { Item } from "./subject.ts";

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

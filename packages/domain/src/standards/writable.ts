import { intrinsicOf, type Json, type Path } from "@turnpike/cloudformation";
import type { Fix } from "./rule.ts";
import type { Subject } from "./subject.ts";

/** Whether all on the way to a property, as far as it is there, is maps and lists: no intrinsic, no text. */
export function isWritable({ written }: Subject, [section, id, part, ...steps]: Path): boolean {
  let value: Json | undefined = written.resources.get(String(id))?.properties;
  if (section !== "Resources" || part !== "Properties" || value === undefined) return true;
  for (const step of steps) {
    if (value === undefined) return true;
    if (intrinsicOf(value) || typeof value !== "object" || value === null) return false;
    value = Array.isArray(value) ? value[Number(step)] : value[step];
  }
  return true;
}

/** A fix where the text has a place for each of its edits; a violation is spread with it. */
export function ifWritable(subject: Subject, fix: Fix | undefined): { fix?: Fix } {
  return fix?.edits.every(({ path }) => isWritable(subject, path)) ? { fix } : {};
}

/** What a template's values are made of, after its short-form intrinsics were written out (`!Ref A` is `{ Ref: "A" }`). */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Where a value stands below its template: `["Resources", "Function", "Properties", "MemorySize"]`. */
export type Path = readonly (string | number)[];

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Text in which equal values are equal, whatever the order of their keys. */
export function canonical(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (isObject(value)) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

export function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  return (a === undefined) === (b === undefined) && canonical(a) === canonical(b);
}

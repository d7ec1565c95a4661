import type { FilterCriteria } from "@aws-sdk/client-lambda";
import { AwsError } from "../../../core/errors.ts";
import { type Json, type JsonObject, matchesPattern, parsePattern } from "../../../core/pattern.ts";
import { invalid } from "../records.ts";

/**
 * Checks filters as CreateEventSourceMapping does, and makes a test of them: a record passes when one filter matches.
 * `bodies`: members that hold text, which a filter may look into where it is JSON (`body` of a message).
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
export function readFilters(
  criteria: FilterCriteria | undefined,
  bodies: readonly string[],
): ((record: JsonObject) => boolean) | undefined {
  const filters = criteria?.Filters ?? [];
  if (filters.length === 0) return undefined;
  const patterns = filters.map(({ Pattern }) => readPattern(Pattern ?? ""));
  return (record) =>
    patterns.some((pattern) => {
      const seen = withBodies(record, pattern, bodies);
      return seen !== undefined && matchesPattern(pattern, seen);
    });
}

function readPattern(text: string): JsonObject {
  try {
    return parsePattern(text);
  } catch (error) {
    if (error instanceof AwsError) throw invalid("Invalid filter pattern definition.");
    throw error;
  }
}

/** The record as this pattern looks at it; undefined where text and pattern are not of one kind, which never matches. */
function withBodies(record: JsonObject, pattern: JsonObject, bodies: readonly string[]): JsonObject | undefined {
  let seen = record;
  for (const name of bodies) {
    const rule = pattern[name];
    const text = record[name];
    if (rule === undefined || typeof text !== "string") continue;
    const parsed = parseObject(text);
    const wantsText = Array.isArray(rule);
    if (wantsText !== (parsed === undefined)) return undefined;
    seen = { ...seen, [name]: parsed ?? text };
  }
  return seen;
}

function parseObject(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

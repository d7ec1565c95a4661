import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import { AwsError } from "../../core/errors.ts";
import { type Json, type JsonObject, matchesPattern, parsePattern } from "../../core/pattern.ts";
import { invalid, type SubscriptionRecord } from "./topics.ts";

const MOST_KEYS = 5;
const MOST_COMBINATIONS = 150;

/**
 * Raises `InvalidParameter` where a filter policy can't be. `prefix` is how the calling operation names the attribute.
 * https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
 */
export function checkFilterPolicy(text: string, scope: string | undefined, prefix: string): void {
  let policy: JsonObject;
  try {
    JSON.parse(text);
  } catch (error) {
    throw invalid(`${prefix}FilterPolicy: failed to parse JSON. ${(error as Error).message}`);
  }
  try {
    policy = parsePattern(text);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw invalid(`${prefix}FilterPolicy: ${error.message.replace(/^.*?Reason: /, "")}`);
  }
  const isFlat = Object.entries(policy).every(([key, rule]) => key === "$or" || Array.isArray(rule));
  if (scope !== "MessageBody" && !isFlat) {
    throw invalid("Filter policy scope MessageAttributes does not support nested filter policy");
  }
  const { keys, combinations } = measure(policy, 1);
  if (keys > MOST_KEYS) throw invalid(`${prefix}FilterPolicy: Filter policy can not have more than ${MOST_KEYS} keys`);
  if (combinations > MOST_COMBINATIONS) throw invalid(`${prefix}FilterPolicy: Filter policy is too complex`);
}

/** Each leaf counts its values times its depth; leaves multiply, alternatives add. */
function measure(policy: JsonObject, depth: number): { keys: number; combinations: number } {
  let keys = 0;
  let combinations = 1;
  for (const [key, rule] of Object.entries(policy)) {
    const parts = rule as readonly Json[] | JsonObject;
    if (key === "$or" && Array.isArray(parts)) {
      const branches = parts.map((branch) => measure(branch as JsonObject, depth));
      keys += branches.reduce((sum, branch) => sum + branch.keys, 0);
      combinations *= branches.reduce((sum, branch) => sum + branch.combinations, 0);
    } else if (Array.isArray(parts)) {
      keys += 1;
      combinations *= parts.length * depth;
    } else {
      const inner = measure(parts as JsonObject, depth + 1);
      keys += inner.keys;
      combinations *= inner.combinations;
    }
  }
  return { keys, combinations };
}

/** Whether a subscription wants the message: no policy wants everything; a body that isn't an object matches no policy on it. */
export function wants(
  subscription: SubscriptionRecord,
  message: string,
  attributes: Readonly<Record<string, MessageAttributeValue>>,
): boolean {
  const { FilterPolicy: policy, FilterPolicyScope: scope } = subscription.attributes;
  if (policy === undefined || policy === "" || policy === "{}") return true;
  if (scope !== "MessageBody") return matchesPattern(parsePattern(policy), readAttributes(attributes));
  let body: Json;
  try {
    body = JSON.parse(message) as Json;
  } catch {
    return false;
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) return false;
  return matchesPattern(parsePattern(policy), body);
}

/** Attributes as a filter sees them: numbers as numbers, `String.Array` as its values, binary ones not at all. */
function readAttributes(attributes: Readonly<Record<string, MessageAttributeValue>>): JsonObject {
  const seen: Record<string, Json> = {};
  for (const [name, { DataType = "", StringValue = "" }] of Object.entries(attributes)) {
    if (DataType === "Number" || DataType.startsWith("Number.")) seen[name] = Number(StringValue);
    else if (DataType === "String.Array") seen[name] = readArray(StringValue);
    else if (DataType.startsWith("String")) seen[name] = StringValue;
  }
  return seen;
}

function readArray(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

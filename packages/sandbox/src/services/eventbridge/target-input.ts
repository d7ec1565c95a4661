import type { InputTransformer, Target } from "@aws-sdk/client-eventbridge";
import { AwsError } from "../../core/errors.ts";
import type { BusEvent, RuleRecord } from "./records.ts";

const PLACEHOLDER = /<([\w.-]+)>/g;
const PATH = /^\$(\.[\w-]+(\[(\d+|\*)\])*|\[['"][^'"]+['"]\])*$/;

/** `$.detail.items[0].id`; undefined where the event has nothing there. */
function valueAt(event: unknown, path: string): unknown {
  const steps = path.matchAll(/\.([\w-]+)|\[(?:(\d+)|['"]([^'"]+)['"]|(\*))\]/g);
  let value: unknown = event;
  for (const [, name, index, quoted] of steps) {
    const key = name ?? quoted ?? index;
    if (key === undefined) continue;
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** Raises `ValidationException` where a target's input can't be. */
export function checkInput({ Id, Input, InputPath, InputTransformer: transformer }: Target): void {
  const given = [Input, InputPath, transformer].filter((one) => one !== undefined);
  if (given.length > 1) {
    const message = `Only one of Input, InputPath, or InputTransformer must be provided for target ${Id}.`;
    throw new AwsError("ValidationException", message);
  }
  for (const path of [InputPath, ...Object.values(transformer?.InputPathsMap ?? {})]) {
    if (path !== undefined && !PATH.test(path)) {
      throw new AwsError("ValidationException", `Invalid InputPath for target ${Id} : ${path}.`);
    }
  }
  if (Input !== undefined && !isJson(Input)) {
    throw new AwsError("ValidationException", `JSON syntax error in input for target ${Id}`);
  }
  for (const [, name = ""] of (transformer?.InputTemplate ?? "").matchAll(PLACEHOLDER)) {
    if (name.startsWith("aws.events.") || Object.hasOwn(transformer?.InputPathsMap ?? {}, name)) continue;
    const message = `InputTemplate for target ${Id} contains invalid placeholder ${name}.`;
    throw new AwsError("ValidationException", message);
  }
}

/** What a target gets of an event. Undefined where a template made no JSON: EventBridge delivers that to nobody. */
export function inputFor(target: Target, rule: RuleRecord, event: BusEvent): string | undefined {
  const { Input, InputPath, InputTransformer: transformer } = target;
  if (Input !== undefined) return Input;
  if (InputPath !== undefined) return JSON.stringify(valueAt(event, InputPath) ?? null);
  return transformer ? transform(transformer, rule, event) : JSON.stringify(event);
}

/**
 * Fills a template. Text within quotes takes a value without its own; elsewhere a value stands as JSON. What a path
 * doesn't find is an empty text.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
function transform(transformer: InputTransformer, rule: RuleRecord, event: BusEvent): string | undefined {
  const template = transformer.InputTemplate ?? "";
  const lookUp = (name: string): unknown => {
    const path = transformer.InputPathsMap?.[name];
    return (path === undefined ? predefined(name, rule, event) : valueAt(event, path)) ?? "";
  };
  // A template of lines of text, not an object: its values lose every quote.
  if (template.trimStart().startsWith('"')) {
    return template.replace(PLACEHOLDER, (_, name: string) => {
      const value = lookUp(name);
      return typeof value === "string" ? value : JSON.stringify(value).replaceAll('"', "");
    });
  }
  let isInText = false;
  const filled = template.replace(/\\.|"|<([\w.-]+)>/g, (token, name: string | undefined) => {
    if (token === '"') isInText = !isInText;
    if (name === undefined) return token;
    const value = lookUp(name);
    if (isInText && typeof value === "string") return JSON.stringify(value).slice(1, -1);
    return JSON.stringify(value);
  });
  return isJson(filled) ? filled : undefined;
}

function predefined(name: string, rule: RuleRecord, event: BusEvent): unknown {
  const { detail: _, "detail-type": detailType, ...rest } = event;
  switch (name) {
    case "aws.events.rule-arn":
      return rule.arn;
    case "aws.events.rule-name":
      return rule.name;
    case "aws.events.event.ingestion-time":
      return event.time;
    case "aws.events.event":
      return { ...rest, detailType };
    case "aws.events.event.json":
      return event;
    default:
      return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

import { isObject, type Json, type JsonObject } from "../json.ts";
import { type Attributes, type Draft, draft, passedOn, refusal, type Source, type Transform } from "./context.ts";
import { hashSuffix } from "./logical-id.ts";
import { destinationPolicy } from "./policies.ts";
import { refuseUnknownKeys } from "./properties.ts";
import { getAtt, ifParts, isIf, isNothing, isTruthy, onlyIf, ref, resolveParameters } from "./values.ts";
import type { Published } from "./version.ts";

const TYPES = ["SQS", "SNS", "EventBridge", "Lambda", "S3Bucket"];

export interface Destinations {
  readonly drafts: readonly Draft[];
  /** What the function's role needs for them. */
  readonly policies: readonly Json[];
}

/**
 * `EventInvokeConfig`: how often an asynchronous invocation is tried, and where its outcome goes. A queue or topic that
 * isn't named is made. Raises `Refusal`.
 */
export function expandEventInvokeConfig(
  transform: Transform,
  source: Source,
  published: Published | undefined,
): Destinations {
  const id = `${source.id}EventInvokeConfig`;
  const config = resolveParameters(source.properties.EventInvokeConfig ?? null, transform.parameters);
  if (!isObject(config)) throw refusal(source, "Property 'EventInvokeConfig' should be a map.", "EventInvokeConfig");
  const path = [...source.path, "EventInvokeConfig"];
  const known = "DestinationConfig MaximumEventAgeInSeconds MaximumRetryAttempts";
  refuseUnknownKeys(transform.findings, path, "EventInvokeConfig", config, known);

  const drafts: Draft[] = [];
  const policies: Json[] = [];
  const destinations: JsonObject = {};
  const given = isTruthy(config.DestinationConfig) ? config.DestinationConfig : {};
  if (!isObject(given)) throw wrongMap(source, "DestinationConfig");
  refuseUnknownKeys(transform.findings, path, "DestinationConfig", given, "OnSuccess OnFailure");
  for (const event of ["OnSuccess", "OnFailure"]) {
    const destination = given[event];
    if (destination === undefined) continue;
    if (!isObject(destination)) throw wrongMap(source, `DestinationConfig.${event}`);
    refuseUnknownKeys(transform.findings, path, event, destination, "Type Destination");
    const made = expandDestination(transform, source, { id, event, destination });
    // In place: what comes from Globals is shared, so that the next function sends to the same queue.
    destination.Destination = made.target;
    destinations[event] = { Destination: made.target };
    if (made.draft) drafts.push(made.draft);
    policies.push(made.policy);
  }
  const properties = {
    FunctionName: ref(source.id),
    Qualifier: published?.aliasName ?? "$LATEST",
    DestinationConfig: destinations,
    MaximumEventAgeInSeconds: config.MaximumEventAgeInSeconds,
    MaximumRetryAttempts: config.MaximumRetryAttempts,
  };
  const dependsOn = published ? [published.alias.id] : [];
  drafts.push(draft(id, "AWS::Lambda::EventInvokeConfig", source.attributes, properties, dependsOn));
  return { drafts, policies };
}

const wrongMap = (source: Source, name: string) =>
  refusal(source, `Property 'EventInvokeConfig.${name}' should be a map.`, "EventInvokeConfig");

function expandDestination(
  transform: Transform,
  source: Source,
  given: { id: string; event: string; destination: JsonObject },
): { target: Json; draft: Draft | undefined; policy: Json } {
  const { destination, event } = given;
  const { Type: type, Destination: named } = destination;
  if (typeof type !== "string" || !TYPES.includes(type)) {
    const message = `'Type: ${String(type)}' must be one of [${TYPES.map((name) => `'${name}'`).join(", ")}]`;
    throw refusal(source, message, "EventInvokeConfig", "DestinationConfig", event);
  }
  const name = `${given.id}${event}`;
  const policyFor = (arn: Json) => destinationPolicy(type, name, arn) ?? {};
  const choice = named === undefined ? undefined : conditionalTarget(transform, source, given.id, named);
  if (named !== undefined && !choice) return { target: named, draft: undefined, policy: policyFor(named) };
  if (type !== "SQS" && type !== "SNS") {
    const message = "Destination is required if Type is not ['SQS', 'SNS']";
    throw refusal(source, message, "EventInvokeConfig", "DestinationConfig", event);
  }
  const attributes: Attributes = {
    ...passedOn(source.attributes),
    condition: bothConditions(transform, source, choice?.condition),
  };
  const made =
    type === "SQS"
      ? draft(`${name}Queue`, "AWS::SQS::Queue", attributes, {})
      : draft(`${name}Topic`, "AWS::SNS::Topic", attributes, {});
  const arn = type === "SQS" ? getAtt(made.id, "Arn") : ref(made.id);
  const target = choice ? onlyIf(choice.condition, arn, choice.target) : arn;
  return { target, draft: made, policy: policyFor(target) };
}

/** When a destination is named under a condition only: the condition under which it isn't, and what is named else. */
function conditionalTarget(
  transform: Transform,
  source: Source,
  id: string,
  named: Json,
): { condition: string; target: Json } | undefined {
  if (!isIf(named)) return undefined;
  const parts = ifParts(named);
  if (!parts) {
    const message = "Malformed 'Destination' property: Fn::If requires 3 arguments.";
    throw refusal(source, message, "EventInvokeConfig", "DestinationConfig");
  }
  const [condition, whenTrue, whenFalse] = parts;
  if (isNothing(whenTrue) === isNothing(whenFalse)) return undefined;
  if (isNothing(whenTrue)) return { condition, target: whenFalse };
  const not = `NOT${condition}${hashSuffix(id)}`;
  transform.conditions.set(not, { "Fn::Not": [{ Condition: condition }] });
  return { condition: not, target: whenTrue };
}

function bothConditions(transform: Transform, source: Source, other: string | undefined): string | undefined {
  const { condition } = source.attributes;
  if (condition === undefined || other === undefined) return condition ?? other;
  const name = `${condition}AND${other}${hashSuffix(source.id)}`;
  // Wrapped twice, as SAM does it. CloudFormation refuses that, and so does the evaluation here.
  const wrapped = (inner: string): Json => ({ Condition: { Condition: inner } });
  transform.conditions.set(name, { "Fn::And": [wrapped(condition), wrapped(other)] });
  return name;
}

import { canonical, isObject, type Json, type JsonObject } from "../json.ts";
import { type Attributes, type Draft, draft, Refusal, refusal, type Source } from "./context.ts";
import { managedPolicyArn } from "./managed-policies.ts";
import { policyFromTemplate, policyTemplateParameters } from "./policy-templates.ts";
import { ifParts, isFunction, isIf, isNothing, isTruthy, onlyKey } from "./values.ts";

type PolicyKind = "managed" | "statement" | "template" | "unknown";

/**
 * What SAM takes an entry of `Policies` for. An `Fn::If` is what both its sides are; a side may be nothing.
 * Raises `Refusal`.
 */
function kindOf(source: Source, policy: Json): PolicyKind {
  if (typeof policy === "string") return "managed";
  if (isIf(policy)) {
    const parts = ifParts(policy);
    const wrong = (message: string) =>
      new Refusal([...source.path, "Policies"], `Structure of the SAM template is invalid. ${message}`);
    if (!parts) throw wrong("Fn::If requires 3 arguments");
    const [, whenTrue, whenFalse] = parts;
    const [one, other] = [kindOf(source, whenTrue), kindOf(source, whenFalse)];
    if (one === other || isNothing(whenFalse)) return one;
    if (isNothing(whenTrue)) return other;
    throw wrong(
      "Different policy types within the same Fn::If statement is unsupported. Separate different policy types into different Fn::If statements",
    );
  }
  if (isFunction(policy)) return "managed";
  if (isObject(policy) && policy.Statement !== undefined) return "statement";
  const name = onlyKey(policy);
  return name !== undefined && policyTemplateParameters(name) ? "template" : "unknown";
}

/** Replaces SAM's policy templates in `Policies` by the documents they stand for. The rest stays. Raises `Refusal`. */
export function replacePolicyTemplates(source: Source): void {
  const { Policies: given } = source.properties;
  if (!isTruthy(given)) return;
  source.properties.Policies = [given].flat().map((policy, index) => {
    if (kindOf(source, policy) !== "template" || !isObject(policy)) return policy;
    if (!isIf(policy)) return replaced(source, policy, index);
    const [condition = "", ...sides] = ifParts(policy) ?? [];
    const each = sides.map((side) => (isNothing(side) || !isObject(side) ? side : replaced(source, side, index)));
    return { "Fn::If": [condition, ...each] };
  });
}

function replaced(source: Source, policy: JsonObject, index: number): JsonObject {
  const name = onlyKey(policy) ?? "";
  const values = policy[name];
  if (!isObject(values)) {
    const message = `Must specify valid parameter values for policy template '${name}'`;
    throw refusal(source, message, "Policies", index);
  }
  const names = policyTemplateParameters(name) ?? [];
  const missing = names.filter((parameter) => values[parameter] === undefined);
  if (missing.length > 0) {
    const message = `Following required parameters of template '${name}' don't have values: [${missing.map((m) => `'${m}'`).join(", ")}]`;
    throw refusal(source, message, "Policies", index);
  }
  const unknown = Object.keys(values).find((key) => !names.includes(key));
  if (unknown) throw refusal(source, `Policy template '${name}' has no parameter '${unknown}'.`, "Policies", index);
  return policyFromTemplate(name, values);
}

export interface RoleParts {
  readonly attributes: Attributes;
  readonly assumeRolePolicyDocument: Json;
  readonly managedPolicyArns: readonly string[];
  /** Beside those of the property `Policies`. */
  readonly policies: readonly Json[];
  readonly tags: Json[];
}

/** The role of a function or state machine: what `parts` say, and its property `Policies`. Raises `Refusal`. */
export function roleOf(source: Source, parts: RoleParts): Draft {
  const id = `${source.id}Role`;
  const managed = new Map<string, Json>(parts.managedPolicyArns.map((arn) => [canonical(arn), arn]));
  const policies: Json[] = [...parts.policies];
  const { Policies: given, RolePath, PermissionsBoundary } = source.properties;
  for (const [index, entry] of (isTruthy(given) ? [given].flat() : []).entries()) {
    const kind = kindOf(source, entry);
    if (kind === "statement") {
      const named = (document: Json): Json =>
        isNothing(document) ? document : { PolicyName: `${id}Policy${index}`, PolicyDocument: document };
      policies.push(onEachSide(entry, named));
    } else if (kind === "managed") {
      const policy = onEachSide(entry, (name) => (typeof name === "string" ? arnOf(source, name, index) : name));
      if (!managed.has(canonical(policy))) managed.set(canonical(policy), policy);
    } else {
      const name = onlyKey(entry);
      const message = name
        ? `SAM policy template '${name}' isn't supported: write the statements.`
        : `Policy at index ${index} in the 'Policies' property is not valid`;
      throw refusal(source, message, "Policies", index);
    }
  }
  return draft(id, "AWS::IAM::Role", parts.attributes, {
    AssumeRolePolicyDocument: parts.assumeRolePolicyDocument,
    ManagedPolicyArns: [...managed.values()],
    Policies: policies.length > 0 ? policies : undefined,
    Path: RolePath,
    PermissionsBoundary,
    Tags: parts.tags,
  });
}

function onEachSide(entry: Json, convert: (side: Json) => Json): Json {
  const parts = isIf(entry) ? ifParts(entry) : undefined;
  if (!parts) return convert(entry);
  const [condition, ...sides] = parts;
  return { "Fn::If": [condition, ...sides.map(convert)] };
}

function arnOf(source: Source, name: string, index: number): string {
  const arn = managedPolicyArn(name);
  if (arn !== undefined) return arn;
  if (name.startsWith("arn:") || name.startsWith("{{resolve:")) return name;
  throw refusal(source, `Managed policy '${name}' isn't known here: give its ARN.`, "Policies", index);
}

export function assumedBy(service: string): JsonObject {
  const Statement = [{ Action: ["sts:AssumeRole"], Effect: "Allow", Principal: { Service: [service] } }];
  return { Version: "2012-10-17", Statement };
}

/** An inline policy of a made role. SAM gives these no version. */
export function inlinePolicy(name: string, ...statements: { action: string; on: Json }[]): JsonObject {
  const Statement = statements.map(({ action, on }) => ({ Action: action, Effect: "Allow", Resource: on }));
  return { PolicyName: name, PolicyDocument: { Statement } };
}

/** What a destination of each type needs to be sent to. The ARN may be a function. */
export function destinationPolicy(type: string, name: string, arn: Json): JsonObject | undefined {
  switch (type) {
    case "SQS":
      return inlinePolicy(`${name}SQSPolicy`, { action: "sqs:SendMessage", on: arn });
    case "SNS":
      return inlinePolicy(`${name}SNSPolicy`, { action: "sns:publish", on: arn });
    case "EventBridge":
      return inlinePolicy(`${name}EventBridgePolicy`, { action: "events:PutEvents", on: arn });
    case "Lambda":
      return inlinePolicy(`${name}LambdaPolicy`, { action: "lambda:InvokeFunction", on: arn });
    case "S3":
    case "S3Bucket":
      return inlinePolicy(
        `${name}S3Policy`,
        { action: "s3:PutObject", on: { "Fn::Join": ["/", [arn, "*"]] } },
        { action: "s3:ListBucket", on: arn },
      );
    default:
      return undefined;
  }
}

import type { IdentitySource, Need } from "../identity.ts";
import type { OperationModel, ServiceModel } from "../wire/model.ts";
import {
  ASKS_ITSELF,
  actionsOf,
  type Field,
  functionArn,
  PASSED_ROLES,
  PREFIXES,
  RESOURCES,
  SEVERAL,
} from "./table.ts";

type Input = Readonly<Record<string, unknown>>;

interface Place {
  readonly account: string;
  readonly region: string;
}

/**
 * What permissions a request needs, before it runs: the service's prefix and the operation's name, on the resource that
 * its input names (`table.ts` has what differs). S3, KMS and STS ask themselves, because they know keys, policies and
 * owners; they have none here.
 */
export function needsOf(
  model: ServiceModel,
  operation: OperationModel,
  input: Input,
  place: Place,
  source: IdentitySource,
): Need[] {
  const service = model.signingName;
  if (ASKS_ITSELF.has(service)) return passedRoles(model, operation, input);
  const needs =
    service === "iam" ? iamNeeds(operation.name, input, place, source) : ordinary(model, operation, input, place);
  const tags = tagConditions(input);
  return [
    ...needs.map((need) => ({ ...need, conditions: { ...tags, ...need.conditions } })),
    ...passedRoles(model, operation, input),
  ];
}

function ordinary(model: ServiceModel, operation: OperationModel, input: Input, place: Place): Need[] {
  const service = model.signingName;
  const prefix = PREFIXES[service] ?? service;
  const scope = `arn:aws:${prefix}:${place.region}:${place.account}:`;
  if (service === "apigateway") return [httpNeed(operation, input, place)];
  const actions = actionsOf(service, operation.name, input).map((name) => `${prefix}:${name}`);
  const resources = SEVERAL[`${service}:${operation.name}`]?.(input, scope) ?? [
    resourceOf(service, operation.name, input, scope),
  ];
  const conditions = conditionsOf(service, operation.name, input, scope);
  return actions.flatMap((action) => resources.map((resource) => ({ action, resource, conditions })));
}

function resourceOf(service: string, operation: string, input: Input, scope: string): string | undefined {
  for (const { member, resource, only } of RESOURCES[service] ?? []) {
    if (only && !only.test(operation)) continue;
    const value = input[member];
    if (typeof value === "string" && value !== "") return named({ member, resource }, value, input, scope);
  }
  // What EC2 makes and changes is many resources at once.
  if (service === "ec2" && !operation.startsWith("Describe")) return undefined;
  // Lists and account-wide questions know no resource; of anything else the resource isn't known here.
  return /^(List|Describe|Get.*s$|Put|Create|Batch|Start|Stop|Search)/.test(operation) ? "*" : undefined;
}

function named(
  { resource }: Pick<Field, "member" | "resource">,
  value: string,
  input: Input,
  scope: string,
): string | undefined {
  if (typeof resource === "function") return resource(value, input, scope);
  return value.startsWith("arn:") ? value : `${scope}${resource.replace("{}", () => value)}`;
}

/** API Gateway's actions are HTTP's methods, on the path. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples.html */
function httpNeed(operation: OperationModel, input: Input, place: Place): Need {
  const [method, uri] = operation.http ?? ["GET", "/"];
  const path = uri
    .split("?")[0]
    ?.replace(/^\/v2/, "")
    .replace(/\{(\w+)\+?\}/g, (_all, name: string) => String(input[name] ?? ""));
  return { action: `apigateway:${method}`, resource: `arn:aws:apigateway:${place.region}::${path}` };
}

/** Roles and policies have paths, which only their records tell. */
function iamNeeds(operation: string, input: Input, { account }: Place, source: IdentitySource): Need[] {
  const text = (name: string) => (typeof input[name] === "string" ? (input[name] as string) : undefined);
  const base = `arn:aws:iam::${account}:`;
  const path = text("Path") ?? "/";
  const [role, user, policy] = [text("RoleName"), text("UserName"), text("PolicyArn")];
  const action = `iam:${operation}`;
  if (role !== undefined) {
    const known = source.resource(account, "role", role);
    const isNew = operation === "CreateRole" || operation === "PutRolePermissionsBoundary";
    const boundary = isNew ? text("PermissionsBoundary") : known?.boundaryArn;
    const conditions = { "iam:permissionsboundary": boundary, "iam:policyarn": policy };
    const resource = operation === "CreateRole" ? `${base}role${path}${role}` : (known?.arn ?? `${base}role/${role}`);
    return [{ action, resource, conditions }];
  }
  if (user !== undefined) {
    const resource =
      operation === "CreateUser"
        ? `${base}user${path}${user}`
        : (source.resource(account, "user", user)?.arn ?? `${base}user/${user}`);
    return [{ action, resource, conditions: { "iam:policyarn": policy } }];
  }
  if (operation === "SimulatePrincipalPolicy") return [{ action, resource: text("PolicySourceArn") }];
  if (policy !== undefined) return [{ action, resource: policy }];
  const name = text("PolicyName");
  if (name !== undefined) return [{ action, resource: `${base}policy${path}${name}` }];
  const profile = text("InstanceProfileName");
  return [{ action, resource: profile === undefined ? "*" : `${base}instance-profile${path}${profile}` }];
}

/** Handing a role to a service asks for `iam:PassRole` on it. */
function passedRoles(model: ServiceModel, operation: OperationModel, input: Input): Need[] {
  const passing = PASSED_ROLES[`${model.signingName}:${operation.name}`];
  if (!passing) return [];
  return passing.roles(input).map((resource) => ({
    action: "iam:PassRole",
    resource,
    conditions: { "iam:passedtoservice": passing.service },
  }));
}

function conditionsOf(
  service: string,
  operation: string,
  input: Input,
  scope: string,
): NonNullable<Need["conditions"]> {
  if (service === "lambda" && operation === "CreateEventSourceMapping" && typeof input.FunctionName === "string") {
    return { "lambda:functionarn": functionArn(input.FunctionName, input, scope) };
  }
  if (service === "monitoring" && typeof input.Namespace === "string")
    return { "cloudwatch:namespace": input.Namespace };
  if (service === "ssm" && input.Recursive !== undefined) return { "ssm:recursive": String(input.Recursive) };
  return {};
}

/** `aws:RequestTag/…` and `aws:TagKeys`, from tags in any of the forms in which services take them. */
function tagConditions(input: Input): NonNullable<Need["conditions"]> {
  const given = input.Tags ?? input.tags ?? input.TagList;
  const removed = input.TagKeys ?? input.tagKeys;
  const result: Record<string, string | readonly string[]> = {};
  const keys: string[] = Array.isArray(removed) ? removed.map(String) : [];
  const add = (key: string, value: unknown) => {
    keys.push(key);
    result[`aws:requesttag/${key.toLowerCase()}`] = String(value ?? "");
  };
  if (Array.isArray(given)) {
    for (const tag of given as Record<string, unknown>[])
      add(String(tag.Key ?? tag.key ?? tag.TagKey), tag.Value ?? tag.value ?? tag.TagValue);
  } else if (typeof given === "object" && given !== null)
    for (const [key, value] of Object.entries(given)) add(key, value);
  if (keys.length > 0) result["aws:tagkeys"] = keys;
  return result;
}

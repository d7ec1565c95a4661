import { isObject, type Json, type JsonObject } from "../json.ts";
import type { FindingList, Resource, Template } from "../template.ts";
import { isFunction } from "./values.ts";

const PREFIX = "AWS::Serverless::";

/** What `Globals` may hold for each type; a name that SAM has but this expansion lacks is refused where it is used. */
const IN_GLOBALS: Record<string, ReadonlySet<string>> = {
  Function: new Set(
    (
      "Handler Runtime CodeUri DeadLetterQueue Description MemorySize Timeout VpcConfig Environment Tags PropagateTags " +
      "Tracing KmsKeyArn AutoPublishAlias AutoPublishAliasAllProperties Layers DeploymentPreference RolePath " +
      "PermissionsBoundary ReservedConcurrentExecutions ProvisionedConcurrencyConfig AssumeRolePolicyDocument " +
      "EventInvokeConfig FileSystemConfigs CodeSigningConfigArn Architectures SnapStart EphemeralStorage " +
      "FunctionUrlConfig RuntimeManagementConfig LoggingConfig RecursiveLoop SourceKMSKeyArn VersionDeletionPolicy " +
      "TenancyConfig DurableConfig CapacityProviderConfig FunctionScalingConfig PublishToLatestPublished"
    ).split(" "),
  ),
  HttpApi: new Set(
    (
      "Auth AccessLogSettings StageVariables Tags CorsConfiguration DefaultRouteSettings RouteSettings Domain " +
      "FailOnWarnings PropagateTags"
    ).split(" "),
  ),
  SimpleTable: new Set(["SSESpecification"]),
  StateMachine: new Set(["PropagateTags"]),
  LayerVersion: new Set(["PublishLambdaVersion"]),
};

/** Checks the `Globals` section. What it holds for other types matters only if there is such a resource, refused anyway. */
export function checkGlobals(template: Template, findings: FindingList): void {
  for (const [type, properties] of Object.entries(template.globals ?? {})) {
    const allowed = Object.hasOwn(IN_GLOBALS, type) ? IN_GLOBALS[type] : undefined;
    if (!allowed) {
      findings.add(["Globals", type], `'Globals' section is invalid. '${type}' is not supported.`);
    } else if (!isObject(properties)) {
      findings.add(["Globals", type], `'Globals' section is invalid. ${type} must be a map.`);
    } else {
      for (const name of Object.keys(properties)) {
        if (allowed.has(name)) continue;
        const message = `'Globals' section is invalid. '${name}' is not a supported property of '${type}'.`;
        findings.add(["Globals", type, name], message);
      }
    }
  }
}

/**
 * The resource's properties over the globals of its type: maps merge, lists follow each other, the rest is replaced.
 * What isn't merged is the global value itself, not a copy: see `resolveParameters`.
 */
export function withGlobals(
  globals: JsonObject | undefined,
  resource: Pick<Resource, "type" | "extra">,
  own: JsonObject,
  refuse: (message: string) => void,
): JsonObject {
  const section = resource.type.startsWith(PREFIX) ? globals?.[resource.type.slice(PREFIX.length)] : undefined;
  const { IgnoreGlobals: ignored } = resource.extra;
  if (!isObject(section) || ignored === "*") return own;
  if (ignored === undefined || ignored === "") return merge(section, own) as JsonObject;
  if (!Array.isArray(ignored)) {
    refuse("IgnoreGlobals must be '*' or a list of properties.");
    return own;
  }
  const left: JsonObject = { ...section };
  for (const name of ignored) {
    if (typeof name === "string" && Object.hasOwn(left, name)) delete left[name];
    else refuse(`invalid resource attribute 'IgnoreGlobals' on item '${String(name)}'.`);
  }
  return merge(left, own) as JsonObject;
}

function merge(global: Json, own: Json): Json {
  if (Array.isArray(global) && Array.isArray(own)) return [...global, ...own];
  if (!isObject(global) || !isObject(own) || isFunction(global) || isFunction(own)) return own;
  const merged: JsonObject = { ...global };
  for (const [name, value] of Object.entries(own)) {
    const inherited = Object.hasOwn(global, name) ? global[name] : undefined;
    merged[name] = inherited === undefined ? value : merge(inherited, value);
  }
  return merged;
}

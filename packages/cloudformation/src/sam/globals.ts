import { intrinsicOf } from "../intrinsics.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import type { FindingList, Template } from "../template.ts";

/** What `Globals` may hold for each type; a name that SAM has but this expansion lacks is refused where it is used. */
const IN_GLOBALS: Record<string, ReadonlySet<string>> = {
  Function: new Set(
    (
      "Handler Runtime CodeUri DeadLetterQueue Description MemorySize Timeout VpcConfig Environment Tags PropagateTags " +
      "Tracing KmsKeyArn AutoPublishAlias AutoPublishAliasAllProperties Layers DeploymentPreference RolePath " +
      "PermissionsBoundary ReservedConcurrentExecutions ProvisionedConcurrencyConfig AssumeRolePolicyDocument " +
      "EventInvokeConfig FileSystemConfigs CodeSigningConfigArn Architectures SnapStart EphemeralStorage " +
      "FunctionUrlConfig RuntimeManagementConfig LoggingConfig RecursiveLoop SourceKMSKeyArn VersionDeletionPolicy"
    ).split(" "),
  ),
  HttpApi: new Set(
    (
      "Auth AccessLogSettings StageVariables Tags CorsConfiguration DefaultRouteSettings RouteSettings Domain " +
      "FailOnWarnings PropagateTags"
    ).split(" "),
  ),
};

/** Checks the `Globals` section. What it holds for other types matters only if there is such a resource, refused anyway. */
export function checkGlobals(template: Template, findings: FindingList): void {
  for (const [type, properties] of Object.entries(template.globals ?? {})) {
    const allowed = IN_GLOBALS[type];
    if (!allowed) {
      findings.add(["Globals", type], `Globals for AWS::Serverless::${type} aren't supported.`);
    } else if (!isObject(properties)) {
      findings.add(["Globals", type], `Globals: ${type} must be a map.`);
    } else {
      for (const name of Object.keys(properties)) {
        if (!allowed.has(name)) findings.add(["Globals", type, name], `Globals: ${type} can't set '${name}'.`);
      }
    }
  }
}

/** The resource's properties over the globals of its type: maps merge, lists follow each other, the rest is replaced. */
export function withGlobals(
  template: Template,
  type: "Function" | "HttpApi",
  own: JsonObject,
  ignored: Json,
): JsonObject {
  const section = template.globals?.[type];
  if (!isObject(section) || ignored === "*") return structuredClone(own);
  const names = Array.isArray(ignored) ? ignored : [];
  const globals = Object.fromEntries(Object.entries(section).filter(([name]) => !names.includes(name)));
  return merge(structuredClone(globals), structuredClone(own)) as JsonObject;
}

function merge(global: Json, own: Json): Json {
  if (Array.isArray(global) && Array.isArray(own)) return [...global, ...own];
  const plain = isObject(global) && isObject(own) && !intrinsicOf(global) && !intrinsicOf(own);
  if (!plain) return own;
  const merged: JsonObject = { ...global };
  for (const [name, value] of Object.entries(own)) {
    const inherited = Object.hasOwn(global, name) ? global[name] : undefined;
    merged[name] = inherited === undefined ? value : merge(inherited, value);
  }
  return merged;
}

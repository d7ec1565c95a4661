import { isObject, type Json, type JsonObject } from "../json.ts";
import {
  type DeploymentPreference,
  type Draft,
  draft,
  NO_ATTRIBUTES,
  refusal,
  type Source,
  type Transform,
} from "./context.ts";
import { combineConditions } from "./implicit-api.ts";
import { assumedBy } from "./policies.ts";
import { refuseUnknownKeys } from "./properties.ts";
import {
  getAtt,
  ifParts,
  isFunction,
  isIf,
  isNothing,
  isTruthy,
  ref,
  resolveMappings,
  resolveParameters,
  sub,
  tagList,
} from "./values.ts";

const APPLICATION = "ServerlessDeploymentApplication";
const ROLE = "CodeDeployServiceRole";
const CONDITION = "ServerlessCodeDeployCondition";
const KNOWN = "Alarms Enabled Hooks PassthroughCondition Role TriggerConfigurations Type";

/** The deployment configurations that CodeDeploy has for Lambda; another name is one of the account's own. */
const PREDEFINED = new Set([
  "Canary10Percent5Minutes",
  "Canary10Percent10Minutes",
  "Canary10Percent15Minutes",
  "Canary10Percent30Minutes",
  "Linear10PercentEvery1Minute",
  "Linear10PercentEvery2Minutes",
  "Linear10PercentEvery3Minutes",
  "Linear10PercentEvery10Minutes",
  "AllAtOnce",
]);

/** `DeploymentPreference`: remembered for the deployment group, and written into the alias. Raises `Refusal`. */
export function addDeploymentPreference(transform: Transform, source: Source, alias: Draft | undefined): void {
  const { DeploymentPreference: given, Tags: tags, PropagateTags: propagates } = source.properties;
  if (!isObject(given) || !isTruthy(given)) return;
  refuseUnknownKeys(transform.findings, [...source.path, "DeploymentPreference"], "DeploymentPreference", given, KNOWN);
  const known = (value: Json) =>
    resolveMappings(resolveParameters(value, transform.parameters), transform.template.mappings);
  for (const name of ["Enabled", "Type"]) {
    const value = given[name];
    if (value !== undefined) given[name] = known(value);
  }
  const { PassthroughCondition: passing = false } = given;
  const passes = asFlag(source, known(passing));
  const { Enabled: enabled = true } = given;
  if (!isTruthy(enabled) || enabled === "false" || enabled === "False") return;
  if (given.Type === undefined) {
    const message = "'DeploymentPreference' is missing required Property 'Type'";
    throw refusal(source, message, "DeploymentPreference");
  }
  const hooks = given.Hooks ?? {};
  if (!isObject(hooks)) {
    throw refusal(source, "'Hooks' property of 'DeploymentPreference' must be a dictionary", "DeploymentPreference");
  }
  const path = [...source.path, "DeploymentPreference", "Hooks"];
  refuseUnknownKeys(transform.findings, path, "Hooks", hooks, "PreTraffic PostTraffic");
  if (!alias) {
    const message = "'DeploymentPreference' requires AutoPublishAlias property to be specified.";
    throw refusal(source, message, "DeploymentPreference");
  }
  // Looked at here, where it can be refused.
  alarmConfiguration(source, given.Alarms);
  transform.deployments.set(source.id, {
    source,
    type: given.Type,
    alarms: given.Alarms,
    role: given.Role,
    triggers: given.TriggerConfigurations,
    condition: passes ? source.attributes.condition : undefined,
    tags: isTruthy(propagates) && isObject(tags) && isTruthy(tags) ? tags : undefined,
  });
  const update: JsonObject = { ApplicationName: ref(APPLICATION), DeploymentGroupName: ref(groupId(source)) };
  if (hooks.PreTraffic !== undefined) update.BeforeAllowTrafficHook = hooks.PreTraffic;
  if (hooks.PostTraffic !== undefined) update.AfterAllowTrafficHook = hooks.PostTraffic;
  alias.attributes = { ...alias.attributes, updatePolicy: { CodeDeployLambdaAliasUpdate: update } };
}

const groupId = (source: Source) => `${source.id}DeploymentGroup`;

function asFlag(source: Source, value: Json): boolean {
  if (value === true || value === 1 || value === "true" || value === "True") return true;
  if (value === false || value === 0 || value === "false" || value === "False") return false;
  const message = isFunction(value)
    ? "Unsupported intrinsic: the only intrinsic functions supported for property PassthroughCondition are FindInMap and parameter Refs."
    : "Invalid value for property PassthroughCondition.";
  throw refusal(source, message, "DeploymentPreference", "PassthroughCondition");
}

/** The CodeDeploy application of all functions with a deployment preference, its role, and a group for each of them. */
export function expandDeployments(transform: Transform): Draft[] {
  const preferences = [...transform.deployments.values()];
  if (preferences.length === 0) return [];
  const conditions = [...new Set(preferences.map(({ condition }) => condition))].filter((name) => name !== undefined);
  const isConditional = preferences.every(({ condition }) => condition !== undefined);
  const condition = !isConditional
    ? undefined
    : conditions.length > 1
      ? combineConditions(conditions, CONDITION, transform.conditions)
      : conditions[0];
  const tags = tagList(Object.assign({}, ...preferences.map((preference) => preference.tags ?? {})));
  const shared = { ...NO_ATTRIBUTES, condition };
  const Tags = tags.length > 0 ? tags : undefined;
  const drafts = [draft(APPLICATION, "AWS::CodeDeploy::Application", shared, { ComputePlatform: "Lambda", Tags })];
  if (!preferences.every(({ role }) => isTruthy(role))) {
    drafts.push(
      draft(ROLE, "AWS::IAM::Role", shared, {
        AssumeRolePolicyDocument: assumedBy("codedeploy.amazonaws.com"),
        ManagedPolicyArns: ["arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda"],
        Tags,
      }),
    );
  }
  return [...drafts, ...preferences.map(deploymentGroup)];
}

function deploymentGroup(preference: DeploymentPreference): Draft {
  const { source, condition, role, triggers, tags } = preference;
  return draft(
    groupId(source),
    "AWS::CodeDeploy::DeploymentGroup",
    { ...NO_ATTRIBUTES, condition },
    {
      AlarmConfiguration: alarmConfiguration(source, preference.alarms),
      ApplicationName: ref(APPLICATION),
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
      },
      DeploymentConfigName: configurationName(structuredClone(preference.type)),
      DeploymentStyle: { DeploymentType: "BLUE_GREEN", DeploymentOption: "WITH_TRAFFIC_CONTROL" },
      ServiceRoleArn: isTruthy(role) ? role : getAtt(ROLE, "Arn"),
      TriggerConfigurations: isTruthy(triggers) ? triggers : undefined,
      Tags: tags ? tagList(tags) : undefined,
    },
  );
}

/** The configuration's full name, wherever one of CodeDeploy's own is named, also inside functions. */
function configurationName(type: Json, within?: string): Json {
  if (Array.isArray(type)) return type.map((item) => configurationName(item));
  if (isObject(type) && isFunction(type)) {
    return Object.fromEntries(Object.entries(type).map(([name, value]) => [name, configurationName(value, name)]));
  }
  if (typeof type !== "string" || !PREDEFINED.has(type)) return type;
  const text = "CodeDeployDefault.Lambda${ConfigName}";
  return within === "Fn::Sub" ? [text, { ConfigName: type }] : sub(text, { ConfigName: type });
}

function alarmConfiguration(source: Source, alarms: Json | undefined): Json | undefined {
  if (!isTruthy(alarms) || isNothing(alarms)) return undefined;
  const wrong = (message: string) => refusal(source, message, "DeploymentPreference", "Alarms");
  const build = (list: Json): JsonObject => {
    if (!Array.isArray(list)) throw wrong("Alarms must be a list");
    if (list.length === 0 || isNothing(list[0])) return {};
    return { Enabled: true, Alarms: list.map((Name) => ({ Name })) };
  };
  if (!isIf(alarms)) return build(alarms);
  const parts = ifParts(alarms);
  if (!parts) throw wrong("Fn::If requires 3 arguments");
  const [condition, ...sides] = parts;
  return { "Fn::If": [condition, ...sides.map(build)] };
}

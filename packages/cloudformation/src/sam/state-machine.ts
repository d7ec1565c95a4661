import { isObject, type Json, type JsonObject } from "../json.ts";
import { codeLocation } from "./code.ts";
import {
  type Draft,
  draft,
  type Expanded,
  type Invoked,
  passedOn,
  propagateTags,
  refusal,
  type Source,
  type Transform,
} from "./context.ts";
import { expandMachineEvents } from "./events/index.ts";
import { pythonJson } from "./logical-id.ts";
import { assumedBy, replacePolicyTemplates, roleOf } from "./policies.ts";
import { checkProperties, propertyRules } from "./properties.ts";
import { getAtt, isFunction, isTruthy, ref, tagList } from "./values.ts";

const RULES = propertyRules({
  any: "RolePath AutoPublishAlias DeploymentPreference",
  text: "Role Name Type PermissionsBoundary",
  textOrMap: "DefinitionUri",
  map: "Definition Logging DefinitionSubstitutions Tags Tracing",
  mapOfMaps: "Events",
  flag: "PropagateTags UseAliasAsEventTarget",
  policiesOrList: "Policies",
  literal: "UseAliasAsEventTarget",
});

/**
 * `AWS::Serverless::StateMachine` → state machine, role, version, alias and what its events need.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-statemachine.html
 */
export function expandStateMachine(transform: Transform, source: Source): Expanded {
  const { properties, attributes, id } = source;
  replacePolicyTemplates(source);
  checkProperties(transform.findings, source, properties, RULES);
  const { DefinitionSubstitutions: given, Tags: tags, Role: named, Policies: policies } = properties;
  const substitutions: JsonObject = isObject(given) ? given : {};
  const definition = readDefinition(source, substitutions);
  if (isTruthy(named) && isTruthy(policies)) {
    const message = "Specify either 'Role' or 'Policies' (but not both at the same time) or neither of them";
    throw refusal(source, message, "Role");
  }
  const ownTags = [{ Key: "stateMachine:createdBy", Value: "SAM" }, ...tagList(tags)];
  const role = isTruthy(named) ? undefined : machineRole(source, ownTags);
  const machine = draft(
    id,
    "AWS::StepFunctions::StateMachine",
    attributes,
    {
      ...definition,
      DefinitionSubstitutions: isTruthy(substitutions) ? substitutions : undefined,
      RoleArn: role ? getAtt(role.id, "Arn") : named,
      StateMachineName: properties.Name,
      StateMachineType: properties.Type,
      LoggingConfiguration: properties.Logging,
      TracingConfiguration: properties.Tracing,
      Tags: ownTags,
    },
    source.dependsOn,
  );
  const published = expandPublished(source);
  const [, alias] = published;
  const target: Invoked =
    alias && properties.UseAliasAsEventTarget === true ? { id: alias.id, arn: ref(alias.id) } : { id, arn: ref(id) };
  const drafts = [machine, ...(role ? [role] : []), ...published];
  drafts.push(...expandMachineEvents({ transform, source, target, role: undefined }));
  if (isTruthy(properties.PropagateTags) && isTruthy(tags)) propagateTags(drafts, tagList(tags));
  return { drafts, referable: {} };
}

function readDefinition(source: Source, substitutions: JsonObject): { [name: string]: Json } {
  const { Definition: definition, DefinitionUri: uri } = source.properties;
  if (isTruthy(definition) && isTruthy(uri)) {
    throw refusal(source, "Specify either 'Definition' or 'DefinitionUri' property and not both.", "Definition");
  }
  if (isTruthy(definition)) {
    const written = structuredClone(definition);
    Object.assign(substitutions, takeOutFunctions(written));
    return { DefinitionString: { "Fn::Join": ["\n", pythonJson(written, 4).split("\n")] } };
  }
  if (!isTruthy(uri)) {
    throw refusal(source, "Either 'Definition' or 'DefinitionUri' property must be specified.");
  }
  const { S3Bucket: Bucket = null, S3Key: Key = null, S3ObjectVersion } = codeLocation(source, "DefinitionUri", uri);
  const location = { Bucket, Key, ...(S3ObjectVersion === undefined ? {} : { Version: S3ObjectVersion }) };
  return { DefinitionS3Location: location };
}

/**
 * Replaces functions and dynamic references in a definition by `${definition_substitution_N}`, in place, because the
 * definition is deployed as text. Returns what they stand for.
 */
function takeOutFunctions(definition: Json): JsonObject {
  const substitutions: JsonObject = {};
  const exchange = (value: Json): Json => {
    const isDynamic = typeof value === "string" && /^\{\{resolve:([a-z-]+):(.+)\}\}$/.test(value);
    if (!isFunction(value) && !isDynamic) {
      visit(value);
      return value;
    }
    const name = `definition_substitution_${Object.keys(substitutions).length + 1}`;
    substitutions[name] = value;
    return `\${${name}}`;
  };
  const visit = (value: Json): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) value[index] = exchange(item);
    } else if (isObject(value)) {
      for (const key of Object.keys(value).sort()) value[key] = exchange(value[key] ?? null);
    }
  };
  visit(definition);
  return substitutions;
}

function machineRole(source: Source, tags: Json[]): Draft {
  const { Tracing: tracing, Policies: policies } = source.properties;
  const given = isTruthy(policies) ? [policies].flat() : [];
  const isTraced = isObject(tracing) && tracing.Enabled === true;
  const properties = { ...source.properties, Policies: isTraced ? [...given, "AWSXrayWriteOnlyAccess"] : given };
  return roleOf(
    { ...source, properties },
    {
      attributes: passedOn(source.attributes),
      assumeRolePolicyDocument: assumedBy("states.amazonaws.com"),
      managedPolicyArns: [],
      policies: [],
      tags: structuredClone(tags),
    },
  );
}

/** Version and alias, with `AutoPublishAlias`. */
function expandPublished(source: Source): Draft[] {
  const {
    AutoPublishAlias: name,
    DeploymentPreference: preference,
    UseAliasAsEventTarget: asTarget,
  } = source.properties;
  if (!isTruthy(name)) {
    const needing =
      asTarget === true ? "UseAliasAsEventTarget" : isTruthy(preference) ? "DeploymentPreference" : undefined;
    if (!needing) return [];
    throw refusal(source, `'${needing}' requires 'AutoPublishAlias' property to be specified.`, needing);
  }
  const attributes = passedOn(source.attributes);
  const { deletionPolicy = "Retain", updateReplacePolicy = "Retain" } = attributes;
  const version = draft(
    `${source.id}Version`,
    "AWS::StepFunctions::StateMachineVersion",
    { ...attributes, deletionPolicy, updateReplacePolicy },
    { StateMachineArn: ref(source.id), StateMachineRevisionId: getAtt(source.id, "StateMachineRevisionId") },
  );
  if (typeof name !== "string") throw refusal(source, "'AutoPublishAlias' must be a string.", "AutoPublishAlias");
  const shifting = isTruthy(preference) && isObject(preference) ? preference : { Type: "ALL_AT_ONCE" };
  const alias = draft(`${source.id}Alias${name}`, "AWS::StepFunctions::StateMachineAlias", attributes, {
    Name: name,
    DeploymentPreference: { ...shifting, StateMachineVersionArn: ref(version.id) },
  });
  return [version, alias];
}

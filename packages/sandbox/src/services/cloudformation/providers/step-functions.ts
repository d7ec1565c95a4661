import { GetObjectCommand } from "@aws-sdk/client-s3";
import {
  CreateStateMachineAliasCommand,
  CreateStateMachineCommand,
  DeleteStateMachineAliasCommand,
  DeleteStateMachineCommand,
  DeleteStateMachineVersionCommand,
  DescribeStateMachineCommand,
  PublishStateMachineVersionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateStateMachineAliasCommand,
  UpdateStateMachineCommand,
} from "@aws-sdk/client-sfn";
import type { JsonObject } from "@turnpike/cloudformation";
import { AwsError } from "../../../core/errors.ts";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { flag, goneTags, ifThere, list, lowerCamel, lowerTagList, number, object, present, text } from "./values.ts";

const stateMachine = defineProvider({
  type: "AWS::StepFunctions::StateMachine",
  properties: [
    "Definition",
    "DefinitionS3Location",
    "DefinitionString",
    "DefinitionSubstitutions",
    "EncryptionConfiguration",
    "LoggingConfiguration",
    "RoleArn",
    "StateMachineName",
    "StateMachineType",
    "Tags",
    "TracingConfiguration",
  ],
  required: ["RoleArn"],
  takesTags: true,
  async create(call) {
    const { properties } = call;
    const input = {
      ...(await settings(call)),
      name: text(properties.StateMachineName) ?? call.name(80),
      type: text(properties.StateMachineType),
      encryptionConfiguration: properties.EncryptionConfiguration && lowerCamel(properties.EncryptionConfiguration),
      tags: lowerTagList(call),
    };
    // The same machine twice is one, as the service itself has it.
    const { stateMachineArn = "" } = await call.send(new CreateStateMachineCommand(present(input) as never));
    return made(call, stateMachineArn);
  },
  async update(call, { physicalId: stateMachineArn, tags }) {
    await call.send(new UpdateStateMachineCommand({ stateMachineArn, ...(await settings(call)) }));
    await call.send(new TagResourceCommand({ resourceArn: stateMachineArn, tags: lowerTagList(call) }));
    const tagKeys = goneTags(call, tags);
    if (tagKeys.length > 0) await call.send(new UntagResourceCommand({ resourceArn: stateMachineArn, tagKeys }));
    return made(call, stateMachineArn);
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteStateMachineCommand({ stateMachineArn: physicalId }));
  },
});

async function settings(call: ProviderCall) {
  const { RoleArn, LoggingConfiguration, TracingConfiguration } = call.properties;
  const logging = object(LoggingConfiguration);
  const destinations = list(logging.Destinations).map((one) => ({
    cloudWatchLogsLogGroup: { logGroupArn: text(object(object(one).CloudWatchLogsLogGroup).LogGroupArn) },
  }));
  return {
    definition: await definition(call),
    roleArn: text(RoleArn) ?? "",
    loggingConfiguration: {
      level: (text(logging.Level) ?? "OFF") as "OFF",
      includeExecutionData: flag(logging.IncludeExecutionData) ?? false,
      ...(destinations.length > 0 ? { destinations } : {}),
    },
    tracingConfiguration: { enabled: flag(object(TracingConfiguration).Enabled) ?? false },
  };
}

/** The definition with its substitutions, `${Name}`, put in. */
async function definition(call: ProviderCall): Promise<string> {
  const { properties } = call;
  const values = object(properties.DefinitionSubstitutions);
  const source = await definitionSource(call);
  return source.replace(/\$\{([\w-]+)\}/g, (match, name: string) => {
    const value = values[name];
    return value === undefined ? match : (text(value) ?? match);
  });
}

async function definitionSource({ properties, send }: ProviderCall): Promise<string> {
  const { Definition, DefinitionString, DefinitionS3Location } = properties;
  if (DefinitionString !== undefined) return text(DefinitionString) ?? "";
  if (Definition !== undefined) return JSON.stringify(Definition);
  if (DefinitionS3Location === undefined) {
    throw new AwsError(
      "ValidationException",
      "One of Definition, DefinitionString and DefinitionS3Location must be given",
    );
  }
  const { Bucket, Key, Version } = object(DefinitionS3Location);
  const place = { Bucket: text(Bucket), Key: text(Key), VersionId: text(Version) };
  const { Body } = await send(new GetObjectCommand(present(place) as { Bucket: string; Key: string }));
  return (await Body?.transformToString()) ?? "";
}

async function made(call: ProviderCall, stateMachineArn: string): Promise<Made> {
  const { name = "", revisionId } = await call.send(new DescribeStateMachineCommand({ stateMachineArn }));
  const StateMachineRevisionId = revisionId ?? "INITIAL";
  return { physicalId: stateMachineArn, attributes: { Arn: stateMachineArn, Name: name, StateMachineRevisionId } };
}

const version = defineProvider({
  type: "AWS::StepFunctions::StateMachineVersion",
  properties: ["Description", "StateMachineArn", "StateMachineRevisionId"],
  required: ["StateMachineArn"],
  takesTags: false,
  async create(call) {
    const { Description, StateMachineArn, StateMachineRevisionId } = call.properties;
    const input = {
      stateMachineArn: text(StateMachineArn) ?? "",
      ...present({ revisionId: text(StateMachineRevisionId), description: text(Description) }),
    };
    const { stateMachineVersionArn: arn = "" } = await call.send(new PublishStateMachineVersionCommand(input));
    return { physicalId: arn, attributes: { Arn: arn } };
  },
  async remove(call, { physicalId }) {
    await ifThere(call.send(new DeleteStateMachineVersionCommand({ stateMachineVersionArn: physicalId })));
  },
});

const alias = defineProvider({
  type: "AWS::StepFunctions::StateMachineAlias",
  properties: ["DeploymentPreference", "Description", "Name", "RoutingConfiguration"],
  required: [],
  takesTags: false,
  async create(call) {
    const name = text(call.properties.Name) ?? call.name(80);
    const input = { ...aliasSettings(call.properties), name };
    const { stateMachineAliasArn: arn = "" } = await call.send(new CreateStateMachineAliasCommand(input));
    return { physicalId: arn, attributes: { Arn: arn } };
  },
  async update(call, { physicalId }) {
    const input = { stateMachineAliasArn: physicalId, ...aliasSettings(call.properties) };
    await call.send(new UpdateStateMachineAliasCommand(input));
    return { physicalId, attributes: { Arn: physicalId } };
  },
  async remove(call, { physicalId }) {
    await ifThere(call.send(new DeleteStateMachineAliasCommand({ stateMachineAliasArn: physicalId })));
  },
});

/** A preference says how the alias goes over to a version; only at once is done here. */
function aliasSettings(properties: JsonObject) {
  const preference = object(properties.DeploymentPreference);
  const type = text(preference.Type);
  if (type !== undefined && type !== "ALL_AT_ONCE") {
    throw new AwsError(
      "NotImplemented",
      `sandbox: a state machine alias with the deployment preference ${type} is not implemented`,
      { status: 501 },
    );
  }
  const preferred = [{ stateMachineVersionArn: text(preference.StateMachineVersionArn), weight: 100 }];
  const routes = list(properties.RoutingConfiguration).map((one) => ({
    stateMachineVersionArn: text(object(one).StateMachineVersionArn),
    weight: number(object(one).Weight) ?? 0,
  }));
  return {
    routingConfiguration: routes.length > 0 ? routes : preferred,
    ...present({ description: text(properties.Description) }),
  };
}

export const stateMachineProviders = [stateMachine, version, alias];

import { CreateProjectCommand, DeleteProjectCommand, UpdateProjectCommand } from "@aws-sdk/client-codebuild";
import {
  CreatePipelineCommand,
  DeletePipelineCommand,
  type PipelineDeclaration,
  TagResourceCommand,
  UntagResourceCommand,
  UpdatePipelineCommand,
} from "@aws-sdk/client-codepipeline";
import {
  CreateConnectionCommand,
  DeleteConnectionCommand,
  GetConnectionCommand,
  ListConnectionsCommand,
} from "@aws-sdk/client-codestar-connections";
import { isObject, type Json, type JsonObject } from "@turnpike/cloudformation";
import { defineProvider, type Made, type Provider, type ProviderCall } from "../provider.ts";
import { createOnce, flag, goneTags, lowerCamel, lowerTagList, number, object, tagList, text } from "./values.ts";

const pipeline = defineProvider({
  type: "AWS::CodePipeline::Pipeline",
  properties: [
    "ArtifactStore",
    "ArtifactStores",
    "ExecutionMode",
    "Name",
    "PipelineType",
    "RestartExecutionOnUpdate",
    "RoleArn",
    "Stages",
    "Tags",
    "Triggers",
    "Variables",
  ],
  required: ["RoleArn", "Stages"],
  takesTags: true,
  async create(call) {
    const name = text(call.properties.Name) ?? call.name(100);
    const tags = lowerTagList(call);
    await createOnce(call, () => call.send(new CreatePipelineCommand({ pipeline: declaration(call, name), tags })));
    return { physicalId: name, attributes: { Version: "1" } };
  },
  async update(call, { physicalId: name, tags }) {
    const { pipeline: updated } = await call.send(new UpdatePipelineCommand({ pipeline: declaration(call, name) }));
    const resourceArn = `arn:aws:codepipeline:${call.region}:${call.account}:${name}`;
    await call.send(new TagResourceCommand({ resourceArn, tags: lowerTagList(call) }));
    const tagKeys = goneTags(call, tags);
    if (tagKeys.length > 0) await call.send(new UntagResourceCommand({ resourceArn, tagKeys }));
    return { physicalId: name, attributes: { Version: String(updated?.version ?? 1) } };
  },
  async remove(call, { physicalId }) {
    await call.send(new DeletePipelineCommand({ name: physicalId }));
  },
});

/** The API's own shape: names in lower camel case, but for what people wrote as keys. */
function declaration(call: ProviderCall, name: string): PipelineDeclaration {
  const { properties } = call;
  const stages = (Array.isArray(properties.Stages) ? properties.Stages : []).map(stageOf);
  const declared: JsonObject = {
    name,
    roleArn: text(properties.RoleArn) ?? "",
    pipelineType: text(properties.PipelineType) ?? "V1",
    executionMode: text(properties.ExecutionMode) ?? "SUPERSEDED",
    stages,
  };
  for (const property of ["ArtifactStore", "Triggers", "Variables"]) {
    const value = properties[property];
    if (value !== undefined) declared[property.charAt(0).toLowerCase() + property.slice(1)] = lowerCamel(value);
  }
  if (Array.isArray(properties.ArtifactStores)) {
    const stores = properties.ArtifactStores.map(object);
    declared.artifactStores = Object.fromEntries(
      stores.map((store) => [text(store.Region) ?? "", lowerCamel(store.ArtifactStore ?? {})]),
    );
  }
  return declared as unknown as PipelineDeclaration;
}

function stageOf(stage: Json): Json {
  const { Actions: actions, ...rest } = object(stage);
  const shown = lowerCamel(rest);
  return { ...object(shown), actions: (Array.isArray(actions) ? actions : []).map(actionOf) };
}

/** A configuration's keys are the action provider's own, and its values text. */
function actionOf(action: Json): Json {
  const { Configuration: configuration, ...rest } = object(action);
  const shown = object(lowerCamel(rest));
  if (rest.RunOrder !== undefined) shown.runOrder = number(rest.RunOrder) ?? 1;
  if (rest.TimeoutInMinutes !== undefined) shown.timeoutInMinutes = number(rest.TimeoutInMinutes) ?? 0;
  if (isObject(configuration)) {
    shown.configuration = Object.fromEntries(
      Object.entries(configuration).map(([key, value]) => [key, text(value) ?? ""]),
    );
  }
  return shown;
}

const NUMBERS = new Set(["timeoutInMinutes", "queuedTimeoutInMinutes", "concurrentBuildLimit", "gitCloneDepth"]);
const FLAGS = new Set(["privilegedMode", "badgeEnabled", "reportBuildStatus", "insecureSsl", "encryptionDisabled"]);

const project = defineProvider({
  type: "AWS::CodeBuild::Project",
  properties: [
    "Artifacts",
    "Cache",
    "ConcurrentBuildLimit",
    "Description",
    "EncryptionKey",
    "Environment",
    "LogsConfig",
    "Name",
    "QueuedTimeoutInMinutes",
    "ServiceRole",
    "Source",
    "Tags",
    "TimeoutInMinutes",
  ],
  required: ["Artifacts", "Environment", "ServiceRole", "Source"],
  takesTags: true,
  async create(call) {
    const name = text(call.properties.Name) ?? call.name(150);
    await createOnce(call, () => call.send(new CreateProjectCommand(projectInput(call, name) as never)));
    return madeProject(call, name);
  },
  async update(call, { physicalId }) {
    await call.send(new UpdateProjectCommand(projectInput(call, physicalId) as never));
    return madeProject(call, physicalId);
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteProjectCommand({ name: physicalId }));
  },
});

function projectInput(call: ProviderCall, name: string): object {
  const { Tags: _tags, Name: _name, Source: source, ...others } = call.properties;
  const input = typed(lowerCamel(others)) as JsonObject;
  // `BuildSpec` is one word in the resource type's casing, and `buildspec` in the API's.
  const { BuildSpec: buildspec, ...rest } = object(source);
  const shown = typed(lowerCamel(rest)) as JsonObject;
  if (buildspec !== undefined) shown.buildspec = text(buildspec) ?? "";
  return { ...input, name, source: shown, tags: lowerTagList(call) };
}

/** Numbers and booleans that a template gave as text. */
function typed(value: Json, name = ""): Json {
  if (Array.isArray(value)) return value.map((item) => typed(item));
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, typed(member, key)]));
  }
  if (NUMBERS.has(name)) return number(value) ?? 0;
  return FLAGS.has(name) ? (flag(value) ?? false) : value;
}

function madeProject(call: ProviderCall, name: string): Made {
  return { physicalId: name, attributes: { Arn: `arn:aws:codebuild:${call.region}:${call.account}:project/${name}` } };
}

/** Both of the connection's types: CodeConnections is the newer name of CodeStar Connections. */
const connection = (type: string): Provider =>
  defineProvider({
    type,
    properties: ["ConnectionName", "HostArn", "ProviderType", "Tags"],
    required: ["ConnectionName"],
    takesTags: true,
    async create(call) {
      const ConnectionName = text(call.properties.ConnectionName) ?? "";
      const known = call.existing ?? (call.isRepeated ? await findConnection(call, ConnectionName) : undefined);
      const arn =
        known ??
        (
          await call.send(
            new CreateConnectionCommand({
              ConnectionName,
              ProviderType: text(call.properties.ProviderType) as "GitHub" | undefined,
              HostArn: text(call.properties.HostArn),
              Tags: tagList(call),
            }),
          )
        ).ConnectionArn;
      return madeConnection(call, arn ?? "");
    },
    update: (call, current) => madeConnection(call, current.physicalId),
    async remove(call, { physicalId }) {
      await call.send(new DeleteConnectionCommand({ ConnectionArn: physicalId }));
    },
  });

async function findConnection(call: ProviderCall, name: string): Promise<string | undefined> {
  const { Connections: connections = [] } = await call.send(new ListConnectionsCommand({}));
  return connections.find(({ ConnectionName }) => ConnectionName === name)?.ConnectionArn;
}

async function madeConnection(call: ProviderCall, arn: string): Promise<Made> {
  const { Connection: made } = await call.send(new GetConnectionCommand({ ConnectionArn: arn }));
  const attributes = {
    ConnectionArn: arn,
    ConnectionStatus: made?.ConnectionStatus ?? "PENDING",
    OwnerAccountId: made?.OwnerAccountId ?? call.account,
  };
  return { physicalId: arn, attributes };
}

export const codeProviders = [
  pipeline,
  project,
  connection("AWS::CodeConnections::Connection"),
  connection("AWS::CodeStarConnections::Connection"),
];

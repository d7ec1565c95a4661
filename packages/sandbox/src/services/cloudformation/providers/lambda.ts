import {
  AddPermissionCommand,
  type AliasConfiguration,
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  DeleteFunctionEventInvokeConfigCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  PutFunctionEventInvokeConfigCommand,
  PutProvisionedConcurrencyConfigCommand,
  RemovePermissionCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-lambda";
import { isObject, type Json, type JsonObject } from "@turnpike/cloudformation";
import { AwsError } from "../../../core/errors.ts";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { deployAlias } from "./alias-deployment.ts";
import { createOnce, ifThere, list, number, object, present, text } from "./values.ts";

const version = defineProvider({
  type: "AWS::Lambda::Version",
  properties: ["CodeSha256", "Description", "FunctionName", "ProvisionedConcurrencyConfig"],
  required: ["FunctionName"],
  takesTags: false,
  async create(call) {
    const { properties } = call;
    const FunctionName = text(properties.FunctionName) ?? "";
    // Lambda answers the latest version when nothing changed since, so publishing twice publishes once.
    const { FunctionArn: arn = "", Version: number = "" } = await call.send(
      new PublishVersionCommand(
        present({
          FunctionName,
          CodeSha256: text(properties.CodeSha256),
          Description: text(properties.Description),
        }) as never,
      ),
    );
    return { physicalId: arn, attributes: { Version: number, FunctionArn: arn } };
  },
  async remove(call, { physicalId }) {
    const [name, qualifier] = [physicalId.split(":").slice(0, 7).join(":"), physicalId.split(":").at(-1)];
    const { Versions: versions = [] } = await call.send(new ListVersionsByFunctionCommand({ FunctionName: name }));
    if (versions.some((one) => one.Version === qualifier)) {
      await call.send(new DeleteFunctionCommand({ FunctionName: name, Qualifier: qualifier }));
    }
  },
});

const alias = defineProvider({
  type: "AWS::Lambda::Alias",
  properties: [
    "Description",
    "FunctionName",
    "FunctionVersion",
    "Name",
    "ProvisionedConcurrencyConfig",
    "RoutingConfig",
  ],
  required: ["FunctionName", "FunctionVersion", "Name"],
  takesTags: false,
  async create(call) {
    const input = aliasInput(call);
    await createOnce(call, () => call.send(new CreateAliasCommand(input)));
    const arn = aliasArn(call, input.FunctionName, input.Name);
    call.initiated(arn);
    await putProvisioned(call, {});
    return { physicalId: arn, attributes: { AliasArn: arn } };
  },
  async update(call, { physicalId, properties: before }) {
    const input = { RoutingConfig: { AdditionalVersionWeights: {} }, ...aliasInput(call) };
    const { FunctionVersion: _, RoutingConfig: __, ...others } = input;
    const isDeployed = await deployAlias(call);
    await call.send(new UpdateAliasCommand(isDeployed ? others : input));
    await putProvisioned(call, before);
    return { physicalId, attributes: { AliasArn: physicalId } };
  },
  async remove(call, { properties }) {
    await call.send(
      new DeleteAliasCommand({ FunctionName: text(properties.FunctionName), Name: text(properties.Name) }),
    );
  },
});

function aliasInput(call: ProviderCall) {
  const { properties } = call;
  const weights = list(object(properties.RoutingConfig).AdditionalVersionWeights).map(object);
  const RoutingConfig: AliasConfiguration["RoutingConfig"] = {
    AdditionalVersionWeights: Object.fromEntries(
      weights.map((weight) => [text(weight.FunctionVersion) ?? "", number(weight.FunctionWeight) ?? 0]),
    ),
  };
  return {
    FunctionName: text(properties.FunctionName) ?? "",
    FunctionVersion: text(properties.FunctionVersion) ?? "",
    Name: text(properties.Name) ?? "",
    Description: text(properties.Description),
    ...(weights.length > 0 ? { RoutingConfig } : {}),
  };
}

/** A function may be given by its name or its ARN. */
function aliasArn(call: ProviderCall, functionName: string, name: string): string {
  const plain = functionName.startsWith("arn:") ? (functionName.split(":")[6] ?? "") : functionName;
  return `arn:aws:lambda:${call.region}:${call.account}:function:${plain}:${name}`;
}

async function putProvisioned(call: ProviderCall, before: JsonObject): Promise<void> {
  const FunctionName = text(call.properties.FunctionName);
  const Qualifier = text(call.properties.Name);
  const { ProvisionedConcurrencyConfig: config } = call.properties;
  if (isObject(config)) {
    const ProvisionedConcurrentExecutions = number(config.ProvisionedConcurrentExecutions) ?? 0;
    await call.send(
      new PutProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier, ProvisionedConcurrentExecutions }),
    );
  } else if (before.ProvisionedConcurrencyConfig !== undefined) {
    await call.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
  }
}

/** A statement of a function's (or its alias's) resource policy. Its physical id carries what deletion needs. */
const permission = defineProvider({
  type: "AWS::Lambda::Permission",
  properties: [
    "Action",
    "EventSourceToken",
    "FunctionName",
    "FunctionUrlAuthType",
    "Principal",
    "PrincipalOrgID",
    "SourceAccount",
    "SourceArn",
  ],
  required: ["Action", "FunctionName", "Principal"],
  takesTags: false,
  async create(call) {
    const { properties } = call;
    const StatementId = call.name(100);
    const { name, qualifier } = targetOf(properties.FunctionName);
    const input = {
      FunctionName: name,
      Qualifier: qualifier,
      StatementId,
      Action: text(properties.Action) ?? "",
      Principal: text(properties.Principal) ?? "",
      SourceArn: text(properties.SourceArn),
      SourceAccount: text(properties.SourceAccount),
      PrincipalOrgID: text(properties.PrincipalOrgID),
      EventSourceToken: text(properties.EventSourceToken),
    };
    await createOnce(call, () => call.send(new AddPermissionCommand(present(input) as never)));
    return { physicalId: StatementId, attributes: { Id: StatementId } };
  },
  async remove(call, { physicalId: StatementId, properties }) {
    const { name, qualifier } = targetOf(properties.FunctionName);
    await call.send(
      new RemovePermissionCommand(present({ FunctionName: name, Qualifier: qualifier, StatementId }) as never),
    );
  },
});

/** `arn:…:function:name:alias`, `name:alias`, `name`. */
function targetOf(given: Json | undefined): { name: string; qualifier: string | undefined } {
  const parts = (text(given) ?? "").split(":");
  const [name = "", qualifier] = parts.length > 2 ? parts.slice(6) : parts;
  if (name !== "") return { name, qualifier };
  throw new AwsError("InvalidRequest", `${JSON.stringify(given)} names no function`);
}

const eventInvokeConfig = defineProvider({
  type: "AWS::Lambda::EventInvokeConfig",
  properties: ["DestinationConfig", "FunctionName", "MaximumEventAgeInSeconds", "MaximumRetryAttempts", "Qualifier"],
  required: ["FunctionName", "Qualifier"],
  takesTags: false,
  create: putEventInvoke,
  update: putEventInvoke,
  async remove(call, { properties }) {
    const FunctionName = text(properties.FunctionName);
    const Qualifier = text(properties.Qualifier);
    await ifThere(call.send(new DeleteFunctionEventInvokeConfigCommand({ FunctionName, Qualifier })));
  },
});

async function putEventInvoke(call: ProviderCall): Promise<Made> {
  const { properties } = call;
  const FunctionName = text(properties.FunctionName);
  const Qualifier = text(properties.Qualifier);
  await call.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName,
      Qualifier,
      MaximumEventAgeInSeconds: number(properties.MaximumEventAgeInSeconds),
      MaximumRetryAttempts: number(properties.MaximumRetryAttempts),
      DestinationConfig: object(properties.DestinationConfig),
    }),
  );
  return { physicalId: `${FunctionName}|${Qualifier}`, attributes: {} };
}

export const lambdaProviders = [version, alias, permission, eventInvokeConfig];

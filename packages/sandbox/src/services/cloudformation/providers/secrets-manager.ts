import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  PutResourcePolicyCommand,
  RotateSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import type { JsonObject } from "@turnpike/cloudformation";
import { AwsError } from "../../../core/errors.ts";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { document, flag, goneTags, ifThere, number, object, present, tagList, text } from "./values.ts";

/** A name that is taken by what AWS puts behind a secret's name in its ARN. */
const LONGEST_NAME = 505;

const secret = defineProvider({
  type: "AWS::SecretsManager::Secret",
  properties: ["Description", "GenerateSecretString", "KmsKeyId", "Name", "SecretString", "Tags"],
  required: [],
  takesTags: true,
  async create(call) {
    const name = text(call.properties.Name) ?? call.name(LONGEST_NAME);
    const made = call.isRepeated ? await findOurs(call, name) : undefined;
    if (made !== undefined) return madeSecret(made);
    const { ARN = "" } = await call.send(
      new CreateSecretCommand({ Name: name, ...settings(call), SecretString: await value(call), Tags: tagList(call) }),
    );
    return madeSecret(ARN);
  },
  async update(call, { physicalId: SecretId, properties: before, tags }) {
    const isNewValue =
      JSON.stringify([before.SecretString, before.GenerateSecretString]) !==
      JSON.stringify([call.properties.SecretString, call.properties.GenerateSecretString]);
    const SecretString = isNewValue ? await value(call) : undefined;
    await call.send(new UpdateSecretCommand({ SecretId, ...settings(call), SecretString }));
    await call.send(new TagResourceCommand({ SecretId, Tags: tagList(call) }));
    const TagKeys = goneTags(call, tags);
    if (TagKeys.length > 0) await call.send(new UntagResourceCommand({ SecretId, TagKeys }));
    return madeSecret(SecretId);
  },
  async remove(call, { physicalId }) {
    // CloudFormation leaves no recovery window: the name is free again.
    await call.send(new DeleteSecretCommand({ SecretId: physicalId, ForceDeleteWithoutRecovery: true }));
  },
});

const settings = ({ properties }: ProviderCall) => ({
  Description: text(properties.Description),
  KmsKeyId: text(properties.KmsKeyId),
});

async function findOurs(call: ProviderCall, name: string): Promise<string | undefined> {
  const known = await ifThere(call.send(new DescribeSecretCommand({ SecretId: name })));
  const isOurs = ["aws:cloudformation:stack-id", "aws:cloudformation:logical-id"].every((key) =>
    known?.Tags?.some(({ Key, Value }) => Key === key && Value === call.tags[key]),
  );
  return isOurs ? known?.ARN : undefined;
}

function madeSecret(arn: string): Made {
  return { physicalId: arn, attributes: { Id: arn } };
}

/** The value as it is given, or a password, alone or put into the template under its key. */
async function value(call: ProviderCall): Promise<string | undefined> {
  const { SecretString, GenerateSecretString: generate } = call.properties;
  if (SecretString !== undefined && generate !== undefined) {
    throw new AwsError("InvalidRequestException", "You can't specify both SecretString and GenerateSecretString.");
  }
  if (generate === undefined) return text(SecretString);
  const given = object(generate);
  const { RandomPassword = "" } = await call.send(
    new GetRandomPasswordCommand(
      present({
        PasswordLength: number(given.PasswordLength),
        ExcludeCharacters: text(given.ExcludeCharacters),
        ExcludeLowercase: flag(given.ExcludeLowercase),
        ExcludeNumbers: flag(given.ExcludeNumbers),
        ExcludePunctuation: flag(given.ExcludePunctuation),
        ExcludeUppercase: flag(given.ExcludeUppercase),
        IncludeSpace: flag(given.IncludeSpace),
        RequireEachIncludedType: flag(given.RequireEachIncludedType),
      }),
    ),
  );
  const [template, key] = [text(given.SecretStringTemplate), text(given.GenerateStringKey)];
  if (template === undefined && key === undefined) return RandomPassword;
  if (template === undefined || key === undefined) {
    const message = "SecretStringTemplate and GenerateStringKey must be given together.";
    throw new AwsError("InvalidRequestException", message);
  }
  let fields: unknown;
  try {
    fields = JSON.parse(template);
  } catch {
    throw new AwsError("InvalidRequestException", "SecretStringTemplate isn't JSON.");
  }
  return JSON.stringify({ ...(fields as object), [key]: RandomPassword });
}

const policy = defineProvider({
  type: "AWS::SecretsManager::ResourcePolicy",
  properties: ["BlockPublicPolicy", "ResourcePolicy", "SecretId"],
  required: ["ResourcePolicy", "SecretId"],
  takesTags: false,
  create: putPolicy,
  update: putPolicy,
  async remove(call, { properties }) {
    await call.send(new DeleteResourcePolicyCommand({ SecretId: text(properties.SecretId) }));
  },
});

async function putPolicy(call: ProviderCall): Promise<Made> {
  const { properties } = call;
  const { ARN = "" } = await call.send(
    new PutResourcePolicyCommand({
      SecretId: text(properties.SecretId),
      ResourcePolicy: document(properties.ResourcePolicy),
      BlockPublicPolicy: flag(properties.BlockPublicPolicy),
    }),
  );
  return { physicalId: ARN, attributes: {} };
}

const rotationSchedule = defineProvider({
  type: "AWS::SecretsManager::RotationSchedule",
  properties: ["RotateImmediatelyOnUpdate", "RotationLambdaARN", "RotationRules", "SecretId"],
  required: ["SecretId"],
  takesTags: false,
  create: (call) => rotate(call),
  update: (call) => rotate(call),
  async remove(call, { properties }) {
    await call.send(new CancelRotateSecretCommand({ SecretId: text(properties.SecretId) }));
  },
});

async function rotate(call: ProviderCall): Promise<Made> {
  const { SecretId, RotationLambdaARN, RotationRules, RotateImmediatelyOnUpdate } = call.properties;
  const { ARN = "" } = await call.send(
    new RotateSecretCommand({
      SecretId: text(SecretId),
      RotationLambdaARN: text(RotationLambdaARN),
      ...(RotationRules === undefined ? {} : { RotationRules: readRules(object(RotationRules)) }),
      RotateImmediately: flag(RotateImmediatelyOnUpdate) ?? true,
    }),
  );
  return { physicalId: ARN, attributes: {} };
}

const readRules = (rules: JsonObject) =>
  present({
    AutomaticallyAfterDays: number(rules.AutomaticallyAfterDays),
    Duration: text(rules.Duration),
    ScheduleExpression: text(rules.ScheduleExpression),
  });

export const secretProviders = [secret, policy, rotationSchedule];

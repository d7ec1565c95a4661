import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  PutParameterCommand,
  RemoveTagsFromResourceCommand,
} from "@aws-sdk/client-ssm";
import { AwsError } from "../../../core/errors.ts";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { createOnce, goneTags, tagList, text } from "./values.ts";

/** A SecureString can't be made by CloudFormation: its value would stand in the template. */
const parameter = defineProvider({
  type: "AWS::SSM::Parameter",
  properties: ["AllowedPattern", "DataType", "Description", "Name", "Policies", "Tags", "Tier", "Type", "Value"],
  required: ["Type", "Value"],
  takesTags: true,
  async create(call) {
    const name = text(call.properties.Name) ?? call.name(255);
    await createOnce(call, () => put(call, name, { Tags: tagList(call) }));
    return made(call, name);
  },
  async update(call, { physicalId: name, tags }) {
    await put(call, name, { Overwrite: true });
    const resource = { ResourceType: "Parameter", ResourceId: name } as const;
    await call.send(new AddTagsToResourceCommand({ ...resource, Tags: tagList(call) }));
    const TagKeys = goneTags(call, tags);
    if (TagKeys.length > 0) await call.send(new RemoveTagsFromResourceCommand({ ...resource, TagKeys }));
    return made(call, name);
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteParameterCommand({ Name: physicalId }));
  },
});

function put(call: ProviderCall, Name: string, more: { Tags?: { Key: string; Value: string }[]; Overwrite?: boolean }) {
  const { properties } = call;
  const type = text(properties.Type);
  if (type !== "String" && type !== "StringList") {
    const message = `#/Type: ${type} is not a valid enum value: [String, StringList]`;
    throw new AwsError("ValidationException", message);
  }
  return call.send(
    new PutParameterCommand({
      Name,
      Type: type,
      Value: text(properties.Value) ?? "",
      Description: text(properties.Description),
      AllowedPattern: text(properties.AllowedPattern),
      DataType: text(properties.DataType),
      Tier: text(properties.Tier) as "Standard" | undefined,
      Policies: text(properties.Policies),
      ...more,
    }),
  );
}

function made({ properties }: ProviderCall, name: string): Made {
  return { physicalId: name, attributes: { Type: text(properties.Type) ?? "", Value: text(properties.Value) ?? "" } };
}

export const parameterProviders = [parameter];

import type * as sdk from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { Context } from "../../../core/context.ts";
import { AwsError } from "../../../core/errors.ts";
import { page } from "../../../core/paging.ts";
import type { Operations } from "../../../core/service.ts";
import { functions, invalid, readReference, resolveQualifier, unsupported } from "../records.ts";
import { follow, unfollow } from "./pollers.ts";
import { getMapping, type MappingRecord, mappings, positions, showMapping } from "./records.ts";
import { checkSettings, kindOf, settingsFrom } from "./settings.ts";
import { newestSequence } from "./stream-reader.ts";

type Config = sdk.EventSourceMappingConfiguration;

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
async function create(context: Context, input: sdk.CreateEventSourceMappingRequest): Promise<Config> {
  const sourceArn = input.EventSourceArn;
  if (input.SelfManagedEventSource) throw unsupported("an event source mapping of a self-managed Kafka");
  if (sourceArn === undefined) throw invalid("Unrecognized event source.");
  const kind = kindOf(sourceArn);
  const { name, qualifier, role } = functionOf(context, input.FunctionName);
  const settings = settingsFrom(kind, input, undefined);
  const mapping: MappingRecord = {
    uuid: context.random.uuid(),
    sourceArn,
    functionName: name,
    qualifier,
    enabled: input.Enabled ?? true,
    modifiedAt: context.clock.now().toISOString(),
    tags: input.Tags ?? {},
    ...settings,
  };
  checkSettings(mapping);
  refuseDouble(context, mapping);
  const after = await openSource(context, mapping, role);
  context.store.transaction(() => {
    mappings(context).put(mapping.uuid, mapping);
    if (mapping.stream) positions(context).put(mapping.uuid, { after, result: "No records processed" });
  });
  follow(context.runtime, context, mapping);
  return showMapping(context, mapping, "Creating");
}

function functionOf(context: Context, given: string | undefined) {
  const { name, qualifier, account } = readReference(context, given);
  const record = account === context.account ? functions(context).get(name) : undefined;
  if (!record) throw invalid("Function does not exist");
  const { config } = resolveQualifier(context, record, qualifier, () => 0);
  return { name, qualifier, role: config.role };
}

function refuseDouble(context: Context, { uuid, sourceArn, functionName, qualifier, stream }: MappingRecord): void {
  const known = mappings(context)
    .list()
    .find(
      ({ value }) =>
        value.uuid !== uuid &&
        value.sourceArn === sourceArn &&
        value.functionName === functionName &&
        value.qualifier === qualifier,
    )?.value;
  if (!known) return;
  const what = stream ? "" : "SQS ";
  const message = `An event source mapping with ${what}arn (" ${sourceArn} ") and function (" ${functionName} ") already exists. Please update or delete the existing mapping with UUID ${known.uuid}`;
  throw new AwsError("ResourceConflictException", message, { members: { Type: "User" } });
}

/**
 * Looks at the source as the function's role will, so that a missing queue or a missing permission is told now. Answers
 * the position after which a mapping that starts at LATEST reads.
 */
async function openSource(context: Context, mapping: MappingRecord, roleArn: string): Promise<string | undefined> {
  const [, , , region = "", account = "", queue = ""] = mapping.sourceArn.split(":");
  try {
    if (mapping.stream) {
      const newest = await newestSequence(context, mapping.sourceArn, roleArn);
      return mapping.stream.startingPosition === "LATEST" ? newest : undefined;
    }
    const QueueUrl = `${context.surroundings.awsUrl}/${account}/${queue}`;
    const AttributeNames: ["VisibilityTimeout"] = ["VisibilityTimeout"];
    await context.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }), { roleArn, region });
    return undefined;
  } catch (error) {
    if (error instanceof AwsError) throw sourceError(mapping, error);
    throw error;
  }
}

function sourceError(mapping: MappingRecord, error: AwsError): AwsError {
  const isDenied = /AccessDenied|not authorized/.test(`${error.code} ${error.message}`);
  if (mapping.stream) {
    if (!isDenied) return invalid(`Stream not found: ${mapping.sourceArn}`);
    return invalid(
      `Cannot access stream ${mapping.sourceArn}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM.`,
    );
  }
  if (isDenied) return invalid("The function execution role does not have permissions to call ReceiveMessage on SQS");
  const code = error.code === "QueueDoesNotExist" ? "AWS.SimpleQueueService.NonExistentQueue" : error.code;
  return invalid(`Error occurred while ReceiveMessage. SQS Error Code: ${code}. SQS Error Message: ${error.message}`);
}

function update(context: Context, input: sdk.UpdateEventSourceMappingRequest): Config {
  const before = getMapping(context, input.UUID);
  const target = input.FunctionName === undefined ? undefined : functionOf(context, input.FunctionName);
  const mapping: MappingRecord = {
    ...before,
    ...settingsFrom(before.stream ? "dynamodb" : "sqs", input, before),
    functionName: target?.name ?? before.functionName,
    qualifier: target ? target.qualifier : before.qualifier,
    enabled: input.Enabled ?? before.enabled,
    modifiedAt: context.clock.now().toISOString(),
  };
  checkSettings(mapping);
  refuseDouble(context, mapping);
  mappings(context).put(mapping.uuid, mapping);
  follow(context.runtime, context, mapping);
  const turned = mapping.enabled === before.enabled ? "Updating" : mapping.enabled ? "Enabling" : "Disabling";
  return showMapping(context, mapping, turned);
}

function remove(context: Context, input: sdk.DeleteEventSourceMappingRequest): Config {
  const mapping = getMapping(context, input.UUID);
  const answer = showMapping(context, mapping, "Deleting");
  unfollow(context.runtime, mapping.uuid);
  context.store.transaction(() => {
    mappings(context).delete(mapping.uuid);
    positions(context).delete(mapping.uuid);
  });
  return answer;
}

function list(context: Context, input: sdk.ListEventSourceMappingsRequest): sdk.ListEventSourceMappingsResponse {
  const wanted = input.FunctionName === undefined ? undefined : readReference(context, input.FunctionName);
  const all = mappings(context)
    .list()
    .map(({ value }) => value)
    .filter(
      (mapping) =>
        (input.EventSourceArn === undefined || mapping.sourceArn === input.EventSourceArn) &&
        (wanted === undefined || (mapping.functionName === wanted.name && mapping.qualifier === wanted.qualifier)),
    );
  const { items, nextToken } = page(all, ({ uuid }) => uuid, { token: input.Marker, size: input.MaxItems });
  return {
    EventSourceMappings: items.map((mapping) => showMapping(context, mapping)),
    ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
  };
}

export const eventSourceOperations: Operations<typeof sdk> = {
  CreateEventSourceMapping: create,
  GetEventSourceMapping: (context, input) => showMapping(context, getMapping(context, input.UUID)),
  UpdateEventSourceMapping: update,
  DeleteEventSourceMapping: remove,
  ListEventSourceMappings: list,
};

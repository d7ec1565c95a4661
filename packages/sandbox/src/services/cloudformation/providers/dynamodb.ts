import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DescribeTableCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  type UpdateTableCommandInput,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { isObject, type Json, type JsonObject } from "@turnpike/cloudformation";
import type { Send } from "../../../core/context.ts";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { createOnce, flag, goneTags, list, number, object, present, tagList, text } from "./values.ts";

const table = defineProvider({
  type: "AWS::DynamoDB::Table",
  properties: [
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "PointInTimeRecoverySpecification",
    "ProvisionedThroughput",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "TableName",
    "Tags",
    "TimeToLiveSpecification",
  ],
  required: ["KeySchema"],
  takesTags: true,
  async create(call) {
    const { properties } = call;
    const TableName = text(properties.TableName) ?? call.name(255);
    const input = present({ ...tableInput(properties), TableName, Tags: tagList(call) });
    await createOnce(call, () => call.send(new CreateTableCommand(input as CreateTableCommandInput)));
    call.initiated(TableName);
    await putSettings(call, TableName, {});
    return made(call.send, TableName);
  },
  async update(call, { physicalId: TableName, properties: before, tags }) {
    const { properties } = call;
    for (const change of changes(before, properties)) {
      await call.send(new UpdateTableCommand({ TableName, ...change } as UpdateTableCommandInput));
    }
    await putSettings(call, TableName, before);
    const current = await made(call.send, TableName);
    const ResourceArn = text(current.attributes.Arn);
    await call.send(new TagResourceCommand({ ResourceArn, Tags: tagList(call) }));
    const TagKeys = goneTags(call, tags);
    if (TagKeys.length > 0) await call.send(new UntagResourceCommand({ ResourceArn, TagKeys }));
    return current;
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteTableCommand({ TableName: physicalId }));
  },
});

const NUMBERS = new Set(["ReadCapacityUnits", "WriteCapacityUnits"]);
const FLAGS = new Set(["DeletionProtectionEnabled", "SSEEnabled"]);

/** Numbers and booleans that came as text, as the API wants them. */
function typed(value: Json): Json {
  if (Array.isArray(value)) return value.map(typed);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      NUMBERS.has(key) ? (number(member) ?? 0) : FLAGS.has(key) ? (flag(member) ?? false) : typed(member),
    ]),
  );
}

function tableInput(properties: JsonObject) {
  const { TimeToLiveSpecification: _, PointInTimeRecoverySpecification: __, Tags: ___, ...rest } = properties;
  return {
    ...(typed(rest) as object),
    StreamSpecification: streamOf(properties),
    SSESpecification: encryptionOf(properties),
  };
}

/** The template names only the view; a stream that is there is enabled. */
function streamOf({ StreamSpecification: given }: JsonObject) {
  return isObject(given) ? { StreamEnabled: true, StreamViewType: text(given.StreamViewType) } : undefined;
}

function encryptionOf({ SSESpecification: given }: JsonObject) {
  if (!isObject(given)) return undefined;
  return present({
    Enabled: flag(given.SSEEnabled) ?? false,
    SSEType: text(given.SSEType),
    KMSMasterKeyId: text(given.KMSMasterKeyId),
  });
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** One call for each thing that changed: UpdateTable takes one index at a time, and no stream beside another change. */
function changes(before: JsonObject, after: JsonObject): object[] {
  const result: object[] = [];
  if (
    !same(before.BillingMode, after.BillingMode) ||
    !same(before.ProvisionedThroughput, after.ProvisionedThroughput)
  ) {
    const { BillingMode = "PROVISIONED", ProvisionedThroughput } = typed(after) as JsonObject;
    result.push(BillingMode === "PROVISIONED" ? present({ BillingMode, ProvisionedThroughput }) : { BillingMode });
  }
  for (const name of ["DeletionProtectionEnabled", "TableClass"]) {
    if (!same(before[name], after[name])) {
      const fallback = name === "TableClass" ? "STANDARD" : false;
      result.push({ [name]: (typed(after) as JsonObject)[name] ?? fallback });
    }
  }
  const stream = streamOf(after);
  if (!same(streamOf(before), stream)) {
    if (streamOf(before)) result.push({ StreamSpecification: { StreamEnabled: false } });
    if (stream) result.push({ StreamSpecification: stream });
  }
  if (!same(encryptionOf(before), encryptionOf(after))) {
    result.push({ SSESpecification: encryptionOf(after) ?? { Enabled: false } });
  }
  return [...result, ...indexChanges(before, after)];
}

function indexChanges(before: JsonObject, after: JsonObject): object[] {
  const byName = (properties: JsonObject) =>
    new Map(
      list(properties.GlobalSecondaryIndexes).map((index) => [text(object(index).IndexName) ?? "", typed(index)]),
    );
  const [old, next] = [byName(before), byName(after)];
  const AttributeDefinitions = typed(after.AttributeDefinitions ?? []);
  const gone = [...old].filter(([name, index]) => !same(index, next.get(name)));
  const made = [...next].filter(([name, index]) => !same(index, old.get(name)));
  return [
    ...gone.map(([IndexName]) => ({ GlobalSecondaryIndexUpdates: [{ Delete: { IndexName } }] })),
    ...made.map(([, Create]) => ({ AttributeDefinitions, GlobalSecondaryIndexUpdates: [{ Create }] })),
  ];
}

async function putSettings(call: ProviderCall, TableName: string, before: JsonObject): Promise<void> {
  const { properties } = call;
  const expiry = (given: JsonObject) => {
    const { AttributeName, Enabled } = object(given.TimeToLiveSpecification);
    return flag(Enabled) ? text(AttributeName) : undefined;
  };
  const [was, is] = [expiry(before), expiry(properties)];
  if (was !== is && !call.isRepeated) {
    const put = (AttributeName: string, Enabled: boolean) =>
      call.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { AttributeName, Enabled } }));
    if (was !== undefined) await put(was, false);
    if (is !== undefined) await put(is, true);
  }
  const recovery = properties.PointInTimeRecoverySpecification;
  if (same(recovery, before.PointInTimeRecoverySpecification)) return;
  const { PointInTimeRecoveryEnabled, RecoveryPeriodInDays } = object(recovery);
  const PointInTimeRecoverySpecification = {
    PointInTimeRecoveryEnabled: flag(PointInTimeRecoveryEnabled) ?? false,
    ...present({ RecoveryPeriodInDays: number(RecoveryPeriodInDays) }),
  };
  await call.send(new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }));
}

async function made(send: Send, TableName: string): Promise<Made> {
  const { Table } = await send(new DescribeTableCommand({ TableName }));
  const stream = Table?.LatestStreamArn;
  const attributes = { Arn: Table?.TableArn ?? "", ...(stream === undefined ? {} : { StreamArn: stream }) };
  return { physicalId: TableName, attributes };
}

export const tableProviders = [table];

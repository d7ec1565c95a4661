import {
  CreateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
  DeleteEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
  type UpdateEventSourceMappingCommandInput,
} from "@aws-sdk/client-lambda";
import type { JsonObject } from "@turnpike/cloudformation";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { flag, list, number, object, present, tagMap, text, texts } from "./values.ts";

const NUMBERS = [
  "BatchSize",
  "MaximumBatchingWindowInSeconds",
  "MaximumRecordAgeInSeconds",
  "MaximumRetryAttempts",
  "ParallelizationFactor",
  "TumblingWindowInSeconds",
];
const FLAGS = ["BisectBatchOnFunctionError", "Enabled"];

const mapping = defineProvider({
  type: "AWS::Lambda::EventSourceMapping",
  properties: [
    ...NUMBERS,
    ...FLAGS,
    "DestinationConfig",
    "EventSourceArn",
    "FilterCriteria",
    "FunctionName",
    "FunctionResponseTypes",
    "ScalingConfig",
    "StartingPosition",
    "Tags",
  ],
  required: ["FunctionName"],
  takesTags: true,
  async create(call) {
    const { properties } = call;
    const known = call.existing ?? (call.isRepeated ? await findOurs(call) : undefined);
    if (known !== undefined) return made(call, known);
    const input = {
      ...settings(properties, {}),
      EventSourceArn: text(properties.EventSourceArn),
      StartingPosition: text(properties.StartingPosition),
      Tags: tagMap(call),
    };
    const { UUID = "" } = await call.send(
      new CreateEventSourceMappingCommand(present(input) as CreateEventSourceMappingCommandInput),
    );
    return made(call, UUID);
  },
  async update(call, { physicalId: UUID, properties: before }) {
    const input = { UUID, ...settings(call.properties, before) };
    await call.send(new UpdateEventSourceMappingCommand(present(input) as UpdateEventSourceMappingCommandInput));
    return made(call, UUID);
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteEventSourceMappingCommand({ UUID: physicalId }));
  },
});

/** What an update sends for a property that is gone: Lambda keeps what isn't mentioned. */
const NOTHING: JsonObject = {
  FilterCriteria: { Filters: [] },
  FunctionResponseTypes: [],
  ScalingConfig: {},
  DestinationConfig: { OnFailure: {} },
  BisectBatchOnFunctionError: false,
  Enabled: true,
  MaximumBatchingWindowInSeconds: 0,
  MaximumRecordAgeInSeconds: -1,
  MaximumRetryAttempts: -1,
  ParallelizationFactor: 1,
};

function settings(properties: JsonObject, before: JsonObject): Record<string, unknown> {
  const gone = Object.keys(NOTHING).filter((name) => before[name] !== undefined && properties[name] === undefined);
  const given = { ...Object.fromEntries(gone.map((name) => [name, NOTHING[name]])), ...properties } as JsonObject;
  const limit = number(object(given.ScalingConfig).MaximumConcurrency);
  const filters = list(object(given.FilterCriteria).Filters).map((one) => ({ Pattern: text(object(one).Pattern) }));
  return {
    FunctionName: text(given.FunctionName),
    ...Object.fromEntries(NUMBERS.map((name) => [name, number(given[name])])),
    ...Object.fromEntries(FLAGS.map((name) => [name, flag(given[name])])),
    DestinationConfig: given.DestinationConfig,
    FilterCriteria: given.FilterCriteria === undefined ? undefined : { Filters: filters },
    FunctionResponseTypes: given.FunctionResponseTypes === undefined ? undefined : texts(given.FunctionResponseTypes),
    ScalingConfig: given.ScalingConfig === undefined ? undefined : present({ MaximumConcurrency: limit }),
  };
}

function made(call: ProviderCall, id: string): Made {
  const arn = `arn:aws:lambda:${call.region}:${call.account}:event-source-mapping:${id}`;
  return { physicalId: id, attributes: { Id: id, EventSourceMappingArn: arn } };
}

/** A mapping has no name; one function has one mapping of a source, so that is the one of the attempt that died. */
async function findOurs({ send, properties }: ProviderCall): Promise<string | undefined> {
  const input = { EventSourceArn: text(properties.EventSourceArn), FunctionName: text(properties.FunctionName) };
  const { EventSourceMappings } = await send(new ListEventSourceMappingsCommand(input));
  return EventSourceMappings?.[0]?.UUID;
}

export const eventSourceProviders = [mapping];

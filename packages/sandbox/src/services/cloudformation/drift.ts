import type * as sdk from "@aws-sdk/client-cloudformation";
import type { PropertyDifference, StackResourceDrift, StackResourceDriftStatus } from "@aws-sdk/client-cloudformation";
import { isEqual, isObject, type Json, type JsonObject } from "@turnpike/cloudformation";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { resolveReferences } from "./dynamic-references.ts";
import { createJournal } from "./journal.ts";
import { providerOf } from "./providers/index.ts";
import {
  findStack,
  isThere,
  type ResourceRecord,
  resourceKey,
  resourcesOf,
  resourcesOfStack,
  type StackRecord,
  stacksOf,
  validationError,
} from "./records.ts";
import { callFor } from "./resource.ts";

/** Statuses in which nothing is under way: only then a stack can be compared with what is there. */
const CHECKABLE = /^(CREATE_COMPLETE|UPDATE_COMPLETE|UPDATE_ROLLBACK_COMPLETE|UPDATE_ROLLBACK_FAILED|IMPORT_COMPLETE)$/;

interface DetectionRecord {
  readonly id: string;
  readonly stackId: string;
  readonly at: string;
  readonly status: "DRIFTED" | "IN_SYNC" | "NOT_CHECKED";
  readonly drifted: number;
}

const detectionsOf = (context: Context) => context.collection<DetectionRecord>("drift-detections");

/**
 * Drift: what resources really are, read from their services at the moment of the request, against what the template
 * says. Only properties that the template states are compared, as on AWS; a detection is over when it is answered.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
 */
export const driftOperations: Operations<typeof sdk> = {
  async DetectStackDrift(context, { StackName: name, LogicalResourceIds: wanted }) {
    const stack = requireCheckable(context, name);
    const records = resourcesOfStack(context.store, stack.id).filter(isThere);
    const chosen = records.filter(({ logicalId }) => !wanted || wanted.includes(logicalId));
    for (const record of chosen) await detect(context, stack, record);
    const statuses = resourcesOfStack(context.store, stack.id).map((record) => record.drift?.status ?? "NOT_CHECKED");
    const drifted = statuses.filter((status) => status === "MODIFIED" || status === "DELETED").length;
    const status = drifted > 0 ? "DRIFTED" : "IN_SYNC";
    const at = context.clock.now().toISOString();
    const id = context.random.uuid();
    context.store.transaction(() => {
      detectionsOf(context).put(id, { id, stackId: stack.id, at, status, drifted });
      const latest = stacksOf(context.store).get(stack.id) ?? stack;
      stacksOf(context.store).put(stack.id, { ...latest, drift: { status, at } });
    });
    return { StackDriftDetectionId: id };
  },

  DescribeStackDriftDetectionStatus(context, { StackDriftDetectionId: id = "" }) {
    const detection = detectionsOf(context).get(id);
    if (!detection) throw validationError(`DetectionStatus for StackDriftDetectionId ${id} not found`);
    return {
      StackId: detection.stackId,
      StackDriftDetectionId: id,
      StackDriftStatus: detection.status,
      DetectionStatus: "DETECTION_COMPLETE",
      DriftedStackResourceCount: detection.drifted,
      Timestamp: new Date(detection.at),
    };
  },

  async DetectStackResourceDrift(context, { StackName: name, LogicalResourceId: logicalId = "" }) {
    const stack = requireCheckable(context, name);
    const record = resourcesOf(context.store).get(resourceKey(stack.id, logicalId));
    if (!record || !isThere(record))
      throw validationError(`Resource ${logicalId} does not exist for stack ${stack.name}`);
    if (!providerOf(record.type)?.read) {
      throw validationError(`Drift detection is not supported for resource type ${record.type}`);
    }
    return { StackResourceDrift: show(stack, await detect(context, stack, record)) };
  },

  DescribeStackResourceDrifts(context, input) {
    const stack = findStack(context, input.StackName);
    if (!stack) throw validationError(`Stack [${input.StackName}] does not exist`);
    const { StackResourceDriftStatusFilters: filters, MaxResults: size, NextToken: token } = input;
    const all = resourcesOfStack(context.store, stack.id).filter(
      ({ drift }) => drift !== undefined && (!filters || filters.includes(drift.status)),
    );
    const { items, nextToken } = page(all, ({ logicalId }) => logicalId, { token, size });
    return { StackResourceDrifts: items.map((record) => show(stack, record)), NextToken: nextToken };
  },
};

function requireCheckable(context: Context, name: string | undefined): StackRecord {
  const stack = findStack(context, name);
  if (!stack || stack.status === "DELETE_COMPLETE") throw validationError(`Stack [${name}] does not exist`);
  if (CHECKABLE.test(stack.status)) return stack;
  throw validationError(
    `Drift detection cannot be performed on stack [${stack.id}] while it is in ${stack.status} state.`,
  );
}

/** Looks at one resource and writes down what was found. */
async function detect(
  context: Context,
  stack: StackRecord,
  record: ResourceRecord & { physicalId: string },
): Promise<ResourceRecord> {
  const provider = providerOf(record.type);
  const at = context.clock.now().toISOString();
  const keep = (status: StackResourceDriftStatus, expected: JsonObject, actual: JsonObject | undefined) => {
    const key = resourceKey(stack.id, record.logicalId);
    const next = { ...(resourcesOf(context.store).get(key) ?? record), drift: { status, at, expected, actual } };
    resourcesOf(context.store).put(key, next);
    return next;
  };
  if (!provider?.read) return keep("NOT_CHECKED", record.properties, undefined);
  const signal = new AbortController().signal;
  const work = { context, journal: createJournal(context), isStopping: () => false, signal };
  const roleArn = stack.deployed?.roleArn;
  const callWith = (properties: JsonObject) =>
    callFor(work, stack, { record, properties, tags: record.tags, roleArn, isRepeated: false });
  const { send } = callWith(record.properties);
  const expected = await resolveReferences(send, record.type, record.properties);
  const found = await read(provider.read, callWith(expected), record);
  if (!found) return keep("DELETED", comparable(expected, expected), undefined);
  const stated = comparable(expected, found);
  const actual = comparable(found, found, stated);
  return keep(isEqual(stated, actual) ? "IN_SYNC" : "MODIFIED", stated, actual);
}

async function read(
  reader: NonNullable<NonNullable<ReturnType<typeof providerOf>>["read"]>,
  call: Parameters<typeof reader>[0],
  record: ResourceRecord & { physicalId: string },
): Promise<JsonObject | undefined> {
  try {
    return await reader(call, record);
  } catch (error) {
    if (error instanceof AwsError && /NotFound|NoSuch|NonExistent|DoesNotExist/.test(error.code)) return undefined;
    throw error;
  }
}

/** The members of `value` that the reader tells about, scalars as text, since a template may write either. */
function comparable(value: JsonObject, known: JsonObject, stated: JsonObject = value): JsonObject {
  const result: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (Object.hasOwn(known, name) && Object.hasOwn(stated, name)) result[name] = plain(member);
  }
  return result;
}

function plain(value: Json): Json {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

function show(stack: StackRecord, record: ResourceRecord): StackResourceDrift {
  const { status = "NOT_CHECKED", at = record.at, expected = {}, actual } = record.drift ?? {};
  return {
    StackId: stack.id,
    LogicalResourceId: record.logicalId,
    PhysicalResourceId: record.physicalId,
    ResourceType: record.type,
    ExpectedProperties: JSON.stringify(expected),
    ...(actual ? { ActualProperties: JSON.stringify(actual) } : {}),
    PropertyDifferences: actual ? differences(expected, actual, "") : [],
    StackResourceDriftStatus: status,
    Timestamp: new Date(at),
  };
}

/** Leaf by leaf, by JSON pointer. */
function differences(expected: Json | undefined, actual: Json | undefined, path: string): PropertyDifference[] {
  if (isEqual(expected, actual)) return [];
  const both = isObject(expected) && isObject(actual);
  const lists = Array.isArray(expected) && Array.isArray(actual);
  if (both || lists) {
    const [left, right] = [expected as Record<string, Json>, actual as Record<string, Json>];
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return keys.flatMap((key) => differences(left[key], right[key], `${path}/${key}`));
  }
  const text = (value: Json | undefined) =>
    value === undefined ? "null" : typeof value === "string" ? value : JSON.stringify(value);
  return [
    {
      PropertyPath: path,
      ExpectedValue: text(expected),
      ActualValue: text(actual),
      DifferenceType: expected === undefined ? "ADD" : actual === undefined ? "REMOVE" : "NOT_EQUAL",
    },
  ];
}

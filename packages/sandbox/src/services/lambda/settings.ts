import type * as sdk from "@aws-sdk/client-lambda";
import type { DestinationConfig, FunctionEventInvokeConfig } from "@aws-sdk/client-lambda";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { ACCOUNT_CONCURRENCY, LEAST_UNRESERVED, unreservedConcurrency } from "./host/concurrency.ts";
import {
  type EventInvokeConfig,
  eventInvokeConfigs,
  functionArn,
  functions,
  getFunction,
  invalid,
  notFound,
  provisionedConfigs,
  readReference,
  resolveQualifier,
  unsupported,
} from "./records.ts";

export const settingOperations: Operations<typeof sdk> = {
  PutFunctionEventInvokeConfig: (context, input) => putEventConfig(context, input, false),
  UpdateFunctionEventInvokeConfig: (context, input) => putEventConfig(context, input, true),

  GetFunctionEventInvokeConfig(context, { FunctionName, Qualifier }) {
    const { name, config } = getEventConfig(context, FunctionName, Qualifier);
    return showEventConfig(context, name, config);
  },

  DeleteFunctionEventInvokeConfig(context, { FunctionName, Qualifier }) {
    const { name, config } = getEventConfig(context, FunctionName, Qualifier);
    eventInvokeConfigs(context).delete(`${name}/${config.qualifier}`);
    return {};
  },

  ListFunctionEventInvokeConfigs(context, { FunctionName }) {
    const { record } = getFunction(context, FunctionName);
    const { name } = record.latest;
    const all = eventInvokeConfigs(context).list(`${name}/`);
    return { FunctionEventInvokeConfigs: all.map(({ value }) => showEventConfig(context, name, value)) };
  },

  PutFunctionConcurrency(context, { FunctionName, ReservedConcurrentExecutions: reserved = 0 }) {
    const { name, qualifier } = readReference(context, FunctionName);
    if (qualifier !== undefined) {
      throw invalid(
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
      );
    }
    if (!functions(context).get(name)) throw notFound(context, name, "$LATEST");
    const { record } = getFunction(context, FunctionName);
    const left = unreservedConcurrency(context) + (record.reservedConcurrency ?? 0) - reserved;
    if (reserved < 0 || left < LEAST_UNRESERVED) {
      throw invalid(
        `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${LEAST_UNRESERVED}].`,
      );
    }
    const provisioned = provisionedConfigs(context)
      .list(`${record.latest.name}/`)
      .reduce((sum, { value }) => sum + value.requested, 0);
    if (reserved < provisioned) {
      throw invalid(
        `ReservedConcurrentExecutions ${reserved} should not be lower than function's total provisioned concurrency [${provisioned}].`,
      );
    }
    functions(context).put(record.latest.name, { ...record, reservedConcurrency: reserved });
    return { ReservedConcurrentExecutions: reserved };
  },

  GetFunctionConcurrency(context, { FunctionName }) {
    const { reservedConcurrency } = getFunction(context, FunctionName).record;
    return reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: reservedConcurrency };
  },

  DeleteFunctionConcurrency(context, { FunctionName }) {
    const { record } = getFunction(context, FunctionName);
    functions(context).put(record.latest.name, { ...record, reservedConcurrency: undefined });
    return {};
  },

  TagResource(context, { Resource, Tags = {} }) {
    const { record } = getFunction(context, Resource);
    functions(context).put(record.latest.name, { ...record, tags: { ...record.tags, ...Tags } });
    return {};
  },

  UntagResource(context, { Resource, TagKeys = [] }) {
    const { record } = getFunction(context, Resource);
    const tags = Object.fromEntries(Object.entries(record.tags).filter(([key]) => !TagKeys.includes(key)));
    functions(context).put(record.latest.name, { ...record, tags });
    return {};
  },

  ListTags: (context, { Resource }) => ({ Tags: { ...getFunction(context, Resource).record.tags } }),

  // Code signing isn't there, so no function has a configuration of it; the console and CloudFormation ask.
  GetFunctionCodeSigningConfig(context, { FunctionName }) {
    const { record } = getFunction(context, FunctionName);
    return { CodeSigningConfigArn: undefined, FunctionName: record.latest.name };
  },

  GetAccountSettings(context) {
    const all = functions(context).list();
    const codeSize = all.reduce((sum, { value }) => sum + value.latest.codeSizeBytes, 0);
    return {
      AccountLimit: {
        TotalCodeSize: 80_530_636_800,
        CodeSizeUnzipped: 262_144_000,
        CodeSizeZipped: 52_428_800,
        ConcurrentExecutions: ACCOUNT_CONCURRENCY,
        UnreservedConcurrentExecutions: unreservedConcurrency(context),
      },
      AccountUsage: { TotalCodeSize: codeSize, FunctionCount: all.length },
    };
  },
};

interface EventConfigInput {
  FunctionName: string | undefined;
  Qualifier?: string | undefined;
  MaximumRetryAttempts?: number | undefined;
  MaximumEventAgeInSeconds?: number | undefined;
  DestinationConfig?: DestinationConfig | undefined;
}

function putEventConfig(context: Context, input: EventConfigInput, keep: boolean): FunctionEventInvokeConfig {
  const { reference, record } = getFunction(context, input.FunctionName, input.Qualifier);
  const { MaximumRetryAttempts: retries, MaximumEventAgeInSeconds: longestAgeS } = input;
  if (retries !== undefined && ![0, 1, 2].includes(retries)) throw invalid("MaximumRetryAttempts must be 0, 1 or 2.");
  if (longestAgeS !== undefined && !(longestAgeS >= 60 && longestAgeS <= 21_600)) {
    throw invalid("MaximumEventAgeInSeconds must be from 60 to 21600.");
  }
  const qualifier = reference.qualifier ?? "$LATEST";
  const { name } = record.latest;
  resolveQualifier(context, record, reference.qualifier, () => 1);
  const { OnSuccess, OnFailure } = input.DestinationConfig ?? {};
  for (const target of [OnSuccess?.Destination, OnFailure?.Destination]) {
    if (target !== undefined && target !== "")
      requireDestination(context, target, input.DestinationConfig ?? {}, name, qualifier);
  }
  const before = keep ? getEventConfig(context, input.FunctionName, input.Qualifier).config : undefined;
  const config: EventInvokeConfig = {
    qualifier,
    retries: retries ?? before?.retries,
    longestAgeS: longestAgeS ?? before?.longestAgeS,
    destinations: input.DestinationConfig ?? before?.destinations,
    modifiedAt: context.clock.now().toISOString(),
  };
  eventInvokeConfigs(context).put(`${name}/${qualifier}`, config);
  return showEventConfig(context, name, config);
}

function requireDestination(
  context: Context,
  target: string,
  destinations: DestinationConfig,
  name: string,
  qualifier: string,
): void {
  if (/^arn:aws[\w-]*:s3:/.test(target)) throw unsupported("with a bucket as destination");
  if (!/^arn:aws[\w-]*:(sqs|sns|lambda|events):[\w-]+:\d{12}:.+/.test(target)) {
    throw invalid(`The provided destination config ${destinationText(destinations)} is invalid.`);
  }
  if (/^arn:aws[\w-]*:(sqs|sns):.*\.fifo$/.test(target)) throw invalid(`A FIFO queue or topic can't be a destination.`);
  const own = functionArn(context, name);
  if (target === own || target === functionArn(context, name, qualifier)) {
    throw invalid("You can't specify the function as a destination for itself.");
  }
}

/** As AWS's own objects print themselves. */
function destinationText({ OnSuccess, OnFailure }: DestinationConfig): string {
  const one = (name: string, given: { Destination?: string | undefined } | undefined) =>
    given?.Destination ? `${name}(destination=${given.Destination})` : "null";
  return `DestinationConfig(onSuccess=${one("OnSuccess", OnSuccess)}, onFailure=${one("OnFailure", OnFailure)})`;
}

function getEventConfig(context: Context, functionName: string | undefined, given: string | undefined) {
  const { reference, record } = getFunction(context, functionName, given);
  const { name } = record.latest;
  const qualifier = reference.qualifier ?? "$LATEST";
  const config = eventInvokeConfigs(context).get(`${name}/${qualifier}`);
  if (!config) {
    const message = `The function ${functionArn(context, name, qualifier)} doesn't have an EventInvokeConfig`;
    throw new AwsError("ResourceNotFoundException", message, { members: { Type: "User" } });
  }
  return { name, config };
}

function showEventConfig(context: Context, name: string, config: EventInvokeConfig): FunctionEventInvokeConfig {
  return {
    FunctionArn: functionArn(context, name, config.qualifier),
    LastModified: new Date(config.modifiedAt),
    ...(config.retries === undefined ? {} : { MaximumRetryAttempts: config.retries }),
    ...(config.longestAgeS === undefined ? {} : { MaximumEventAgeInSeconds: config.longestAgeS }),
    DestinationConfig: config.destinations ?? { OnSuccess: {}, OnFailure: {} },
  };
}

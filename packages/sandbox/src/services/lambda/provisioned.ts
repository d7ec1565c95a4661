import type * as sdk from "@aws-sdk/client-lambda";
import type { ProvisionedConcurrencyStatusEnum } from "@aws-sdk/client-lambda";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { hostOf } from "./host/host.ts";
import {
  aliases,
  functionArn,
  getFunction,
  invalid,
  type ProvisionedConfig,
  provisionedConfigs,
  resolveQualifier,
} from "./records.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html */
export const provisionedOperations: Operations<typeof sdk> = {
  PutProvisionedConcurrencyConfig(
    context,
    { FunctionName, Qualifier, ProvisionedConcurrentExecutions: requested = 0 },
  ) {
    const { record, reference } = getFunction(context, FunctionName, Qualifier);
    const { name } = record.latest;
    const qualifier = reference.qualifier ?? "";
    if (requested < 1) {
      throw new AwsError(
        "ValidationException",
        `1 validation error detected: Value '${requested}' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1`,
      );
    }
    if (qualifier === "$LATEST") {
      throw invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
    }
    const { config } = resolveQualifier(context, record, qualifier, () => 1);
    if (config.version === "$LATEST")
      throw invalid("Alias with $LATEST version is not supported for provisioned concurrency.");
    refuseSecond(context, name, qualifier);
    if (record.reservedConcurrency !== undefined && requested > record.reservedConcurrency) {
      throw invalid(
        `Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function`,
      );
    }
    const modifiedAt = context.clock.now().toISOString();
    const written: ProvisionedConfig = { qualifier, requested, modifiedAt };
    provisionedConfigs(context).put(`${name}/${qualifier}`, written);
    const { provisioner } = hostOf(context.runtime);
    provisioner.retry(context, name, qualifier);
    const before = provisioner.stateOf(context, name, qualifier);
    provisioner.reconcile(context, name);
    const { FunctionArn: _, ...shown } = show(context, name, written);
    // The answer to a change is always "in progress", however few environments are missing.
    return {
      ...shown,
      Status: "IN_PROGRESS",
      AllocatedProvisionedConcurrentExecutions: Math.min(before.allocated, requested),
      AvailableProvisionedConcurrentExecutions: Math.min(before.available, requested),
    };
  },

  GetProvisionedConcurrencyConfig(context, { FunctionName, Qualifier }) {
    const { record, reference } = getFunction(context, FunctionName, Qualifier);
    const { name } = record.latest;
    const found = provisionedConfigs(context).get(`${name}/${reference.qualifier ?? ""}`);
    if (!found) {
      throw new AwsError(
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
        { status: 404, members: { Type: "User" } },
      );
    }
    const { FunctionArn: _, ...shown } = show(context, name, found);
    return shown;
  },

  DeleteProvisionedConcurrencyConfig(context, { FunctionName, Qualifier }) {
    const { record, reference } = getFunction(context, FunctionName, Qualifier);
    const { name } = record.latest;
    provisionedConfigs(context).delete(`${name}/${reference.qualifier ?? ""}`);
    hostOf(context.runtime).provisioner.reconcile(context, name);
    return {};
  },

  ListProvisionedConcurrencyConfigs(context, { FunctionName }) {
    const { name } = getFunction(context, FunctionName).record.latest;
    const all = provisionedConfigs(context).list(`${name}/`);
    return { ProvisionedConcurrencyConfigs: all.map(({ value }) => show(context, name, value)) };
  },
};

/** A version may have it once: by itself or by one alias. */
function refuseSecond(context: Context, name: string, qualifier: string): void {
  const versionOf = (given: string) => aliases(context).get(`${name}/${given}`)?.version ?? given;
  const taken = provisionedConfigs(context)
    .list(`${name}/`)
    .some(({ value }) => value.qualifier !== qualifier && versionOf(value.qualifier) === versionOf(qualifier));
  if (!taken) return;
  const isAlias = versionOf(qualifier) !== qualifier;
  throw new AwsError(
    "ResourceConflictException",
    isAlias
      ? "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
      : "Version is pointed by a Provisioned Concurrency alias",
    { status: 409, members: { Type: "User" } },
  );
}

function show(context: Context, name: string, { qualifier, requested, modifiedAt }: ProvisionedConfig) {
  const { allocated, available, failure } = hostOf(context.runtime).provisioner.stateOf(context, name, qualifier);
  const Status: ProvisionedConcurrencyStatusEnum =
    allocated >= requested ? "READY" : failure === undefined ? "IN_PROGRESS" : "FAILED";
  return {
    FunctionArn: functionArn(context, name, qualifier),
    RequestedProvisionedConcurrentExecutions: requested,
    AvailableProvisionedConcurrentExecutions: available,
    AllocatedProvisionedConcurrentExecutions: allocated,
    Status,
    ...(Status === "FAILED" && failure !== undefined ? { StatusReason: failure } : {}),
    LastModified: modifiedAt.replace("Z", "+0000"),
  };
}

import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Collection } from "../../core/store.ts";

/** What may be scaled; a function's alias or version, `function:orders:live`. */
export interface TargetRecord {
  readonly resourceId: string;
  readonly arn: string;
  readonly min: number;
  readonly max: number;
  readonly roleArn: string;
  readonly createdAt: string;
  readonly suspended: { readonly in: boolean; readonly out: boolean; readonly scheduled: boolean };
}

export interface PolicyRecord {
  readonly arn: string;
  readonly resourceId: string;
  readonly name: string;
  /** A share of 1. */
  readonly targetValue: number;
  readonly disableScaleIn: boolean;
  readonly scaleInCooldownS: number;
  readonly scaleOutCooldownS: number;
  readonly createdAt: string;
  readonly lastScaledAtMs: number | undefined;
}

export interface ActionRecord {
  readonly arn: string;
  readonly resourceId: string;
  readonly name: string;
  readonly schedule: string;
  readonly zone: string | undefined;
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly createdAt: string;
  readonly nextAtMs: number | undefined;
}

export interface ActivityRecord {
  readonly id: string;
  readonly resourceId: string;
  readonly cause: string;
  readonly description: string;
  readonly startedAt: string;
  readonly status: "Successful" | "Failed";
  readonly message: string;
}

type Stored = Pick<Context, "collection">;
export const targets = (from: Stored): Collection<TargetRecord> => from.collection("targets");
/** Each by `<resource id>/<name>`. */
export const policies = (from: Stored): Collection<PolicyRecord> => from.collection("policies");
export const actions = (from: Stored): Collection<ActionRecord> => from.collection("actions");
/** By `<resource id>/<start>/<id>`. */
export const activities = (from: Stored): Collection<ActivityRecord> => from.collection("activities");

export const NAMESPACE = "lambda";
export const DIMENSION = "lambda:function:ProvisionedConcurrency";

export const invalid = (message: string) => new AwsError("ValidationException", message);

export function unsupported(what: string): AwsError {
  return new AwsError("NotImplemented", `sandbox: Application Auto Scaling ${what} is not implemented`, {
    status: 501,
  });
}

interface Named {
  readonly ServiceNamespace?: string | undefined;
  readonly ResourceId?: string | undefined;
  readonly ScalableDimension?: string | undefined;
}

/** Refuses by name what isn't provisioned concurrency; answers the resource id. */
export function requireDimension({ ServiceNamespace, ResourceId = "", ScalableDimension }: Named): string {
  if (ServiceNamespace !== NAMESPACE) throw unsupported(`service namespace ${ServiceNamespace}`);
  if (ScalableDimension !== DIMENSION) {
    throw invalid(`Unsupported service namespace, resource type or scalable dimension: ${ScalableDimension}`);
  }
  if (!/^function:[\w-]+:(?!\$LATEST$)[\w-]+$/.test(ResourceId)) {
    throw invalid(`Unsupported service namespace, resource type or scalable dimension, resource: ${ResourceId}`);
  }
  return ResourceId;
}

export function requireTarget(context: Context, resourceId: string): TargetRecord {
  const found = targets(context).get(resourceId);
  if (found) return found;
  const message = `No scalable target found for service namespace: ${NAMESPACE}, resource ID: ${resourceId}, scalable dimension: ${DIMENSION}`;
  throw new AwsError("ObjectNotFoundException", message);
}

/** `function:orders:live` → the function and its qualifier. */
export function functionOf(resourceId: string): { name: string; qualifier: string } {
  const [, name = "", qualifier = ""] = resourceId.split(":");
  return { name, qualifier };
}

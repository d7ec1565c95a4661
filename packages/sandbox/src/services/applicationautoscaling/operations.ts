import type * as sdk from "@aws-sdk/client-application-auto-scaling";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { capacityOf, scaleTo } from "./capacity.ts";
import { pokeScaling } from "./engine.ts";
import {
  actions,
  activities,
  DIMENSION,
  functionOf,
  invalid,
  NAMESPACE,
  policies,
  requireDimension,
  requireTarget,
  type TargetRecord,
  targets,
  unsupported,
} from "./records.ts";

export const targetOperations: Operations<typeof sdk> = {
  async RegisterScalableTarget(context, input) {
    const resourceId = requireDimension(input);
    if (input.Tags && Object.keys(input.Tags).length > 0) throw unsupported("tags of a scalable target");
    const before = targets(context).get(resourceId);
    const { MinCapacity: min = before?.min, MaxCapacity: max = before?.max, SuspendedState: state } = input;
    if (min === undefined || max === undefined) {
      throw invalid("MinCapacity and MaxCapacity are required when a scalable target is registered.");
    }
    if (min > max || min < 0) throw invalid("Maximum capacity cannot be less than minimum capacity");
    const scope = `${context.region}:${context.account}`;
    const target: TargetRecord = {
      resourceId,
      arn: before?.arn ?? `arn:aws:application-autoscaling:${scope}:scalable-target/${context.random.hex(32)}`,
      min,
      max,
      roleArn: `arn:aws:iam::${context.account}:role/aws-service-role/lambda.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency`,
      createdAt: before?.createdAt ?? context.clock.now().toISOString(),
      suspended: {
        in: state?.DynamicScalingInSuspended ?? before?.suspended.in ?? false,
        out: state?.DynamicScalingOutSuspended ?? before?.suspended.out ?? false,
        scheduled: state?.ScheduledScalingSuspended ?? before?.suspended.scheduled ?? false,
      },
    };
    const capacity = await currentCapacity(context, target);
    targets(context).put(resourceId, target);
    const wanted = Math.min(Math.max(capacity, min), max);
    const cause = capacity < min ? "minimum capacity was set to" : "maximum capacity was set to";
    if (wanted !== capacity) await scaleTo(context, target, wanted, `${cause} ${wanted}`);
    pokeScaling(context.runtime);
    return { ScalableTargetARN: target.arn };
  },

  DeregisterScalableTarget(context, input) {
    const resourceId = requireDimension(input);
    requireTarget(context, resourceId);
    context.store.transaction(() => {
      targets(context).delete(resourceId);
      for (const rows of [policies(context), actions(context)]) {
        for (const { key } of (rows as ReturnType<typeof policies>).list(`${resourceId}/`)) rows.delete(key);
      }
    });
    return {};
  },

  DescribeScalableTargets(context, { ServiceNamespace, ResourceIds, ScalableDimension }) {
    if (ServiceNamespace !== NAMESPACE || (ScalableDimension !== undefined && ScalableDimension !== DIMENSION)) {
      return { ScalableTargets: [] };
    }
    const wanted = targets(context)
      .list()
      .filter(({ key }) => !ResourceIds?.length || ResourceIds.includes(key));
    return {
      ScalableTargets: wanted.map(({ value }) => ({
        ServiceNamespace: NAMESPACE,
        ResourceId: value.resourceId,
        ScalableDimension: DIMENSION,
        MinCapacity: value.min,
        MaxCapacity: value.max,
        RoleARN: value.roleArn,
        CreationTime: new Date(value.createdAt),
        SuspendedState: {
          DynamicScalingInSuspended: value.suspended.in,
          DynamicScalingOutSuspended: value.suspended.out,
          ScheduledScalingSuspended: value.suspended.scheduled,
        },
        ScalableTargetARN: value.arn,
      })),
    };
  },

  DescribeScalingActivities(context, { ServiceNamespace, ResourceId }) {
    if (ServiceNamespace !== NAMESPACE) return { ScalingActivities: [] };
    const all = activities(context).list(ResourceId === undefined ? "" : `${ResourceId}/`);
    return {
      ScalingActivities: all.reverse().map(({ value }) => ({
        ActivityId: value.id,
        ServiceNamespace: NAMESPACE,
        ResourceId: value.resourceId,
        ScalableDimension: DIMENSION,
        Description: value.description,
        Cause: value.cause,
        StartTime: new Date(value.startedAt),
        EndTime: new Date(value.startedAt),
        StatusCode: value.status,
        StatusMessage: value.message,
      })),
    };
  },
};

/** Refuses a function, version or alias that isn't there, in this service's words. */
async function currentCapacity(context: Context, target: TargetRecord): Promise<number> {
  try {
    return await capacityOf(context, target);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "ResourceNotFoundException") throw error;
    const { name, qualifier } = functionOf(target.resourceId);
    throw invalid(`Lambda function ${name}:${qualifier} can't be scaled: ${error.message}`);
  }
}

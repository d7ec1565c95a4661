import type * as sdk from "@aws-sdk/client-application-auto-scaling";
import { AwsError } from "../../core/errors.ts";
import { isTimeZone, parseSchedule } from "../../core/schedule-expression.ts";
import type { Operations } from "../../core/service.ts";
import { nextAction, pokeScaling } from "./engine.ts";
import {
  type ActionRecord,
  actions,
  DIMENSION,
  invalid,
  NAMESPACE,
  type PolicyRecord,
  policies,
  requireDimension,
  requireTarget,
  unsupported,
} from "./records.ts";

const PREDEFINED = "LambdaProvisionedConcurrencyUtilization";

export const policyOperations: Operations<typeof sdk> = {
  PutScalingPolicy(context, input) {
    const resourceId = requireDimension(input);
    requireTarget(context, resourceId);
    if (input.PolicyType !== "TargetTrackingScaling") throw unsupported(`policy type ${input.PolicyType}`);
    const settings = input.TargetTrackingScalingPolicyConfiguration;
    if (settings?.CustomizedMetricSpecification) throw unsupported("customized metrics");
    const metric = settings?.PredefinedMetricSpecification?.PredefinedMetricType;
    if (metric !== PREDEFINED) throw invalid(`The metric ${metric} is not available for provisioned concurrency.`);
    const targetValue = settings?.TargetValue ?? 0;
    // https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html#managing-provisioned-concurency
    if (!(targetValue >= 0.1 && targetValue <= 0.9)) throw invalid("Target value must be between 0.1 and 0.9.");
    const name = input.PolicyName ?? "";
    const key = `${resourceId}/${name}`;
    const before = policies(context).get(key);
    const scope = `${context.region}:${context.account}`;
    const policy: PolicyRecord = {
      arn:
        before?.arn ??
        `arn:aws:autoscaling:${scope}:scalingPolicy:${context.random.uuid()}:resource/lambda/${resourceId}:policyName/${name}`,
      resourceId,
      name,
      targetValue,
      disableScaleIn: settings?.DisableScaleIn ?? false,
      scaleInCooldownS: settings?.ScaleInCooldown ?? 0,
      scaleOutCooldownS: settings?.ScaleOutCooldown ?? 0,
      createdAt: before?.createdAt ?? context.clock.now().toISOString(),
      lastScaledAtMs: before?.lastScaledAtMs,
    };
    policies(context).put(key, policy);
    pokeScaling(context.runtime);
    return { PolicyARN: policy.arn, Alarms: [] };
  },

  DescribeScalingPolicies(context, { ServiceNamespace, ResourceId, PolicyNames }) {
    if (ServiceNamespace !== NAMESPACE) return { ScalingPolicies: [] };
    const all = policies(context).list(ResourceId === undefined ? "" : `${ResourceId}/`);
    const wanted = all.filter(({ value }) => !PolicyNames?.length || PolicyNames.includes(value.name));
    return {
      ScalingPolicies: wanted.map(({ value }) => ({
        PolicyARN: value.arn,
        PolicyName: value.name,
        ServiceNamespace: NAMESPACE,
        ResourceId: value.resourceId,
        ScalableDimension: DIMENSION,
        PolicyType: "TargetTrackingScaling" as const,
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: value.targetValue,
          PredefinedMetricSpecification: {
            PredefinedMetricType: PREDEFINED as "LambdaProvisionedConcurrencyUtilization",
          },
          ScaleInCooldown: value.scaleInCooldownS,
          ScaleOutCooldown: value.scaleOutCooldownS,
          DisableScaleIn: value.disableScaleIn,
        },
        Alarms: [],
        CreationTime: new Date(value.createdAt),
      })),
    };
  },

  DeleteScalingPolicy(context, input) {
    const resourceId = requireDimension(input);
    if (policies(context).delete(`${resourceId}/${input.PolicyName}`)) return {};
    throw new AwsError(
      "ObjectNotFoundException",
      `No scaling policy found for resource ${resourceId}: ${input.PolicyName}`,
    );
  },

  PutScheduledAction(context, input) {
    const resourceId = requireDimension(input);
    requireTarget(context, resourceId);
    const { MinCapacity: min, MaxCapacity: max } = input.ScalableTargetAction ?? {};
    const name = input.ScheduledActionName ?? "";
    const key = `${resourceId}/${name}`;
    const before = actions(context).get(key);
    const schedule = input.Schedule ?? before?.schedule ?? "";
    if (min === undefined && max === undefined && !before) throw invalid("ScalableTargetAction must set a capacity.");
    if (min !== undefined && max !== undefined && min > max) {
      throw invalid("Maximum capacity cannot be less than minimum capacity");
    }
    if (input.Timezone !== undefined && !isTimeZone(input.Timezone))
      throw invalid(`Unknown timezone ${input.Timezone}`);
    if (!parseSchedule(schedule, { zone: input.Timezone })) throw invalid(`Invalid schedule: ${schedule}`);
    const nowMs = context.clock.now().getTime();
    const scope = `${context.region}:${context.account}`;
    const action: ActionRecord = {
      arn:
        before?.arn ??
        `arn:aws:autoscaling:${scope}:scheduledAction:${context.random.uuid()}:resource/lambda/${resourceId}:scheduledActionName/${name}`,
      resourceId,
      name,
      schedule,
      zone: input.Timezone ?? before?.zone,
      startMs: input.StartTime?.getTime() ?? before?.startMs,
      endMs: input.EndTime?.getTime() ?? before?.endMs,
      min: min ?? before?.min,
      max: max ?? before?.max,
      createdAt: before?.createdAt ?? context.clock.now().toISOString(),
      nextAtMs: undefined,
    };
    actions(context).put(key, { ...action, nextAtMs: nextAction(action, nowMs) });
    pokeScaling(context.runtime);
    return {};
  },

  DescribeScheduledActions(context, { ServiceNamespace, ResourceId, ScheduledActionNames }) {
    if (ServiceNamespace !== NAMESPACE) return { ScheduledActions: [] };
    const all = actions(context).list(ResourceId === undefined ? "" : `${ResourceId}/`);
    const wanted = all.filter(
      ({ value }) => !ScheduledActionNames?.length || ScheduledActionNames.includes(value.name),
    );
    return {
      ScheduledActions: wanted.map(({ value }) => ({
        ScheduledActionName: value.name,
        ScheduledActionARN: value.arn,
        ServiceNamespace: NAMESPACE,
        ResourceId: value.resourceId,
        ScalableDimension: DIMENSION,
        Schedule: value.schedule,
        ...(value.zone === undefined ? {} : { Timezone: value.zone }),
        ...(value.startMs === undefined ? {} : { StartTime: new Date(value.startMs) }),
        ...(value.endMs === undefined ? {} : { EndTime: new Date(value.endMs) }),
        ScalableTargetAction: {
          ...(value.min === undefined ? {} : { MinCapacity: value.min }),
          ...(value.max === undefined ? {} : { MaxCapacity: value.max }),
        },
        CreationTime: new Date(value.createdAt),
      })),
    };
  },

  DeleteScheduledAction(context, input) {
    const resourceId = requireDimension(input);
    if (actions(context).delete(`${resourceId}/${input.ScheduledActionName}`)) return {};
    const message = `No scheduled action found for resource ${resourceId}: ${input.ScheduledActionName}`;
    throw new AwsError("ObjectNotFoundException", message);
  },
};

import {
  DeleteScalingPolicyCommand,
  DeleteScheduledActionCommand,
  DeregisterScalableTargetCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { isObject, type Json, type JsonObject } from "@turnpike/cloudformation";
import { AwsError } from "../../../core/errors.ts";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { flag, ifThere, list, number, object, present, text } from "./values.ts";

const named = (properties: JsonObject) => ({
  ServiceNamespace: text(properties.ServiceNamespace) as "lambda",
  ResourceId: text(properties.ResourceId) ?? "",
  ScalableDimension: text(properties.ScalableDimension) as "lambda:function:ProvisionedConcurrency",
});

/** `function:orders:live|lambda:function:ProvisionedConcurrency|lambda`: what `Ref` of a target gives. */
const idOf = ({ ResourceId, ScalableDimension, ServiceNamespace }: ReturnType<typeof named>) =>
  `${ResourceId}|${ScalableDimension}|${ServiceNamespace}`;

const target = defineProvider({
  type: "AWS::ApplicationAutoScaling::ScalableTarget",
  properties: [
    ...["MaxCapacity", "MinCapacity", "ResourceId", "RoleARN", "ScalableDimension", "ScheduledActions"],
    ...["ServiceNamespace", "SuspendedState"],
  ],
  required: ["MaxCapacity", "MinCapacity", "ResourceId", "ScalableDimension", "ServiceNamespace"],
  takesTags: false,
  create: (call) => register(call, {}),
  update: (call, { properties }) => register(call, properties),
  async remove(call, { properties }) {
    await ifThere(call.send(new DeregisterScalableTargetCommand(named(properties))));
  },
});

async function register(call: ProviderCall, before: JsonObject): Promise<Made> {
  const { properties } = call;
  const about = named(properties);
  const state = object(properties.SuspendedState);
  const SuspendedState = isObject(properties.SuspendedState)
    ? present({
        DynamicScalingInSuspended: flag(state.DynamicScalingInSuspended),
        DynamicScalingOutSuspended: flag(state.DynamicScalingOutSuspended),
        ScheduledScalingSuspended: flag(state.ScheduledScalingSuspended),
      })
    : undefined;
  const { ScalableTargetARN: arn = "" } = await call.send(
    new RegisterScalableTargetCommand({
      ...about,
      ...present({
        MinCapacity: number(properties.MinCapacity),
        MaxCapacity: number(properties.MaxCapacity),
        SuspendedState,
      }),
    } as never),
  );
  call.initiated(idOf(about));
  await putActions(call, about, before.ScheduledActions);
  return { physicalId: idOf(about), attributes: { Id: idOf(about), ScalableTargetARN: arn } };
}

async function putActions(call: ProviderCall, about: ReturnType<typeof named>, before: Json | undefined) {
  const wanted = list(call.properties.ScheduledActions).map(object);
  const names = new Set(wanted.map(({ ScheduledActionName }) => text(ScheduledActionName)));
  for (const { ScheduledActionName } of list(before).map(object)) {
    const name = text(ScheduledActionName);
    if (names.has(name)) continue;
    await ifThere(call.send(new DeleteScheduledActionCommand({ ...about, ScheduledActionName: name })));
  }
  for (const action of wanted) {
    const limits = object(action.ScalableTargetAction);
    const time = (value: Json | undefined) => (value === undefined ? undefined : new Date(text(value) ?? ""));
    await call.send(
      new PutScheduledActionCommand({
        ...about,
        ...present({
          ScheduledActionName: text(action.ScheduledActionName) ?? "",
          Schedule: text(action.Schedule),
          Timezone: text(action.Timezone),
          StartTime: time(action.StartTime),
          EndTime: time(action.EndTime),
          ScalableTargetAction: present({
            MinCapacity: number(limits.MinCapacity),
            MaxCapacity: number(limits.MaxCapacity),
          }),
        }),
      } as never),
    );
  }
}

const policy = defineProvider({
  type: "AWS::ApplicationAutoScaling::ScalingPolicy",
  properties: [
    ...["PolicyName", "PolicyType", "ResourceId", "ScalableDimension", "ScalingTargetId", "ServiceNamespace"],
    ...["StepScalingPolicyConfiguration", "TargetTrackingScalingPolicyConfiguration"],
  ],
  required: ["PolicyName", "PolicyType"],
  takesTags: false,
  create: putPolicy,
  update: putPolicy,
  async remove(call, { properties }) {
    const PolicyName = text(properties.PolicyName);
    await ifThere(call.send(new DeleteScalingPolicyCommand({ ...scaled(properties), PolicyName })));
  },
});

/** The target by its id, or by its three parts. */
function scaled(properties: JsonObject): ReturnType<typeof named> {
  const id = text(properties.ScalingTargetId);
  if (id === undefined) return named(properties);
  const [ResourceId = "", ScalableDimension, ServiceNamespace] = id.split("|");
  return named({ ResourceId, ScalableDimension: ScalableDimension ?? "", ServiceNamespace: ServiceNamespace ?? "" });
}

async function putPolicy(call: ProviderCall): Promise<Made> {
  const { properties } = call;
  if (properties.StepScalingPolicyConfiguration !== undefined) {
    const message = "sandbox: StepScalingPolicyConfiguration is not implemented";
    throw new AwsError("NotImplemented", message, { status: 501 });
  }
  const tracking = object(properties.TargetTrackingScalingPolicyConfiguration);
  const settings = present({
    ...tracking,
    TargetValue: number(tracking.TargetValue),
    ScaleInCooldown: number(tracking.ScaleInCooldown),
    ScaleOutCooldown: number(tracking.ScaleOutCooldown),
    DisableScaleIn: flag(tracking.DisableScaleIn),
  });
  const { PolicyARN: arn = "" } = await call.send(
    new PutScalingPolicyCommand({
      ...scaled(properties),
      PolicyName: text(properties.PolicyName) ?? "",
      PolicyType: text(properties.PolicyType) as "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: settings as never,
    }),
  );
  return { physicalId: arn, attributes: { Arn: arn } };
}

export const scalingProviders = [target, policy];

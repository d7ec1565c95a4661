import {
  CreateApplicationCommand,
  CreateDeploymentConfigCommand,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupCommandInput,
  DeleteApplicationCommand,
  DeleteDeploymentConfigCommand,
  DeleteDeploymentGroupCommand,
  TagResourceCommand,
  UpdateDeploymentGroupCommand,
} from "@aws-sdk/client-codedeploy";
import { isObject, type Json } from "@turnpike/cloudformation";
import { defineProvider, type ProviderCall } from "../provider.ts";
import { createOnce, flag, lowerCamel, number, object, present, tagList, text } from "./values.ts";

const platform = (value: Json | undefined) => (text(value) ?? "Server") as "Lambda";

const application = defineProvider({
  type: "AWS::CodeDeploy::Application",
  properties: ["ApplicationName", "ComputePlatform", "Tags"],
  required: [],
  takesTags: true,
  async create(call) {
    const applicationName = text(call.properties.ApplicationName) ?? call.name(100);
    const computePlatform = platform(call.properties.ComputePlatform);
    await createOnce(call, () =>
      call.send(new CreateApplicationCommand({ applicationName, computePlatform, tags: tagList(call) })),
    );
    return { physicalId: applicationName, attributes: {} };
  },
  async update(call, { physicalId }) {
    const ResourceArn = `arn:aws:codedeploy:${call.region}:${call.account}:application:${physicalId}`;
    await call.send(new TagResourceCommand({ ResourceArn, Tags: tagList(call) }));
    return { physicalId, attributes: {} };
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteApplicationCommand({ applicationName: physicalId }));
  },
});

const config = defineProvider({
  type: "AWS::CodeDeploy::DeploymentConfig",
  properties: ["ComputePlatform", "DeploymentConfigName", "TrafficRoutingConfig"],
  required: [],
  takesTags: false,
  async create(call) {
    const deploymentConfigName = text(call.properties.DeploymentConfigName) ?? call.name(100);
    const routing = object(call.properties.TrafficRoutingConfig);
    const canary = object(routing.TimeBasedCanary);
    const linear = object(routing.TimeBasedLinear);
    const trafficRoutingConfig = present({
      type: text(routing.Type) as "TimeBasedCanary" | undefined,
      timeBasedCanary: isObject(routing.TimeBasedCanary)
        ? { canaryPercentage: number(canary.CanaryPercentage), canaryInterval: number(canary.CanaryInterval) }
        : undefined,
      timeBasedLinear: isObject(routing.TimeBasedLinear)
        ? { linearPercentage: number(linear.LinearPercentage), linearInterval: number(linear.LinearInterval) }
        : undefined,
    });
    const computePlatform = platform(call.properties.ComputePlatform);
    await createOnce(call, () =>
      call.send(
        new CreateDeploymentConfigCommand({ deploymentConfigName, computePlatform, trafficRoutingConfig } as never),
      ),
    );
    return { physicalId: deploymentConfigName, attributes: {} };
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteDeploymentConfigCommand({ deploymentConfigName: physicalId }));
  },
});

const group = defineProvider({
  type: "AWS::CodeDeploy::DeploymentGroup",
  properties: [
    "AlarmConfiguration",
    "ApplicationName",
    "AutoRollbackConfiguration",
    "DeploymentConfigName",
    "DeploymentGroupName",
    "DeploymentStyle",
    "ServiceRoleArn",
    "Tags",
    "TriggerConfigurations",
  ],
  required: ["ApplicationName", "ServiceRoleArn"],
  takesTags: true,
  async create(call) {
    const name = text(call.properties.DeploymentGroupName) ?? call.name(100);
    const input = { ...settings(call), deploymentGroupName: name, tags: tagList(call) };
    await createOnce(call, () =>
      call.send(new CreateDeploymentGroupCommand(input as CreateDeploymentGroupCommandInput)),
    );
    return { physicalId: name, attributes: {} };
  },
  async update(call, { physicalId }) {
    const input = { ...settings(call), currentDeploymentGroupName: physicalId };
    await call.send(new UpdateDeploymentGroupCommand(input as never));
    return { physicalId, attributes: {} };
  },
  async remove(call, { physicalId, properties }) {
    const applicationName = text(properties.ApplicationName);
    await call.send(new DeleteDeploymentGroupCommand({ applicationName, deploymentGroupName: physicalId }));
  },
});

function settings({ properties }: ProviderCall): object {
  const alarms = object(properties.AlarmConfiguration);
  const rollback = object(properties.AutoRollbackConfiguration);
  return present({
    applicationName: text(properties.ApplicationName),
    deploymentConfigName: text(properties.DeploymentConfigName),
    serviceRoleArn: text(properties.ServiceRoleArn),
    deploymentStyle: isObject(properties.DeploymentStyle) ? lowerCamel(properties.DeploymentStyle) : undefined,
    triggerConfigurations: properties.TriggerConfigurations && lowerCamel(properties.TriggerConfigurations),
    alarmConfiguration: isObject(properties.AlarmConfiguration)
      ? {
          ...object(lowerCamel(alarms)),
          enabled: flag(alarms.Enabled) ?? false,
          ignorePollAlarmFailure: flag(alarms.IgnorePollAlarmFailure) ?? false,
        }
      : undefined,
    autoRollbackConfiguration: isObject(properties.AutoRollbackConfiguration)
      ? { ...object(lowerCamel(rollback)), enabled: flag(rollback.Enabled) ?? false }
      : undefined,
  });
}

export const deploymentProviders = [application, config, group];

import type * as sdk from "@aws-sdk/client-codedeploy";
import type {
  CreateDeploymentGroupCommandInput,
  DeploymentGroupInfo,
  Tag,
  UpdateDeploymentGroupCommandInput,
} from "@aws-sdk/client-codedeploy";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { requireConfig } from "./configs.ts";
import {
  type ApplicationRecord,
  applications,
  deployments,
  type GroupRecord,
  groups,
  requireApplication,
  requireGroup,
  unsupported,
} from "./records.ts";

export const groupOperations: Operations<typeof sdk> = {
  CreateApplication(context, { applicationName: name = "", computePlatform, tags }) {
    if (computePlatform !== "Lambda") throw unsupported(`compute platform ${computePlatform ?? "Server"}`);
    if (name.length > 100 || name === "") {
      throw new AwsError("InvalidApplicationNameException", `Application name '${name}' is not valid.`);
    }
    if (applications(context).get(name)) {
      throw new AwsError("ApplicationAlreadyExistsException", `Application already exists for name: ${name}`);
    }
    const id = context.random.uuid();
    const createdAt = context.clock.now().toISOString();
    applications(context).put(name, { id, name, createdAt, tags: tagsOf(tags) });
    return { applicationId: id };
  },

  GetApplication: (context, { applicationName }) => ({
    application: showApplication(requireApplication(context, applicationName)),
  }),

  ListApplications: (context) => ({
    applications: applications(context)
      .list()
      .map(({ key }) => key),
  }),

  DeleteApplication(context, { applicationName: name = "" }) {
    context.store.transaction(() => {
      applications(context).delete(name);
      for (const { key } of groups(context).list(`${name}/`)) groups(context).delete(key);
    });
    return {};
  },

  CreateDeploymentGroup(context, input) {
    const application = requireApplication(context, input.applicationName);
    const name = input.deploymentGroupName ?? "";
    if (groups(context).get(`${application.name}/${name}`)) {
      const message = `Deployment Group already exists for name: ${name}`;
      throw new AwsError("DeploymentGroupAlreadyExistsException", message);
    }
    if (!input.serviceRoleArn) throw new AwsError("RoleRequiredException", "The service role is required.");
    const group: GroupRecord = changed(context, input, {
      id: context.random.uuid(),
      application: application.name,
      name,
      roleArn: input.serviceRoleArn,
      configName: "CodeDeployDefault.LambdaAllAtOnce",
      style: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
      alarms: undefined,
      autoRollback: undefined,
      tags: tagsOf(input.tags),
    });
    groups(context).put(`${application.name}/${name}`, group);
    return { deploymentGroupId: group.id };
  },

  GetDeploymentGroup(context, { applicationName, deploymentGroupName }) {
    const { name } = requireApplication(context, applicationName);
    return { deploymentGroupInfo: showGroup(context, requireGroup(context, name, deploymentGroupName)) };
  },

  UpdateDeploymentGroup(context, input) {
    const { name } = requireApplication(context, input.applicationName);
    const before = requireGroup(context, name, input.currentDeploymentGroupName);
    const group = changed(context, input, { ...before, name: input.newDeploymentGroupName ?? before.name });
    context.store.transaction(() => {
      if (group.name !== before.name) groups(context).delete(`${name}/${before.name}`);
      groups(context).put(`${name}/${group.name}`, group);
    });
    return { hooksNotCleanedUp: [] };
  },

  DeleteDeploymentGroup(context, { applicationName, deploymentGroupName }) {
    groups(context).delete(`${applicationName}/${deploymentGroupName}`);
    return { hooksNotCleanedUp: [] };
  },

  ListDeploymentGroups(context, { applicationName }) {
    const { name } = requireApplication(context, applicationName);
    const all = groups(context).list(`${name}/`);
    return { applicationName: name, deploymentGroups: all.map(({ value }) => value.name) };
  },

  ListTagsForResource: (context, { ResourceArn }) => ({
    Tags: Object.entries(retag(context, ResourceArn, (tags) => tags)).map(([Key, Value]) => ({ Key, Value })),
  }),

  TagResource(context, { ResourceArn, Tags }) {
    retag(context, ResourceArn, (tags) => ({ ...tags, ...tagsOf(Tags) }));
    return {};
  },

  UntagResource(context, { ResourceArn, TagKeys = [] }) {
    retag(context, ResourceArn, (tags) =>
      Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys.includes(key))),
    );
    return {};
  },
};

type Settings = CreateDeploymentGroupCommandInput | UpdateDeploymentGroupCommandInput;

const REFUSED = [
  "ec2TagFilters",
  "onPremisesInstanceTagFilters",
  "autoScalingGroups",
  "blueGreenDeploymentConfiguration",
  "loadBalancerInfo",
  "ec2TagSet",
  "ecsServices",
  "onPremisesTagSet",
] as const;

function changed(context: Context, input: Settings, before: GroupRecord): GroupRecord {
  for (const name of REFUSED) {
    if (input[name] !== undefined) throw unsupported(`${name} of a deployment group`);
  }
  if (input.triggerConfigurations?.length) throw unsupported("triggers of a deployment group");
  const { deploymentType, deploymentOption } = input.deploymentStyle ?? before.style;
  if (deploymentType !== "BLUE_GREEN" || deploymentOption !== "WITH_TRAFFIC_CONTROL") {
    const message =
      "For Lambda deployment group, deployment type can only be BLUE_GREEN, deployment option can only be WITH_TRAFFIC_CONTROL";
    throw new AwsError("InvalidDeploymentStyleException", message);
  }
  return {
    ...before,
    roleArn: input.serviceRoleArn ?? before.roleArn,
    configName: requireConfig(context, input.deploymentConfigName ?? before.configName).name,
    style: { deploymentType, deploymentOption },
    alarms: input.alarmConfiguration ?? before.alarms,
    autoRollback: input.autoRollbackConfiguration ?? before.autoRollback,
  };
}

const showApplication = ({ id, name, createdAt }: ApplicationRecord) => ({
  applicationId: id,
  applicationName: name,
  createTime: new Date(createdAt),
  linkedToGitHub: false,
  computePlatform: "Lambda" as const,
});

function showGroup(context: Context, group: GroupRecord): DeploymentGroupInfo {
  const all = deployments(context)
    .list()
    .map(({ value }) => value);
  const made = all
    .filter((one) => one.application === group.application && one.group === group.name)
    .sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
  const info = (one: (typeof made)[number] | undefined) =>
    one && {
      deploymentId: one.id,
      status: one.status,
      createTime: new Date(one.createdAt),
      ...(one.completedAt ? { endTime: new Date(one.completedAt) } : {}),
    };
  return {
    applicationName: group.application,
    deploymentGroupId: group.id,
    deploymentGroupName: group.name,
    deploymentConfigName: group.configName,
    serviceRoleArn: group.roleArn,
    deploymentStyle: group.style,
    alarmConfiguration: group.alarms,
    autoRollbackConfiguration: group.autoRollback,
    triggerConfigurations: [],
    computePlatform: "Lambda",
    terminationHookEnabled: false,
    lastAttemptedDeployment: info(made[0]),
    lastSuccessfulDeployment: info(made.find(({ status }) => status === "Succeeded")),
  };
}

const tagsOf = (tags: readonly Tag[] = []) =>
  Object.fromEntries(tags.map(({ Key = "", Value = "" }): [string, string] => [Key, Value]));

/** Changes the tags of an application or a group; answers them afterwards. */
function retag(
  context: Context,
  arn = "",
  change: (tags: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const [, , , , , kind, name = ""] = arn.split(":");
  const [application = "", group] = name.split(/\/(.*)/s);
  if (kind === "deploymentgroup") {
    const found = requireGroup(context, application, group);
    const tags = change(found.tags);
    groups(context).put(name, { ...found, tags });
    return tags;
  }
  if (kind !== "application") throw new AwsError("InvalidArnException", `The ARN ${arn} is not valid.`);
  const found = requireApplication(context, name);
  const tags = change(found.tags);
  applications(context).put(name, { ...found, tags });
  return tags;
}

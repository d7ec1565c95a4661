import type * as sdk from "@aws-sdk/client-ec2";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { type FilterValues, matches, select } from "./describe.ts";
import {
  all,
  find,
  type GroupRecord,
  invalid,
  newId,
  put,
  type RuleRecord,
  refuse,
  showTags,
  storeOf,
  type Tags,
  tagsOf,
} from "./records.ts";
import { outwardRules, permissionsOf, rulesFrom, showRule, withoutRules, withRules } from "./security-group-rules.ts";

const FILTERS: FilterValues<GroupRecord> = {
  "group-id": ({ id }) => [id],
  "group-name": ({ name }) => [name],
  description: ({ description }) => [description],
  "vpc-id": ({ vpcId }) => [vpcId],
  "ip-permission.cidr": ({ rules }) => rules.filter(({ isEgress }) => !isEgress).map(({ peer }) => peer.value),
  "ip-permission.group-id": ({ rules }) => rules.filter(({ isEgress }) => !isEgress).map(({ peer }) => peer.value),
  "ip-permission.from-port": ({ rules }) => rules.filter(({ isEgress }) => !isEgress).map(({ from }) => String(from)),
  "ip-permission.to-port": ({ rules }) => rules.filter(({ isEgress }) => !isEgress).map(({ to }) => String(to)),
  "ip-permission.protocol": ({ rules }) => rules.filter(({ isEgress }) => !isEgress).map(({ protocol }) => protocol),
};

const RULE_FILTERS: FilterValues<RuleRecord & { tags: Tags; group: string }> = {
  "group-id": ({ group }) => [group],
  "security-group-rule-id": ({ id }) => [id],
};

function arnOf({ region, account }: Context, id: string): string {
  return `arn:aws:ec2:${region}:${account}:security-group/${id}`;
}

function createGroup(context: Context, input: sdk.CreateSecurityGroupRequest): sdk.CreateSecurityGroupResult {
  const { GroupName: name = "", Description: description = "" } = input;
  const byDefault = all(context, "vpc").find(({ isDefault }) => isDefault)?.id;
  const vpc = find(context, "vpc", input.VpcId ?? byDefault);
  if (name === "default" || name === "" || name.startsWith("sg-"))
    throw invalid(`Cannot use reserved security group name: ${name}`);
  if (all(context, "sg").some((group) => group.name === name && group.vpcId === vpc.id)) {
    throw new AwsError("InvalidGroup.Duplicate", `The security group '${name}' already exists for VPC '${vpc.id}'`);
  }
  const group = put(context, "sg", {
    id: newId(context, "sg"),
    name,
    description,
    vpcId: vpc.id,
    rules: outwardRules(context),
    tags: tagsOf(input.TagSpecifications),
  });
  return { GroupId: group.id, SecurityGroupArn: arnOf(context, group.id), Tags: showTags(group.tags) };
}

function deleteGroup(context: Context, input: sdk.DeleteSecurityGroupRequest): object {
  const { id, name } = named(context, input);
  if (name === "default") {
    throw new AwsError("CannotDelete", `the specified group: "${id}" name: "default" cannot be deleted by a user`);
  }
  const refers = ({ peer }: RuleRecord) => peer.kind === "group" && peer.value === id;
  const isUsed =
    all(context, "sg").some((group) => group.id !== id && group.rules.some(refers)) ||
    all(context, "vpce").some(({ groupIds }) => groupIds.includes(id));
  if (isUsed) throw new AwsError("DependencyViolation", `resource ${id} has a dependent object`);
  storeOf(context, "sg").delete(id);
  return { Return: true, GroupId: id };
}

/** By id, or by name in the default VPC. */
function named(context: Context, input: { GroupId?: string | undefined; GroupName?: string | undefined }): GroupRecord {
  if (input.GroupId !== undefined || input.GroupName === undefined) return find(context, "sg", input.GroupId);
  const home = all(context, "vpc").find(({ isDefault }) => isDefault)?.id;
  const found = all(context, "sg").find(({ name, vpcId }) => name === input.GroupName && vpcId === home);
  return found ?? find(context, "sg", input.GroupName);
}

function show(context: Context, group: GroupRecord): sdk.SecurityGroup {
  return {
    GroupId: group.id,
    GroupName: group.name,
    Description: group.description,
    OwnerId: context.account,
    VpcId: group.vpcId,
    SecurityGroupArn: arnOf(context, group.id),
    IpPermissions: permissionsOf(context, group, false),
    IpPermissionsEgress: permissionsOf(context, group, true),
    Tags: showTags(group.tags),
  };
}

type Change = sdk.AuthorizeSecurityGroupIngressRequest & { SecurityGroupRuleIds?: string[] | undefined };

function authorize(context: Context, isEgress: boolean, input: Change) {
  refuse("AuthorizeSecurityGroup", input, ["SourceSecurityGroupName", "SourceSecurityGroupOwnerId"]);
  const group = named(context, input);
  const rules = rulesFrom(context, isEgress, input);
  if (rules.length === 0)
    throw new AwsError("MissingParameter", "The request must contain the parameter ipPermissions");
  put(context, "sg", withRules(group, rules));
  return { Return: true, SecurityGroupRules: rules.map((rule) => showRule(context, group, rule)) };
}

function revoke(context: Context, isEgress: boolean, input: Change) {
  const group = named(context, input);
  const left = withoutRules(group, rulesFrom(context, isEgress, input), input.SecurityGroupRuleIds ?? []);
  put(context, "sg", left);
  return { Return: true };
}

function describeRules(
  context: Context,
  input: sdk.DescribeSecurityGroupRulesRequest,
): sdk.DescribeSecurityGroupRulesResult {
  const found = all(context, "sg").flatMap((group) =>
    group.rules
      .filter(({ id }) => !input.SecurityGroupRuleIds?.length || input.SecurityGroupRuleIds.includes(id))
      .filter((rule) => matches({ ...rule, tags: {}, group: group.id }, input.Filters ?? [], RULE_FILTERS))
      .map((rule) => showRule(context, group, rule)),
  );
  return { SecurityGroupRules: found };
}

export const securityGroupOperations: Operations<typeof sdk> = {
  CreateSecurityGroup: createGroup,
  DeleteSecurityGroup: deleteGroup,
  DescribeSecurityGroups: (context, input) => {
    const byName = input.GroupNames?.map((GroupName) => named(context, { GroupName }).id) ?? [];
    const { items, ...more } = select(context, "sg", [...(input.GroupIds ?? []), ...byName], input, FILTERS);
    return { SecurityGroups: items.map((group) => show(context, group)), ...more };
  },
  DescribeSecurityGroupRules: describeRules,
  AuthorizeSecurityGroupIngress: (context, input) => authorize(context, false, input),
  AuthorizeSecurityGroupEgress: (context, input) => authorize(context, true, input),
  RevokeSecurityGroupIngress: (context, input) => revoke(context, false, input),
  RevokeSecurityGroupEgress: (context, input) => revoke(context, true, input),
};

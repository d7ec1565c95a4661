import * as sdk from "@aws-sdk/client-ec2";
import { isObject, type Json, type JsonObject } from "@turnpike/cloudformation";
import { AwsError } from "../../../core/errors.ts";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { findOurs, putTags, tagged } from "./ec2-tags.ts";
import { list, number, object, present, text } from "./values.ts";

const RULE_FIELDS = ["CidrIp", "CidrIpv6", "Description", "FromPort", "IpProtocol", "ToPort"];

/** A rule as the template has it: one peer, which a source or a destination names. */
function permissionOf(rule: JsonObject): sdk.IpPermission {
  const Description = text(rule.Description);
  const described = Description === undefined ? {} : { Description };
  const CidrIp = text(rule.CidrIp);
  const CidrIpv6 = text(rule.CidrIpv6);
  const GroupId = text(rule.SourceSecurityGroupId) ?? text(rule.DestinationSecurityGroupId);
  const PrefixListId = text(rule.SourcePrefixListId) ?? text(rule.DestinationPrefixListId);
  return {
    IpProtocol: text(rule.IpProtocol),
    ...present({ FromPort: number(rule.FromPort), ToPort: number(rule.ToPort) }),
    ...(CidrIp === undefined ? {} : { IpRanges: [{ CidrIp, ...described }] }),
    ...(CidrIpv6 === undefined ? {} : { Ipv6Ranges: [{ CidrIpv6, ...described }] }),
    ...(GroupId === undefined ? {} : { UserIdGroupPairs: [{ GroupId, ...described }] }),
    ...(PrefixListId === undefined ? {} : { PrefixListIds: [{ PrefixListId, ...described }] }),
  };
}

const permissions = (value: Json | undefined) => list(value).filter(isObject).map(permissionOf);

/** Adds rules one by one: those that are there already, of an attempt that died or of another resource, stay. */
async function allow(call: ProviderCall, isEgress: boolean, GroupId: string, rules: sdk.IpPermission[]) {
  for (const rule of rules) {
    try {
      const input = { GroupId, IpPermissions: [rule] };
      if (isEgress) await call.send(new sdk.AuthorizeSecurityGroupEgressCommand(input));
      else await call.send(new sdk.AuthorizeSecurityGroupIngressCommand(input));
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== "InvalidPermission.Duplicate") throw error;
    }
  }
}

async function forbid(call: ProviderCall, isEgress: boolean, GroupId: string, rules: sdk.IpPermission[]) {
  for (const rule of rules) {
    try {
      const input = { GroupId, IpPermissions: [rule] };
      if (isEgress) await call.send(new sdk.RevokeSecurityGroupEgressCommand(input));
      else await call.send(new sdk.RevokeSecurityGroupIngressCommand(input));
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== "InvalidPermission.NotFound") throw error;
    }
  }
}

const EVERYWHERE: sdk.IpPermission = { IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
const outward = (properties: JsonObject) =>
  properties.SecurityGroupEgress === undefined ? [EVERYWHERE] : permissions(properties.SecurityGroupEgress);

const group = defineProvider({
  type: "AWS::EC2::SecurityGroup",
  properties: ["GroupDescription", "GroupName", "SecurityGroupEgress", "SecurityGroupIngress", "Tags", "VpcId"],
  required: ["GroupDescription"],
  takesTags: true,
  async create(call) {
    const { properties } = call;
    let id = await findOurs(call, "security-group");
    if (id === undefined) {
      const input = {
        GroupName: text(properties.GroupName) ?? call.name(255),
        Description: text(properties.GroupDescription) ?? "",
        ...present({ VpcId: text(properties.VpcId) }),
        ...tagged(call, "security-group"),
      };
      id = (await call.send(new sdk.CreateSecurityGroupCommand(input))).GroupId ?? "";
    }
    call.initiated(id);
    await putRules(call, id, { SecurityGroupEgress: [{ IpProtocol: "-1", CidrIp: "0.0.0.0/0" }] });
    return made(call, id);
  },
  async update(call, { physicalId, properties: before, tags }) {
    await putRules(call, physicalId, before);
    await putTags(call, physicalId, tags);
    return made(call, physicalId);
  },
  async remove(call, { physicalId }) {
    await call.send(new sdk.DeleteSecurityGroupCommand({ GroupId: physicalId }));
  },
});

async function putRules(call: ProviderCall, id: string, before: JsonObject): Promise<void> {
  const { properties } = call;
  await forbid(
    call,
    false,
    id,
    without(permissions(before.SecurityGroupIngress), permissions(properties.SecurityGroupIngress)),
  );
  await forbid(call, true, id, without(outward(before), outward(properties)));
  await allow(call, false, id, permissions(properties.SecurityGroupIngress));
  await allow(call, true, id, outward(properties));
}

function without(rules: sdk.IpPermission[], kept: sdk.IpPermission[]): sdk.IpPermission[] {
  const texts = new Set(kept.map((rule) => JSON.stringify(rule)));
  return rules.filter((rule) => !texts.has(JSON.stringify(rule)));
}

async function made({ send }: ProviderCall, GroupId: string): Promise<Made> {
  const { SecurityGroups: [found] = [] } = await send(new sdk.DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
  return { physicalId: GroupId, attributes: { GroupId, Id: GroupId, VpcId: found?.VpcId ?? "" } };
}

/** A rule as a resource of its own, so that two groups may name each other. */
function ruleProvider(type: string, isEgress: boolean, peers: string[]) {
  return defineProvider({
    type,
    properties: [...RULE_FIELDS, ...peers, "GroupId"],
    required: ["GroupId", "IpProtocol"],
    takesTags: false,
    async create(call) {
      const GroupId = text(call.properties.GroupId) ?? "";
      await allow(call, isEgress, GroupId, [permissionOf(call.properties)]);
      const id = await ruleId(call, isEgress, GroupId);
      return { physicalId: id, attributes: { Id: id } };
    },
    async remove(call, { properties }) {
      await forbid(call, isEgress, text(properties.GroupId) ?? "", [permissionOf(properties)]);
    },
  });
}

async function ruleId({ send, properties }: ProviderCall, isEgress: boolean, groupId: string): Promise<string> {
  const Filters = [{ Name: "group-id", Values: [groupId] }];
  const { SecurityGroupRules = [] } = await send(new sdk.DescribeSecurityGroupRulesCommand({ Filters }));
  const peer =
    text(properties.CidrIp) ??
    text(properties.CidrIpv6) ??
    text(properties.SourceSecurityGroupId) ??
    text(properties.DestinationSecurityGroupId) ??
    text(properties.SourcePrefixListId) ??
    text(properties.DestinationPrefixListId);
  const found = SecurityGroupRules.find(
    (rule) =>
      rule.IsEgress === isEgress &&
      [rule.CidrIpv4, rule.CidrIpv6, rule.PrefixListId, object(rule.ReferencedGroupInfo as Json).GroupId].includes(
        peer,
      ) &&
      rule.FromPort === (number(properties.FromPort) ?? -1) &&
      rule.ToPort === (number(properties.ToPort) ?? -1),
  );
  return found?.SecurityGroupRuleId ?? "";
}

export const securityGroupProviders = [
  group,
  ruleProvider("AWS::EC2::SecurityGroupIngress", false, ["SourcePrefixListId", "SourceSecurityGroupId"]),
  ruleProvider("AWS::EC2::SecurityGroupEgress", true, ["DestinationPrefixListId", "DestinationSecurityGroupId"]),
];

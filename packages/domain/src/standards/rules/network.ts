import { intrinsicOf, isObject, type Json, type JsonObject } from "@turnpike/cloudformation";
import { branchesOf, memberOf, membersOf, textOf } from "../branches.ts";
import type { Doubt, Fix, Violation } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { resourceOf, resourcesIn } from "../targets.ts";

const GROUP = "AWS::EC2::SecurityGroup";

/** Whether a rule lets in any address: `0.0.0.0/0`, `::/0`. */
const isOpen = (rule: Json | undefined) =>
  ["CidrIp", "CidrIpv6"].some((name) =>
    branchesOf(memberOf(rule, name)).some(({ value }) => textOf(value)?.endsWith("/0")),
  );

/** The security groups that the template's functions are in, where it makes them. */
function groupsOfFunctions(subject: Subject): Item[] {
  const ids = subject
    .items("AWS::Lambda::Function")
    .flatMap(({ properties }) => resourcesIn(subject, properties.VpcConfig));
  return [...new Set(ids)].filter(({ type }) => type === GROUP);
}

/** A function takes no connections; what else is in a group takes them from the functions'. */
function closed(subject: Subject, group: Item): Fix | undefined {
  const { SecurityGroupIngress: rules } = group.properties;
  if (!Array.isArray(rules) || rules.some((rule) => intrinsicOf(rule))) return undefined;
  const path = [...group.path, "SecurityGroupIngress"];
  const functions = groupsOfFunctions(subject);
  const isUsedElsewhere = subject.items().some((item) => {
    return (
      item.type !== "AWS::Lambda::Function" && resourcesIn(subject, item.properties).some(({ id }) => id === group.id)
    );
  });
  if (functions.some(({ id }) => id === group.id)) {
    if (isUsedElsewhere) return undefined;
    return {
      summary: "Let nobody in: a function takes no connections",
      edits: [{ path, value: rules.filter((rule) => !isOpen(rule)) }],
    };
  }
  const [only, ...others] = functions;
  if (!only || others.length > 0) return undefined;
  const value = rules.map((rule): Json => {
    if (!isOpen(rule) || !isObject(rule)) return rule;
    const { CidrIp: _, CidrIpv6: __, ...kept } = rule;
    return { ...kept, SourceSecurityGroupId: { "Fn::GetAtt": [only.id, "GroupId"] } } satisfies JsonObject;
  });
  return { summary: `Let in what is in ${only.id}, nobody else`, edits: [{ path, value }] };
}

/** Security groups, and rules that stand by themselves, that let in everyone. */
export function judgeIngress(subject: Subject, item: Item): (Violation | Doubt)[] {
  if (item.type === "AWS::EC2::SecurityGroupIngress") {
    if (!isOpen(item.properties)) return [];
    return [{ resource: item.id, at: item.path, message: `${item.id} lets in every address there is.` }];
  }
  const open = membersOf(item.properties.SecurityGroupIngress, [...item.path, "SecurityGroupIngress"]);
  const [first] = open.filter(({ value }) => isOpen(value));
  if (!first) return [];
  const balancer = subject.items("AWS::ElasticLoadBalancingV2::LoadBalancer").find(({ properties }) => {
    return properties.Scheme !== "internal" && resourceOf(subject, properties.SecurityGroups, GROUP)?.id === item.id;
  });
  if (balancer) return [{ look: `Whether everyone shall reach the load balancer ${balancer.id}.` }];
  const fix = closed(subject, item);
  return [
    { resource: item.id, at: first.path, message: `${item.id} lets in every address there is.`, ...(fix && { fix }) },
  ];
}

/** Groups of functions that don't say where these may connect to: without a word, AWS lets them connect to everywhere. */
export function judgeEgress(subject: Subject): Violation[] {
  const rules = subject.items("AWS::EC2::SecurityGroupEgress");
  return groupsOfFunctions(subject).flatMap((group): Violation[] => {
    const own = branchesOf(group.properties.SecurityGroupEgress);
    if (own.every(({ value }) => value !== undefined && membersOf(value).length > 0)) return [];
    if (rules.some(({ properties }) => resourceOf(subject, properties.GroupId, GROUP)?.id === group.id)) return [];
    const message = `Functions in ${group.id} may connect to everywhere: it has no egress rule.`;
    return [{ resource: group.id, at: group.path, message }];
  });
}

/** Whether a subnet of the template's gives out public addresses, or has a route to the internet. */
export function isPublic(subject: Subject, subnet: Item): boolean {
  if (branchesOf(subnet.properties.MapPublicIpOnLaunch).some(({ value }) => value === true || value === "true"))
    return true;
  const associations = subject.items("AWS::EC2::SubnetRouteTableAssociation");
  const tables = associations
    .filter(({ properties }) => resourceOf(subject, properties.SubnetId)?.id === subnet.id)
    .map(({ properties }) => resourceOf(subject, properties.RouteTableId)?.id);
  return subject.items("AWS::EC2::Route").some(({ properties }) => {
    const table = resourceOf(subject, properties.RouteTableId)?.id;
    const gateway = resourceOf(subject, properties.GatewayId, "AWS::EC2::InternetGateway");
    return table !== undefined && gateway !== undefined && tables.includes(table);
  });
}

/** A network ACL on a subnet that the template doesn't make. */
export function judgeAcl(subject: Subject, item: Item): Violation[] {
  if (resourceOf(subject, item.properties.SubnetId, "AWS::EC2::Subnet")) return [];
  const message = `${item.id} changes the network ACL of a subnet that isn't the service's own, for all that is in it.`;
  return [{ resource: item.id, at: [...item.path, "SubnetId"], message }];
}

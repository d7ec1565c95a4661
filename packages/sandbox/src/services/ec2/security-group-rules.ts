import type * as sdk from "@aws-sdk/client-ec2";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { find, type GroupRecord, invalid, newId, type RuleRecord } from "./records.ts";

const NUMBERS: Readonly<Record<string, string>> = { "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6" };

const everywhere = (context: Context): RuleRecord => ({
  id: newId(context, "sgr"),
  isEgress: true,
  protocol: "-1",
  from: undefined,
  to: undefined,
  peer: { kind: "cidr4", value: "0.0.0.0/0" },
  description: undefined,
});

/** A new group lets everything out. */
export const outwardRules = (context: Context): RuleRecord[] => [everywhere(context)];

/** A VPC's default group lets its own members in as well. */
export function defaultRules(context: Context, groupId: string): RuleRecord[] {
  const own = { ...everywhere(context), isEgress: false, peer: { kind: "group" as const, value: groupId } };
  return [own, everywhere(context)];
}

interface RulesInput {
  readonly IpPermissions?: sdk.IpPermission[] | undefined;
  readonly IpProtocol?: string | undefined;
  readonly FromPort?: number | undefined;
  readonly ToPort?: number | undefined;
  readonly CidrIp?: string | undefined;
}

/** The single rules that a request is about: one for each peer of each permission. */
export function rulesFrom(context: Context, isEgress: boolean, input: RulesInput): RuleRecord[] {
  const { IpProtocol, FromPort, ToPort, CidrIp } = input;
  const short =
    IpProtocol === undefined ? [] : [{ IpProtocol, FromPort, ToPort, IpRanges: CidrIp ? [{ CidrIp }] : [] }];
  return [...(input.IpPermissions ?? []), ...short].flatMap((permission) => expand(context, isEgress, permission));
}

function expand(context: Context, isEgress: boolean, permission: sdk.IpPermission): RuleRecord[] {
  const given = permission.IpProtocol ?? "-1";
  const protocol = NUMBERS[given] ?? given.toLowerCase();
  const isAll = protocol === "-1";
  const { FromPort: from, ToPort: to } = permission;
  if ((protocol === "tcp" || protocol === "udp") && (from === undefined || to === undefined || from > to)) {
    throw invalid(`Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.`);
  }
  const base = { isEgress, protocol, from: isAll ? undefined : from, to: isAll ? undefined : to };
  const rule = (kind: RuleRecord["peer"]["kind"], value: string, description: string | undefined): RuleRecord => ({
    id: newId(context, "sgr"),
    ...base,
    peer: { kind, value },
    description,
  });
  return [
    ...(permission.IpRanges ?? []).map(({ CidrIp = "", Description }) => rule("cidr4", checkCidr(CidrIp), Description)),
    ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6 = "", Description }) => rule("cidr6", CidrIpv6, Description)),
    ...(permission.PrefixListIds ?? []).map(({ PrefixListId = "", Description }) =>
      rule("prefixList", PrefixListId, Description),
    ),
    ...(permission.UserIdGroupPairs ?? []).map(({ GroupId, Description }) =>
      rule("group", find(context, "sg", GroupId).id, Description),
    ),
  ];
}

function checkCidr(cidr: string): string {
  if (/^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/.test(cidr)) return cidr;
  throw invalid(`CIDR block ${cidr} is malformed`);
}

const keyOf = ({ isEgress, protocol, from, to, peer }: RuleRecord) =>
  JSON.stringify([isEgress, protocol, from ?? null, to ?? null, peer.kind, peer.value]);

/** Raises `InvalidPermission.Duplicate` for a rule that the group has. */
export function withRules(group: GroupRecord, added: readonly RuleRecord[]): GroupRecord {
  const known = new Set(group.rules.map(keyOf));
  for (const rule of added) {
    if (!known.has(keyOf(rule))) continue;
    const ports =
      rule.protocol === "-1" ? "ALL" : `${rule.protocol.toUpperCase()}, from port: ${rule.from}, to port: ${rule.to}`;
    const message = `the specified rule "peer: ${rule.peer.value}, ${ports}, ALLOW" already exists`;
    throw new AwsError("InvalidPermission.Duplicate", message);
  }
  return { ...group, rules: [...group.rules, ...added] };
}

/** Raises `InvalidPermission.NotFound` for a rule that the group doesn't have. */
export function withoutRules(group: GroupRecord, removed: readonly RuleRecord[], ids: readonly string[]): GroupRecord {
  const keys = new Set(removed.map(keyOf));
  const left = group.rules.filter((rule) => !keys.has(keyOf(rule)) && !ids.includes(rule.id));
  if (group.rules.length - left.length < keys.size + ids.length) {
    throw new AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
  }
  return { ...group, rules: left };
}

/** Rules of one protocol and port range together, as DescribeSecurityGroups shows them. */
export function permissionsOf(context: Context, group: GroupRecord, isEgress: boolean): sdk.IpPermission[] {
  const own = group.rules.filter((rule) => rule.isEgress === isEgress);
  const sorted = Map.groupBy(own, ({ protocol, from, to }) => `${protocol}/${from}/${to}`);
  return [...sorted.values()].map((rules) => {
    const [first] = rules;
    const peers = (kind: RuleRecord["peer"]["kind"]) => rules.filter(({ peer }) => peer.kind === kind);
    const described = ({ description }: RuleRecord) => (description === undefined ? {} : { Description: description });
    return {
      IpProtocol: first?.protocol ?? "-1",
      ...(first?.from === undefined ? {} : { FromPort: first.from }),
      ...(first?.to === undefined ? {} : { ToPort: first.to }),
      IpRanges: peers("cidr4").map((rule) => ({ CidrIp: rule.peer.value, ...described(rule) })),
      Ipv6Ranges: peers("cidr6").map((rule) => ({ CidrIpv6: rule.peer.value, ...described(rule) })),
      PrefixListIds: peers("prefixList").map((rule) => ({ PrefixListId: rule.peer.value, ...described(rule) })),
      UserIdGroupPairs: peers("group").map((rule) => ({
        GroupId: rule.peer.value,
        UserId: context.account,
        ...described(rule),
      })),
    };
  });
}

export function showRule(context: Context, group: GroupRecord, rule: RuleRecord): sdk.SecurityGroupRule {
  const { kind, value } = rule.peer;
  return {
    SecurityGroupRuleId: rule.id,
    SecurityGroupRuleArn: `arn:aws:ec2:${context.region}:${context.account}:security-group-rule/${rule.id}`,
    GroupId: group.id,
    GroupOwnerId: context.account,
    IsEgress: rule.isEgress,
    IpProtocol: rule.protocol,
    FromPort: rule.from ?? -1,
    ToPort: rule.to ?? -1,
    Tags: [],
    ...(kind === "cidr4" ? { CidrIpv4: value } : {}),
    ...(kind === "cidr6" ? { CidrIpv6: value } : {}),
    ...(kind === "prefixList" ? { PrefixListId: value } : {}),
    ...(kind === "group" ? { ReferencedGroupInfo: { GroupId: value, UserId: context.account } } : {}),
    ...(rule.description === undefined ? {} : { Description: rule.description }),
  };
}

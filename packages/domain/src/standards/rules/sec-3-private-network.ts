import { branchesOf, isGivenIn, memberOf, membersOf } from "../branches.ts";
import { type Doubt, type Fix, type Found, type Rule, type Violation, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { resourceOf } from "../targets.ts";
import { isPublic, judgeAcl, judgeEgress, judgeIngress } from "./network.ts";
import { reachOf } from "./private-data.ts";

const isInVpc = ({ properties }: Item) =>
  branchesOf(properties.VpcConfig).some(({ value }) => membersOf(memberOf(value, "SubnetIds")).length > 0);

/** The network of another function, where the template has one only and SAM lets the function's role use it. */
function sameNetwork(subject: Subject, item: Item): Fix | undefined {
  const others = subject.items("AWS::Lambda::Function").filter(isInVpc);
  const [other] = others;
  const role = resourceOf(subject, item.properties.Role, "AWS::IAM::Role");
  const isMade = item.source.type !== item.type && role?.source.id === item.source.id;
  if (!other || others.length > 1 || !isMade || item.properties.VpcConfig !== undefined) return undefined;
  const edits = [{ path: [...item.source.path, "VpcConfig"], value: other.properties.VpcConfig ?? null }];
  return { summary: `Put it into the network of ${other.id}`, edits };
}

function judgeFunction(subject: Subject, item: Item): Found {
  const { id, properties, path } = item;
  const reach = reachOf(subject, item);
  if (!isInVpc(item)) {
    if (reach === "perhaps") return [{ look: `Whether ${id} reaches a database or cache: it is in no VPC.` }];
    const fix = sameNetwork(subject, item);
    const message = `${id} reaches private data, but isn't in a VPC.`;
    return [{ resource: id, at: path, message, ...(fix && { fix }) }];
  }
  const at = [...path, "VpcConfig"];
  const found: (Violation | Doubt)[] = [];
  const branches = branchesOf(properties.VpcConfig);
  if (reach === "private" && branches.some(({ value }) => value === undefined)) {
    found.push({ resource: id, at, message: `${id} reaches private data, but is in a VPC under a condition only.` });
  }
  if (reach === "none")
    found.push({ look: `What ${id} needs its VPC for: nothing shows that it reaches private data.` });
  const groups = branches.flatMap(({ value }) => membersOf(memberOf(value, "SecurityGroupIds")));
  const given = branches.filter(({ value }) => value !== undefined);
  if (!given.every(({ value }) => isGivenIn(value, "SecurityGroupIds")) || groups.length === 0) {
    found.push({ resource: id, at, message: `${id} is in a VPC, but in no security group.` });
  }
  for (const { value } of groups) {
    const group = resourceOf(subject, value, "AWS::EC2::SecurityGroup");
    if (!group) found.push({ look: `The rules of the security groups of ${id} that aren't in the template.` });
  }
  for (const { value } of branches.flatMap(({ value: config }) => membersOf(memberOf(config, "SubnetIds")))) {
    const subnet = resourceOf(subject, value, "AWS::EC2::Subnet");
    if (!subnet) found.push({ look: `Whether the subnets of ${id} that aren't in the template are private.` });
    else if (isPublic(subject, subnet)) {
      found.push({ resource: id, at, message: `${id} is in ${subnet.id}, which is a public subnet.` });
    }
  }
  return found;
}

/**
 * Its part in the template. What a function reaches is told by its variables and its role; subnets and groups that the
 * template doesn't make are seen in the account. Where a function must connect to is for a person to say.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 * https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
 */
export const privateNetwork: Rule = {
  id: "SEC-3",
  pillar: "security",
  title: "A function that reaches private data is in private subnets with an egress rule; another isn't in a VPC",
  reason:
    "Private data stays private when only what is in its network can reach it, and what is in it can reach little else. A function without private data gains nothing from a VPC but more that can fail.",
  effect: "block",
  check(subject) {
    const functions = subject
      .items("AWS::Lambda::Function")
      .filter((item) => isInVpc(item) || reachOf(subject, item) !== "none");
    const each = (type: string, judge: (subject: Subject, item: Item) => Found) =>
      subject.items(type).map((item) => () => judge(subject, item));
    const judges = [
      ...functions.map((item) => () => judgeFunction(subject, item)),
      ...(functions.length > 0 ? [() => judgeEgress(subject)] : []),
      ...each("AWS::EC2::SecurityGroup", judgeIngress),
      ...each("AWS::EC2::SecurityGroupIngress", judgeIngress),
      ...each("AWS::EC2::SubnetNetworkAclAssociation", judgeAcl),
    ];
    return verdictOf(judges, (judge) => judge());
  },
};

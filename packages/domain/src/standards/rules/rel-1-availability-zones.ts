import { canonical, intrinsicOf, type Json, type Path } from "@turnpike/cloudformation";
import { branchesOf, memberOf, membersOf } from "../branches.ts";
import { configuredValues } from "../configured-values.ts";
import { type Found, type Rule, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { resourceOf } from "../targets.ts";

const distinct = (values: readonly Json[]) => new Set(values.map(canonical)).size;

/** The subnets' zones, where the subnets are the template's own. */
function judgeZones(subject: Subject, item: Item, subnets: readonly Json[], at: Path): Found {
  const own = subnets.map((subnet) => resourceOf(subject, subnet, "AWS::EC2::Subnet"));
  const zones = own.map(
    (subnet) => subnet && (subnet.properties.AvailabilityZone ?? subnet.properties.AvailabilityZoneId),
  );
  if (own.includes(undefined)) return [];
  if (zones.includes(undefined)) {
    return [{ look: `In which zones the subnets of ${item.id} are: one of them leaves it to AWS.` }];
  }
  if (distinct(zones.filter((zone) => zone !== undefined)) > 1) return [];
  return [{ resource: item.id, at, message: `The subnets of ${item.id} are all in the same Availability Zone.` }];
}

function judgeList(subject: Subject, item: Item, list: readonly Json[], at: Path): Found {
  const all = list.flatMap((member) => membersOf(member)).map(({ value }) => value);
  const sure = list.filter((member) => !branchesOf(member).some(({ value }) => value === undefined));
  if (distinct(all) < 2) {
    return [{ resource: item.id, at, message: `${item.id} is in one subnet, and so in one Availability Zone.` }];
  }
  if (distinct(sure) < 2) return [{ look: `Whether ${item.id} has two subnets whatever the conditions are.` }];
  return judgeZones(subject, item, all, at);
}

/** A list that is given on deployment: what the environments' configurations say. */
function judgeGiven(subject: Subject, item: Item, value: Json | undefined): Found {
  const intrinsic = intrinsicOf(value);
  const parameter = intrinsic?.name === "Ref" ? String(intrinsic.argument) : undefined;
  const values = parameter === undefined ? undefined : configuredValues(subject, parameter);
  if (!values) return [{ look: `That ${item.id} gets subnets in two Availability Zones, in each environment.` }];
  return values.flatMap(({ file, line, value: given }) => {
    const subnets = given.split(",").map((part) => part.trim());
    if (distinct(subnets.filter((part) => part !== "")) > 1) return [];
    return [{ resource: item.id, at: { file, line }, message: `${file} gives ${item.id} fewer than two subnets.` }];
  });
}

function judge(subject: Subject, item: Item): Found {
  return branchesOf(item.properties.VpcConfig, [...item.path, "VpcConfig"]).flatMap(({ value: config, path }) =>
    branchesOf(memberOf(config, "SubnetIds"), [...path, "SubnetIds"]).flatMap(({ value: subnets, path: at }): Found => {
      if (config === undefined || subnets === undefined) return [];
      return Array.isArray(subnets) ? judgeList(subject, item, subnets, at) : judgeGiven(subject, item, subnets);
    }),
  );
}

const inVpc = ({ properties }: Item) =>
  branchesOf(properties.VpcConfig).some(({ value }) => membersOf(memberOf(value, "SubnetIds")).length > 0);

/**
 * Its part in the template and the configuration: two subnets, and their zones where the template makes them. The zones
 * of subnets that are named by their ids are seen in the account. Which other subnet there is, is for a person to say.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
export const availabilityZones: Rule = {
  id: "REL-1",
  pillar: "reliability",
  title: "A function in a VPC has subnets in two Availability Zones",
  reason:
    "A function whose subnets are in one zone stops when that zone does. With a second one Lambda runs it there, and it costs nothing.",
  effect: "block",
  check: (subject) => verdictOf(subject.items("AWS::Lambda::Function").filter(inVpc), (item) => judge(subject, item)),
};

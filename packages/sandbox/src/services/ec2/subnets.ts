import type * as sdk from "@aws-sdk/client-ec2";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { contains, overlap, readBlock } from "./cidr.ts";
import { type FilterValues, select } from "./describe.ts";
import {
  all,
  find,
  inUse,
  invalid,
  newId,
  put,
  refuse,
  type SubnetRecord,
  showTags,
  storeOf,
  tagsOf,
} from "./records.ts";

/** Addresses of a subnet that AWS keeps for itself. */
const RESERVED = 5;
const ZONES = ["a", "b", "c"];

export const zonesOf = ({ region }: Pick<Context, "region">) => ZONES.map((letter) => `${region}${letter}`);

/** `euw1-az1` */
function zoneId(zone: string): string {
  const [, area = "", direction = "", number = "", letter = "a"] = /^([a-z]+)-([a-z]+)-(\d)([a-z])$/.exec(zone) ?? [];
  const short = direction.replace(/(north|south|east|west|central)/g, (word) => word.charAt(0));
  return `${area}${short}${number}-az${letter.charCodeAt(0) - 96}`;
}

const FILTERS: FilterValues<SubnetRecord> = {
  "subnet-id": ({ id }) => [id],
  "vpc-id": ({ vpcId }) => [vpcId],
  "availability-zone": ({ zone }) => [zone],
  availabilityZone: ({ zone }) => [zone],
  "availability-zone-id": ({ zone }) => [zoneId(zone)],
  "cidr-block": ({ cidr }) => [cidr],
  cidr: ({ cidr }) => [cidr],
  "default-for-az": ({ isDefault }) => [String(isDefault)],
  defaultForAz: ({ isDefault }) => [String(isDefault)],
  "map-public-ip-on-launch": ({ publicIps }) => [String(publicIps)],
  state: () => ["available"],
};

function createSubnet(context: Context, input: sdk.CreateSubnetRequest): sdk.CreateSubnetResult {
  refuse("CreateSubnet", input, ["Ipv6CidrBlock", "Ipv6Native", "OutpostArn", "Ipv4IpamPoolId", "Ipv6IpamPoolId"]);
  const vpc = find(context, "vpc", input.VpcId);
  const cidr = input.CidrBlock ?? "";
  const block = readBlock(cidr);
  if (!block || block.bits < 16 || block.bits > 28)
    throw invalid(`Value (${cidr}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`);
  if (!contains(vpc.cidr, cidr)) throw new AwsError("InvalidSubnet.Range", `The CIDR '${cidr}' is invalid.`);
  if (all(context, "subnet").some((other) => other.vpcId === vpc.id && overlap(other.cidr, cidr))) {
    throw new AwsError("InvalidSubnet.Conflict", `The CIDR '${cidr}' conflicts with another subnet`);
  }
  const subnet = put(context, "subnet", {
    id: newId(context, "subnet"),
    vpcId: vpc.id,
    cidr,
    zone: zoneOf(context, input),
    isDefault: false,
    publicIps: false,
    tags: tagsOf(input.TagSpecifications),
  });
  return { Subnet: show(context, subnet) };
}

function zoneOf(context: Context, { AvailabilityZone: name, AvailabilityZoneId: id }: sdk.CreateSubnetRequest): string {
  const zones = zonesOf(context);
  const zone = zones.find((one) => (name === undefined ? id === undefined || zoneId(one) === id : one === name));
  if (zone) return zone;
  throw invalid(
    `Value (${name ?? id}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${zones.join(", ")}.`,
  );
}

function show(context: Context, subnet: SubnetRecord): sdk.Subnet {
  return {
    SubnetId: subnet.id,
    SubnetArn: `arn:aws:ec2:${context.region}:${context.account}:subnet/${subnet.id}`,
    VpcId: subnet.vpcId,
    OwnerId: context.account,
    CidrBlock: subnet.cidr,
    AvailabilityZone: subnet.zone,
    AvailabilityZoneId: zoneId(subnet.zone),
    AvailableIpAddressCount: (readBlock(subnet.cidr)?.size ?? 0) - RESERVED,
    AssignIpv6AddressOnCreation: false,
    DefaultForAz: subnet.isDefault,
    EnableDns64: false,
    Ipv6CidrBlockAssociationSet: [],
    Ipv6Native: false,
    MapCustomerOwnedIpOnLaunch: false,
    MapPublicIpOnLaunch: subnet.publicIps,
    PrivateDnsNameOptionsOnLaunch: {
      HostnameType: "ip-name",
      EnableResourceNameDnsARecord: false,
      EnableResourceNameDnsAAAARecord: false,
    },
    State: "available",
    Tags: showTags(subnet.tags),
  };
}

function deleteSubnet(context: Context, input: sdk.DeleteSubnetRequest): object {
  const { id } = find(context, "subnet", input.SubnetId);
  if (all(context, "vpce").some(({ subnetIds }) => subnetIds.includes(id))) throw inUse(`The subnet '${id}'`);
  context.store.transaction(() => {
    for (const table of all(context, "rtb")) {
      const associations = table.associations.filter(({ subnetId }) => subnetId !== id);
      if (associations.length < table.associations.length) put(context, "rtb", { ...table, associations });
    }
    storeOf(context, "subnet").delete(id);
  });
  return {};
}

function modifySubnetAttribute(context: Context, input: sdk.ModifySubnetAttributeRequest): object {
  const { SubnetId, MapPublicIpOnLaunch, ...others } = input;
  refuse("ModifySubnetAttribute", others, Object.keys(others));
  const subnet = find(context, "subnet", SubnetId);
  put(context, "subnet", { ...subnet, publicIps: MapPublicIpOnLaunch?.Value ?? subnet.publicIps });
  return {};
}

export const subnetOperations: Operations<typeof sdk> = {
  CreateSubnet: createSubnet,
  DeleteSubnet: deleteSubnet,
  DescribeSubnets: (context, input) => {
    const { items, ...more } = select(context, "subnet", input.SubnetIds, input, FILTERS);
    return { Subnets: items.map((subnet) => show(context, subnet)), ...more };
  },
  ModifySubnetAttribute: modifySubnetAttribute,
  DescribeAvailabilityZones: (context) => ({
    AvailabilityZones: zonesOf(context).map((zone) => ({
      ZoneName: zone,
      ZoneId: zoneId(zone),
      RegionName: context.region,
      State: "available",
      OptInStatus: "opt-in-not-required",
      ZoneType: "availability-zone",
      GroupName: context.region,
      NetworkBorderGroup: context.region,
      Messages: [],
    })),
  }),
};

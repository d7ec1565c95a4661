import type * as sdk from "@aws-sdk/client-ec2";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { readBlock } from "./cidr.ts";
import { type FilterValues, select } from "./describe.ts";
import { all, find, inUse, newId, put, refuse, showTags, storeOf, tagsOf, type VpcRecord } from "./records.ts";
import { defaultRules } from "./security-group-rules.ts";

const FILTERS: FilterValues<VpcRecord> = {
  "vpc-id": ({ id }) => [id],
  cidr: ({ cidr }) => [cidr],
  "cidr-block-association.cidr-block": ({ cidr }) => [cidr],
  "is-default": ({ isDefault }) => [String(isDefault)],
  isDefault: ({ isDefault }) => [String(isDefault)],
  state: () => ["available"],
};

/** A VPC with what AWS makes beside it: its main route table and its default security group. */
export function makeVpc(context: Context, vpc: Omit<VpcRecord, "id">): VpcRecord {
  const record = put(context, "vpc", { id: newId(context, "vpc"), ...vpc });
  put(context, "rtb", {
    id: newId(context, "rtb"),
    vpcId: record.id,
    tags: {},
    routes: [{ destination: record.cidr, target: { kind: "GatewayId", id: "local" }, origin: "CreateRouteTable" }],
    associations: [{ id: newId(context, "rtbassoc"), subnetId: undefined }],
  });
  const groupId = newId(context, "sg");
  put(context, "sg", {
    id: groupId,
    vpcId: record.id,
    name: "default",
    description: "default VPC security group",
    tags: {},
    rules: defaultRules(context, groupId),
  });
  return record;
}

function createVpc(context: Context, input: sdk.CreateVpcRequest): sdk.CreateVpcResult {
  refuse("CreateVpc", input, ["Ipv4IpamPoolId", "Ipv6IpamPoolId", "Ipv6CidrBlock", "Ipv6Pool"]);
  if (input.AmazonProvidedIpv6CidrBlock) refuse("CreateVpc", { Ipv6: true }, ["Ipv6"]);
  const cidr = input.CidrBlock ?? "";
  const block = readBlock(cidr);
  if (!block || block.bits < 16 || block.bits > 28) {
    throw new AwsError("InvalidVpc.Range", `The CIDR '${cidr}' is invalid.`);
  }
  const vpc = context.store.transaction(() =>
    makeVpc(context, {
      cidr,
      tenancy: input.InstanceTenancy ?? "default",
      isDefault: false,
      dnsSupport: true,
      dnsHostnames: false,
      tags: tagsOf(input.TagSpecifications),
    }),
  );
  return { Vpc: { ...show(context, vpc), State: "pending" } };
}

function show(context: Context, vpc: VpcRecord): sdk.Vpc {
  return {
    VpcId: vpc.id,
    OwnerId: context.account,
    CidrBlock: vpc.cidr,
    CidrBlockAssociationSet: [
      {
        AssociationId: `vpc-cidr-assoc-${vpc.id.slice(4)}`,
        CidrBlock: vpc.cidr,
        CidrBlockState: { State: "associated" },
      },
    ],
    DhcpOptionsId: "dopt-00000000",
    InstanceTenancy: vpc.tenancy as sdk.Tenancy,
    Ipv6CidrBlockAssociationSet: [],
    IsDefault: vpc.isDefault,
    State: "available",
    Tags: showTags(vpc.tags),
  };
}

function deleteVpc(context: Context, input: sdk.DeleteVpcRequest): object {
  const { id } = find(context, "vpc", input.VpcId);
  const own = (record: { vpcId: string | undefined }) => record.vpcId === id;
  const [tables, groups] = [all(context, "rtb").filter(own), all(context, "sg").filter(own)];
  const isEmpty =
    !all(context, "subnet").some(own) &&
    !all(context, "igw").some(own) &&
    !all(context, "vpce").some(own) &&
    groups.every(({ name }) => name === "default") &&
    tables.every(({ associations }) => associations.some(({ subnetId }) => subnetId === undefined));
  if (!isEmpty) throw inUse(`The vpc '${id}'`);
  context.store.transaction(() => {
    for (const table of tables) storeOf(context, "rtb").delete(table.id);
    for (const group of groups) storeOf(context, "sg").delete(group.id);
    storeOf(context, "vpc").delete(id);
  });
  return {};
}

function modifyVpcAttribute(context: Context, input: sdk.ModifyVpcAttributeRequest): object {
  refuse("ModifyVpcAttribute", input, ["EnableNetworkAddressUsageMetrics"]);
  const vpc = find(context, "vpc", input.VpcId);
  put(context, "vpc", {
    ...vpc,
    dnsSupport: input.EnableDnsSupport?.Value ?? vpc.dnsSupport,
    dnsHostnames: input.EnableDnsHostnames?.Value ?? vpc.dnsHostnames,
  });
  return {};
}

function describeVpcAttribute(
  context: Context,
  input: sdk.DescribeVpcAttributeRequest,
): sdk.DescribeVpcAttributeResult {
  const vpc = find(context, "vpc", input.VpcId);
  const values = {
    enableDnsSupport: { EnableDnsSupport: { Value: vpc.dnsSupport } },
    enableDnsHostnames: { EnableDnsHostnames: { Value: vpc.dnsHostnames } },
    enableNetworkAddressUsageMetrics: { EnableNetworkAddressUsageMetrics: { Value: false } },
  };
  return { VpcId: vpc.id, ...(input.Attribute === undefined ? {} : values[input.Attribute]) };
}

export const vpcOperations: Operations<typeof sdk> = {
  CreateVpc: createVpc,
  DeleteVpc: deleteVpc,
  DescribeVpcs: (context, input) => {
    const { items, ...more } = select(context, "vpc", input.VpcIds, input, FILTERS);
    return { Vpcs: items.map((vpc) => show(context, vpc)), ...more };
  },
  ModifyVpcAttribute: modifyVpcAttribute,
  DescribeVpcAttribute: describeVpcAttribute,
};

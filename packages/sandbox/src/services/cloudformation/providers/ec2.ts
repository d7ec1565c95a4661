import * as sdk from "@aws-sdk/client-ec2";
import type { Json } from "@turnpike/cloudformation";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { findOurs, putTags, tagged } from "./ec2-tags.ts";
import { document, flag, list, present, text, texts } from "./values.ts";

const vpc = defineProvider({
  type: "AWS::EC2::VPC",
  properties: ["CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy", "Tags"],
  required: ["CidrBlock"],
  takesTags: true,
  async create(call) {
    const { CidrBlock, InstanceTenancy } = call.properties;
    let id = await findOurs(call, "vpc");
    if (id === undefined) {
      const input = present({ CidrBlock: text(CidrBlock), InstanceTenancy: text(InstanceTenancy) as sdk.Tenancy });
      const { Vpc } = await call.send(new sdk.CreateVpcCommand({ ...input, ...tagged(call, "vpc") }));
      id = Vpc?.VpcId ?? "";
    }
    call.initiated(id);
    await putDns(call, id);
    return madeVpc(call, id);
  },
  async update(call, { physicalId, tags }) {
    await putDns(call, physicalId);
    await putTags(call, physicalId, tags);
    return madeVpc(call, physicalId);
  },
  async remove(call, { physicalId }) {
    await call.send(new sdk.DeleteVpcCommand({ VpcId: physicalId }));
  },
});

async function putDns({ send, properties }: ProviderCall, VpcId: string): Promise<void> {
  const EnableDnsSupport = { Value: flag(properties.EnableDnsSupport) ?? true };
  const EnableDnsHostnames = { Value: flag(properties.EnableDnsHostnames) ?? false };
  await send(new sdk.ModifyVpcAttributeCommand({ VpcId, EnableDnsSupport }));
  await send(new sdk.ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames }));
}

async function madeVpc({ send }: ProviderCall, VpcId: string): Promise<Made> {
  const Filters = [{ Name: "vpc-id", Values: [VpcId] }];
  const { Vpcs: [found] = [] } = await send(new sdk.DescribeVpcsCommand({ VpcIds: [VpcId] }));
  const { SecurityGroups = [] } = await send(new sdk.DescribeSecurityGroupsCommand({ Filters }));
  const CidrBlockAssociations = (found?.CidrBlockAssociationSet ?? []).map(({ AssociationId = "" }) => AssociationId);
  const DefaultSecurityGroup = SecurityGroups.find(({ GroupName }) => GroupName === "default")?.GroupId ?? "";
  const attributes = {
    VpcId,
    CidrBlock: found?.CidrBlock ?? "",
    CidrBlockAssociations,
    DefaultSecurityGroup,
    Ipv6CidrBlocks: [],
  };
  return { physicalId: VpcId, attributes };
}

const subnet = defineProvider({
  type: "AWS::EC2::Subnet",
  properties: ["AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "MapPublicIpOnLaunch", "Tags", "VpcId"],
  required: ["VpcId"],
  takesTags: true,
  async create(call) {
    const { properties } = call;
    let id = await findOurs(call, "subnet");
    if (id === undefined) {
      const input = {
        VpcId: text(properties.VpcId) ?? "",
        ...present({
          CidrBlock: text(properties.CidrBlock),
          AvailabilityZone: text(properties.AvailabilityZone),
          AvailabilityZoneId: text(properties.AvailabilityZoneId),
        }),
      };
      const { Subnet } = await call.send(new sdk.CreateSubnetCommand({ ...input, ...tagged(call, "subnet") }));
      id = Subnet?.SubnetId ?? "";
    }
    call.initiated(id);
    return putSubnet(call, id);
  },
  async update(call, { physicalId, tags }) {
    await putTags(call, physicalId, tags);
    return putSubnet(call, physicalId);
  },
  async remove(call, { physicalId }) {
    await call.send(new sdk.DeleteSubnetCommand({ SubnetId: physicalId }));
  },
});

async function putSubnet({ send, properties }: ProviderCall, SubnetId: string): Promise<Made> {
  const MapPublicIpOnLaunch = { Value: flag(properties.MapPublicIpOnLaunch) ?? false };
  await send(new sdk.ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch }));
  const { Subnets: [found] = [] } = await send(new sdk.DescribeSubnetsCommand({ SubnetIds: [SubnetId] }));
  const { VpcId = "", CidrBlock = "", AvailabilityZone = "", AvailabilityZoneId = "" } = found ?? {};
  const attributes = { SubnetId, VpcId, CidrBlock, AvailabilityZone, AvailabilityZoneId, Ipv6CidrBlocks: [] };
  return { physicalId: SubnetId, attributes };
}

const endpoint = defineProvider({
  type: "AWS::EC2::VPCEndpoint",
  properties: [
    "PolicyDocument",
    "PrivateDnsEnabled",
    "RouteTableIds",
    "SecurityGroupIds",
    "ServiceName",
    "SubnetIds",
    "Tags",
    "VpcEndpointType",
    "VpcId",
  ],
  required: ["ServiceName", "VpcId"],
  takesTags: true,
  async create(call) {
    const { properties } = call;
    let id = await findOurs(call, "vpc-endpoint");
    if (id === undefined) {
      const input = present({
        ServiceName: text(properties.ServiceName),
        VpcId: text(properties.VpcId),
        VpcEndpointType: text(properties.VpcEndpointType),
        PolicyDocument: properties.PolicyDocument === undefined ? undefined : document(properties.PolicyDocument),
        PrivateDnsEnabled: flag(properties.PrivateDnsEnabled) ?? false,
        RouteTableIds: ids(properties.RouteTableIds),
        SubnetIds: ids(properties.SubnetIds),
        SecurityGroupIds: ids(properties.SecurityGroupIds),
        ...tagged(call, "vpc-endpoint"),
      });
      id = (await call.send(new sdk.CreateVpcEndpointCommand(input as never))).VpcEndpoint?.VpcEndpointId ?? "";
    }
    return madeEndpoint(call, id);
  },
  async update(call, { physicalId: VpcEndpointId, properties: before, tags }) {
    const { properties } = call;
    const change = (name: string) => {
      const [old, next] = [texts(before[name]), texts(properties[name])];
      const added = next.filter((id) => !old.includes(id));
      const removed = old.filter((id) => !next.includes(id));
      return { [`Add${name}`]: added, [`Remove${name}`]: removed };
    };
    const policy = properties.PolicyDocument;
    await call.send(
      new sdk.ModifyVpcEndpointCommand({
        VpcEndpointId,
        ...change("RouteTableIds"),
        ...change("SubnetIds"),
        ...change("SecurityGroupIds"),
        PrivateDnsEnabled: flag(properties.PrivateDnsEnabled) ?? false,
        ...(policy === undefined ? { ResetPolicy: true } : { PolicyDocument: document(policy) }),
      }),
    );
    await putTags(call, VpcEndpointId, tags);
    return madeEndpoint(call, VpcEndpointId);
  },
  async remove(call, { physicalId }) {
    await call.send(new sdk.DeleteVpcEndpointsCommand({ VpcEndpointIds: [physicalId] }));
  },
});

const ids = (value: Json | undefined) => (list(value).length > 0 ? texts(value) : undefined);

async function madeEndpoint({ send }: ProviderCall, id: string): Promise<Made> {
  const { VpcEndpoints: [found] = [] } = await send(new sdk.DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }));
  const DnsEntries = (found?.DnsEntries ?? []).map(({ HostedZoneId, DnsName }) => `${HostedZoneId}:${DnsName}`);
  const attributes = {
    Id: id,
    CreationTimestamp: found?.CreationTimestamp?.toISOString() ?? "",
    DnsEntries,
    NetworkInterfaceIds: found?.NetworkInterfaceIds ?? [],
  };
  return { physicalId: id, attributes };
}

export const networkProviders = [vpc, subnet, endpoint];

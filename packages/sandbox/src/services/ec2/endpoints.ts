import type * as sdk from "@aws-sdk/client-ec2";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { type FilterValues, select } from "./describe.ts";
import {
  all,
  type EndpointRecord,
  find,
  newId,
  put,
  refuse,
  showTags,
  storeOf,
  tagsOf,
  unsupported,
} from "./records.ts";

const FILTERS: FilterValues<EndpointRecord> = {
  "vpc-endpoint-id": ({ id }) => [id],
  "vpc-id": ({ vpcId }) => [vpcId],
  "service-name": ({ service }) => [service],
  "vpc-endpoint-type": ({ type }) => [type],
  "vpc-endpoint-state": () => ["available"],
};

const OPEN_POLICY = JSON.stringify({
  Version: "2008-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }],
});

function createEndpoint(context: Context, input: sdk.CreateVpcEndpointRequest): sdk.CreateVpcEndpointResult {
  refuse("CreateVpcEndpoint", input, [
    "IpAddressType",
    "DnsOptions",
    "SubnetConfigurations",
    "ServiceNetworkArn",
    "ResourceConfigurationArn",
    "ServiceRegion",
  ]);
  const vpc = find(context, "vpc", input.VpcId);
  const type = input.VpcEndpointType ?? "Gateway";
  if (type !== "Gateway" && type !== "Interface") throw unsupported(`a VPC endpoint of the type ${type}`);
  const service = input.ServiceName ?? "";
  if (!/^(com\.amazonaws|aws\.)/.test(service) || (type === "Gateway" && !/\.(s3|dynamodb)$/.test(service))) {
    throw new AwsError("InvalidServiceName", `The Vpc Endpoint Service '${service}' does not exist`);
  }
  for (const id of input.SubnetIds ?? []) find(context, "subnet", id);
  for (const id of input.RouteTableIds ?? []) find(context, "rtb", id);
  for (const id of input.SecurityGroupIds ?? []) find(context, "sg", id);
  const byDefault = all(context, "sg").filter(({ vpcId, name }) => vpcId === vpc.id && name === "default");
  const groupIds = input.SecurityGroupIds ?? (type === "Interface" ? byDefault.map(({ id }) => id) : []);
  const endpoint = put(context, "vpce", {
    id: newId(context, "vpce"),
    vpcId: vpc.id,
    service,
    type,
    policy: input.PolicyDocument ?? OPEN_POLICY,
    privateDns: input.PrivateDnsEnabled ?? type === "Interface",
    routeTableIds: input.RouteTableIds ?? [],
    subnetIds: input.SubnetIds ?? [],
    groupIds,
    createdAt: context.clock.now().toISOString(),
    tags: tagsOf(input.TagSpecifications),
  });
  const shown = show(context, endpoint);
  return { VpcEndpoint: { ...shown, State: (type === "Interface" ? "pending" : "available") as "Available" } };
}

function show(context: Context, endpoint: EndpointRecord): sdk.VpcEndpoint {
  const name = endpoint.service.split(".").at(-1) ?? "";
  const dns = `${endpoint.id}.${name}.${context.region}.vpce.amazonaws.com`;
  return {
    VpcEndpointId: endpoint.id,
    VpcEndpointType: endpoint.type,
    VpcId: endpoint.vpcId,
    ServiceName: endpoint.service,
    // EC2 writes its states in lower case, whatever the SDK's type says.
    State: "available" as "Available",
    PolicyDocument: endpoint.policy,
    RouteTableIds: [...endpoint.routeTableIds],
    SubnetIds: [...endpoint.subnetIds],
    Groups: endpoint.groupIds.map((id) => ({
      GroupId: id,
      GroupName: storeOf(context, "sg").get(id)?.name ?? "",
    })),
    PrivateDnsEnabled: endpoint.privateDns,
    RequesterManaged: false,
    NetworkInterfaceIds: endpoint.subnetIds.map((id) => `eni-${endpoint.id.slice(5, 13)}${id.slice(-9)}`),
    DnsEntries: endpoint.type === "Interface" ? [{ DnsName: dns, HostedZoneId: "Z38GZ743OKFT7T" }] : [],
    CreationTimestamp: new Date(endpoint.createdAt),
    OwnerId: context.account,
    Tags: showTags(endpoint.tags),
  };
}

function modifyEndpoint(context: Context, input: sdk.ModifyVpcEndpointRequest): sdk.ModifyVpcEndpointResult {
  refuse("ModifyVpcEndpoint", input, ["IpAddressType", "DnsOptions", "SubnetConfigurations"]);
  const endpoint = find(context, "vpce", input.VpcEndpointId);
  const changed = (before: readonly string[], add: string[] = [], remove: string[] = []) => [
    ...new Set([...before, ...add].filter((id) => !remove.includes(id))),
  ];
  put(context, "vpce", {
    ...endpoint,
    policy: input.ResetPolicy ? OPEN_POLICY : (input.PolicyDocument ?? endpoint.policy),
    privateDns: input.PrivateDnsEnabled ?? endpoint.privateDns,
    routeTableIds: changed(endpoint.routeTableIds, input.AddRouteTableIds, input.RemoveRouteTableIds),
    subnetIds: changed(endpoint.subnetIds, input.AddSubnetIds, input.RemoveSubnetIds),
    groupIds: changed(endpoint.groupIds, input.AddSecurityGroupIds, input.RemoveSecurityGroupIds),
  });
  return { Return: true };
}

function deleteEndpoints(context: Context, input: sdk.DeleteVpcEndpointsRequest): sdk.DeleteVpcEndpointsResult {
  const unknown = (input.VpcEndpointIds ?? []).filter((id) => !storeOf(context, "vpce").delete(id));
  return {
    Unsuccessful: unknown.map((ResourceId) => ({
      ResourceId,
      Error: { Code: "InvalidVpcEndpoint.NotFound", Message: `The Vpc Endpoint Id '${ResourceId}' does not exist` },
    })),
  };
}

export const endpointOperations: Operations<typeof sdk> = {
  CreateVpcEndpoint: createEndpoint,
  ModifyVpcEndpoint: modifyEndpoint,
  DeleteVpcEndpoints: deleteEndpoints,
  DescribeVpcEndpoints: (context, input) => {
    const { items, ...more } = select(context, "vpce", input.VpcEndpointIds, input, FILTERS);
    return { VpcEndpoints: items.map((endpoint) => show(context, endpoint)), ...more };
  },
};

import * as sdk from "@aws-sdk/client-ec2";
import type { JsonObject } from "@turnpike/cloudformation";
import { AwsError } from "../../../core/errors.ts";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { findOurs, putTags, tagged } from "./ec2-tags.ts";
import { present, text } from "./values.ts";

const routeTable = defineProvider({
  type: "AWS::EC2::RouteTable",
  properties: ["Tags", "VpcId"],
  required: ["VpcId"],
  takesTags: true,
  async create(call) {
    let id = await findOurs(call, "route-table");
    if (id === undefined) {
      const input = { VpcId: text(call.properties.VpcId) ?? "", ...tagged(call, "route-table") };
      id = (await call.send(new sdk.CreateRouteTableCommand(input))).RouteTable?.RouteTableId ?? "";
    }
    return { physicalId: id, attributes: { RouteTableId: id } };
  },
  async update(call, { physicalId, tags }) {
    await putTags(call, physicalId, tags);
    return { physicalId, attributes: { RouteTableId: physicalId } };
  },
  async remove(call, { physicalId }) {
    await call.send(new sdk.DeleteRouteTableCommand({ RouteTableId: physicalId }));
  },
});

const ROUTE_FIELDS = [
  "DestinationCidrBlock",
  "DestinationIpv6CidrBlock",
  "DestinationPrefixListId",
  "EgressOnlyInternetGatewayId",
  "GatewayId",
  "InstanceId",
  "NatGatewayId",
  "NetworkInterfaceId",
  "RouteTableId",
  "TransitGatewayId",
  "VpcEndpointId",
  "VpcPeeringConnectionId",
];

const routeInput = (properties: JsonObject) =>
  present(Object.fromEntries(ROUTE_FIELDS.map((name) => [name, text(properties[name])]))) as unknown as {
    RouteTableId: string;
  } & Record<string, string>;

function madeRoute(properties: JsonObject): Made {
  const input = routeInput(properties);
  const CidrBlock = input.DestinationCidrBlock ?? input.DestinationIpv6CidrBlock ?? input.DestinationPrefixListId ?? "";
  return { physicalId: `${input.RouteTableId}|${CidrBlock}`, attributes: { CidrBlock } };
}

const route = defineProvider({
  type: "AWS::EC2::Route",
  properties: ROUTE_FIELDS,
  required: ["RouteTableId"],
  takesTags: false,
  async create(call) {
    // The same route twice is one, as EC2 itself has it.
    await call.send(new sdk.CreateRouteCommand(routeInput(call.properties)));
    return madeRoute(call.properties);
  },
  async update(call) {
    await call.send(new sdk.ReplaceRouteCommand(routeInput(call.properties)));
    return madeRoute(call.properties);
  },
  async remove(call, { properties }) {
    const { RouteTableId, DestinationCidrBlock, DestinationIpv6CidrBlock, DestinationPrefixListId } =
      routeInput(properties);
    const input = { RouteTableId, DestinationCidrBlock, DestinationIpv6CidrBlock, DestinationPrefixListId };
    await call.send(new sdk.DeleteRouteCommand(present(input) as { RouteTableId: string }));
  },
});

const association = defineProvider({
  type: "AWS::EC2::SubnetRouteTableAssociation",
  properties: ["RouteTableId", "SubnetId"],
  required: ["RouteTableId", "SubnetId"],
  takesTags: false,
  async create(call) {
    const RouteTableId = text(call.properties.RouteTableId) ?? "";
    const SubnetId = text(call.properties.SubnetId) ?? "";
    const known = call.isRepeated ? await associationOf(call, SubnetId) : undefined;
    const made =
      known ?? (await call.send(new sdk.AssociateRouteTableCommand({ RouteTableId, SubnetId }))).AssociationId;
    return { physicalId: made ?? "", attributes: { Id: made ?? "" } };
  },
  async remove(call, { physicalId }) {
    await call.send(new sdk.DisassociateRouteTableCommand({ AssociationId: physicalId }));
  },
});

async function associationOf({ send }: ProviderCall, subnetId: string): Promise<string | undefined> {
  const Filters = [{ Name: "association.subnet-id", Values: [subnetId] }];
  const { RouteTables: [table] = [] } = await send(new sdk.DescribeRouteTablesCommand({ Filters }));
  return table?.Associations?.find(({ SubnetId }) => SubnetId === subnetId)?.RouteTableAssociationId;
}

const internetGateway = defineProvider({
  type: "AWS::EC2::InternetGateway",
  properties: ["Tags"],
  required: [],
  takesTags: true,
  async create(call) {
    const made = async () =>
      (await call.send(new sdk.CreateInternetGatewayCommand(tagged(call, "internet-gateway")))).InternetGateway;
    const id = (await findOurs(call, "internet-gateway")) ?? (await made())?.InternetGatewayId ?? "";
    return { physicalId: id, attributes: { InternetGatewayId: id } };
  },
  async update(call, { physicalId, tags }) {
    await putTags(call, physicalId, tags);
    return { physicalId, attributes: { InternetGatewayId: physicalId } };
  },
  async remove(call, { physicalId }) {
    await call.send(new sdk.DeleteInternetGatewayCommand({ InternetGatewayId: physicalId }));
  },
});

const attachment = defineProvider({
  type: "AWS::EC2::VPCGatewayAttachment",
  properties: ["InternetGatewayId", "VpcId"],
  required: ["InternetGatewayId", "VpcId"],
  takesTags: false,
  async create(call) {
    const [InternetGatewayId = "", VpcId = ""] = [text(call.properties.InternetGatewayId), text(call.properties.VpcId)];
    try {
      await call.send(new sdk.AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
    } catch (error) {
      if (!call.isRepeated || !(error instanceof AwsError) || error.code !== "Resource.AlreadyAssociated") throw error;
    }
    return { physicalId: `IGW|${VpcId}`, attributes: { AttachmentType: "IGW" } };
  },
  async remove(call, { properties }) {
    const [InternetGatewayId = "", VpcId = ""] = [text(properties.InternetGatewayId), text(properties.VpcId)];
    await call.send(new sdk.DetachInternetGatewayCommand({ InternetGatewayId, VpcId }));
  },
});

export const routingProviders = [routeTable, route, association, internetGateway, attachment];

import type * as sdk from "@aws-sdk/client-ec2";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { type FilterValues, select } from "./describe.ts";
import {
  all,
  find,
  inUse,
  invalid,
  newId,
  put,
  type Route,
  type RouteTableRecord,
  showTags,
  storeOf,
  tagsOf,
} from "./records.ts";

const FILTERS: FilterValues<RouteTableRecord> = {
  "route-table-id": ({ id }) => [id],
  "vpc-id": ({ vpcId }) => [vpcId],
  "association.main": ({ associations }) => associations.map(({ subnetId }) => String(subnetId === undefined)),
  "association.route-table-association-id": ({ associations }) => associations.map(({ id }) => id),
  "association.subnet-id": ({ associations }) => associations.map(({ subnetId }) => subnetId),
  "route.destination-cidr-block": ({ routes }) => routes.map(({ destination }) => destination),
  "route.gateway-id": ({ routes }) => routes.map(({ target }) => (target.kind === "GatewayId" ? target.id : undefined)),
};

/** What a route may lead to. */
const TARGETS = [
  "GatewayId",
  "NatGatewayId",
  "TransitGatewayId",
  "VpcPeeringConnectionId",
  "NetworkInterfaceId",
  "EgressOnlyInternetGatewayId",
  "InstanceId",
  "LocalGatewayId",
  "CarrierGatewayId",
  "VpcEndpointId",
] as const;

function show(context: Context, table: RouteTableRecord): sdk.RouteTable {
  return {
    RouteTableId: table.id,
    VpcId: table.vpcId,
    OwnerId: context.account,
    PropagatingVgws: [],
    Associations: table.associations.map(({ id, subnetId }) => ({
      RouteTableAssociationId: id,
      RouteTableId: table.id,
      Main: subnetId === undefined,
      AssociationState: { State: "associated" },
      ...(subnetId === undefined ? {} : { SubnetId: subnetId }),
    })),
    Routes: [...table.routes, ...endpointRoutes(context, table)].map(({ destination, target, origin }) => ({
      [destinationMember(destination)]: destination,
      [target.kind]: target.id,
      Origin: origin,
      State: "active",
    })),
    Tags: showTags(table.tags),
  };
}

function destinationMember(destination: string): string {
  if (destination.startsWith("pl-")) return "DestinationPrefixListId";
  return destination.includes(":") ? "DestinationIpv6CidrBlock" : "DestinationCidrBlock";
}

/** Gateway endpoints put a route of their own into the tables that they are for. */
function endpointRoutes(context: Context, table: RouteTableRecord): Route[] {
  return all(context, "vpce")
    .filter(({ routeTableIds }) => routeTableIds.includes(table.id))
    .map(({ id, service }) => ({
      destination: service.endsWith(".s3") ? "pl-6da54004" : "pl-6fa54006",
      target: { kind: "GatewayId", id },
      origin: "CreateRoute",
    }));
}

function createRouteTable(context: Context, input: sdk.CreateRouteTableRequest): sdk.CreateRouteTableResult {
  const vpc = find(context, "vpc", input.VpcId);
  const table = put(context, "rtb", {
    id: newId(context, "rtb"),
    vpcId: vpc.id,
    routes: [{ destination: vpc.cidr, target: { kind: "GatewayId", id: "local" }, origin: "CreateRouteTable" }],
    associations: [],
    tags: tagsOf(input.TagSpecifications),
  });
  return { RouteTable: show(context, table) };
}

function deleteRouteTable(context: Context, input: sdk.DeleteRouteTableRequest): object {
  const { id, associations } = find(context, "rtb", input.RouteTableId);
  if (associations.length > 0) throw inUse(`The routeTable '${id}'`);
  storeOf(context, "rtb").delete(id);
  return {};
}

type RouteInput = sdk.CreateRouteRequest & sdk.ReplaceRouteRequest;

const destinationOf = (input: sdk.DeleteRouteRequest) =>
  input.DestinationCidrBlock ?? input.DestinationIpv6CidrBlock ?? input.DestinationPrefixListId ?? "";

function routeOf(context: Context, input: RouteInput): Route {
  const destination = destinationOf(input);
  const kind = TARGETS.find((name) => input[name] !== undefined);
  if (!kind) throw new AwsError("MissingParameter", "The request must contain exactly one of the targets of a route.");
  const id = input[kind] ?? "";
  if (kind === "GatewayId" && id.startsWith("igw-")) find(context, "igw", id);
  if (destination === "") throw invalid("A route must have a destination.");
  return { destination, target: { kind, id }, origin: "CreateRoute" };
}

function createRoute(context: Context, input: sdk.CreateRouteRequest): sdk.CreateRouteResult {
  const table = find(context, "rtb", input.RouteTableId);
  const route = routeOf(context, input);
  const known = table.routes.find(({ destination }) => destination === route.destination);
  if (known) {
    if (JSON.stringify(known.target) === JSON.stringify(route.target)) return { Return: true };
    throw new AwsError("RouteAlreadyExists", `The route identified by ${route.destination} already exists.`);
  }
  put(context, "rtb", { ...table, routes: [...table.routes, route] });
  return { Return: true };
}

function requireRoute(table: RouteTableRecord, destination: string): void {
  if (table.routes.some((route) => route.destination === destination && route.origin === "CreateRoute")) return;
  const message = `no route with destination-cidr-block ${destination} in route table ${table.id}`;
  throw new AwsError("InvalidRoute.NotFound", message);
}

function associate(context: Context, input: sdk.AssociateRouteTableRequest): sdk.AssociateRouteTableResult {
  const table = find(context, "rtb", input.RouteTableId);
  const subnet = find(context, "subnet", input.SubnetId);
  const others = all(context, "rtb").flatMap(({ associations }) => associations);
  if (others.some(({ subnetId }) => subnetId === subnet.id)) {
    const message = `the specified association for route table ${table.id} conflicts with an existing association`;
    throw new AwsError("Resource.AlreadyAssociated", message);
  }
  const association = { id: newId(context, "rtbassoc"), subnetId: subnet.id };
  put(context, "rtb", { ...table, associations: [...table.associations, association] });
  return { AssociationId: association.id, AssociationState: { State: "associated" } };
}

function disassociate(context: Context, input: sdk.DisassociateRouteTableRequest): object {
  const isIt = ({ id }: { id: string }) => id === input.AssociationId;
  const table = all(context, "rtb").find(({ associations }) => associations.some(isIt));
  if (!table) {
    throw new AwsError("InvalidAssociationID.NotFound", `The association ID '${input.AssociationId}' does not exist`);
  }
  if (table.associations.find(isIt)?.subnetId === undefined) {
    throw invalid(`cannot disassociate the main route table association ${input.AssociationId}`);
  }
  put(context, "rtb", { ...table, associations: table.associations.filter((one) => !isIt(one)) });
  return {};
}

export const routeTableOperations: Operations<typeof sdk> = {
  CreateRouteTable: createRouteTable,
  DeleteRouteTable: deleteRouteTable,
  DescribeRouteTables: (context, input) => {
    const { items, ...more } = select(context, "rtb", input.RouteTableIds, input, FILTERS);
    return { RouteTables: items.map((table) => show(context, table)), ...more };
  },
  CreateRoute: createRoute,
  ReplaceRoute: (context, input) => {
    const table = find(context, "rtb", input.RouteTableId);
    const route = routeOf(context, input);
    requireRoute(table, route.destination);
    const routes = table.routes.map((one) => (one.destination === route.destination ? route : one));
    put(context, "rtb", { ...table, routes });
    return {};
  },
  DeleteRoute: (context, input) => {
    const table = find(context, "rtb", input.RouteTableId);
    requireRoute(table, destinationOf(input));
    put(context, "rtb", {
      ...table,
      routes: table.routes.filter(({ destination }) => destination !== destinationOf(input)),
    });
    return {};
  },
  AssociateRouteTable: associate,
  DisassociateRouteTable: disassociate,
};

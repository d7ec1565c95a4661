import type { Tag, TagSpecification } from "@aws-sdk/client-ec2";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Collection } from "../../core/store.ts";

export type Tags = Readonly<Record<string, string>>;

interface Record_ {
  readonly id: string;
  readonly tags: Tags;
}

export interface VpcRecord extends Record_ {
  readonly cidr: string;
  readonly tenancy: string;
  readonly isDefault: boolean;
  readonly dnsSupport: boolean;
  readonly dnsHostnames: boolean;
}

export interface SubnetRecord extends Record_ {
  readonly vpcId: string;
  readonly cidr: string;
  readonly zone: string;
  readonly isDefault: boolean;
  readonly publicIps: boolean;
}

export interface Route {
  readonly destination: string;
  /** `GatewayId`, `NatGatewayId`, … and what it names. */
  readonly target: { readonly kind: string; readonly id: string };
  readonly origin: "CreateRouteTable" | "CreateRoute";
}

export interface RouteTableRecord extends Record_ {
  readonly vpcId: string;
  readonly routes: readonly Route[];
  /** Without a subnet: the VPC's main table. */
  readonly associations: readonly { readonly id: string; readonly subnetId: string | undefined }[];
}

export interface GatewayRecord extends Record_ {
  readonly vpcId: string | undefined;
}

export interface RuleRecord {
  readonly id: string;
  readonly isEgress: boolean;
  /** `tcp`, `udp`, `icmp`, `-1` for all. */
  readonly protocol: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly peer: { readonly kind: "cidr4" | "cidr6" | "prefixList" | "group"; readonly value: string };
  readonly description: string | undefined;
}

export interface GroupRecord extends Record_ {
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly rules: readonly RuleRecord[];
}

export interface EndpointRecord extends Record_ {
  readonly vpcId: string;
  readonly service: string;
  readonly type: "Gateway" | "Interface";
  readonly policy: string;
  readonly privateDns: boolean;
  readonly routeTableIds: readonly string[];
  readonly subnetIds: readonly string[];
  readonly groupIds: readonly string[];
  readonly createdAt: string;
}

type Stored = Pick<Context, "collection">;
const vpcs = (from: Stored) => from.collection<VpcRecord>("vpcs");
const subnets = (from: Stored) => from.collection<SubnetRecord>("subnets");
const routeTables = (from: Stored) => from.collection<RouteTableRecord>("route-tables");
const gateways = (from: Stored) => from.collection<GatewayRecord>("internet-gateways");
const groups = (from: Stored) => from.collection<GroupRecord>("security-groups");
const endpoints = (from: Stored) => from.collection<EndpointRecord>("vpc-endpoints");

/** What each kind is called: the beginning of its ids, its error, and how its error names it. */
const KINDS = {
  vpc: { store: vpcs, code: "InvalidVpcID", word: "vpc ID" },
  subnet: { store: subnets, code: "InvalidSubnetID", word: "subnet ID" },
  rtb: { store: routeTables, code: "InvalidRouteTableID", word: "routeTable ID" },
  igw: { store: gateways, code: "InvalidInternetGatewayID", word: "internetGateway ID" },
  sg: { store: groups, code: "InvalidGroup", word: "security group" },
  vpce: { store: endpoints, code: "InvalidVpcEndpointId", word: "Vpc Endpoint Id" },
} as const;

export type Kind = keyof typeof KINDS;
type RecordOf<K extends Kind> =
  ReturnType<(typeof KINDS)[K]["store"]> extends Collection<infer T extends Record_> ? T : never;

export const storeOf = <K extends Kind>(from: Stored, kind: K) =>
  KINDS[kind].store(from) as unknown as Collection<RecordOf<K>>;

export const newId = ({ random }: Pick<Context, "random">, kind: string) => `${kind}-0${random.hex(16)}`;

/** Raises `InvalidVpcID.NotFound` and the like, in AWS's words. */
export function find<K extends Kind>(context: Context, kind: K, id: string | undefined): RecordOf<K> {
  const found = storeOf(context, kind).get(id ?? "");
  if (found) return found;
  const { code, word } = KINDS[kind];
  throw new AwsError(`${code}.NotFound`, `The ${word} '${id}' does not exist`);
}

export const put = <K extends Kind>(context: Context, kind: K, record: RecordOf<K>): RecordOf<K> => {
  storeOf(context, kind).put(record.id, record);
  return record;
};

export const all = <K extends Kind>(from: Stored, kind: K): RecordOf<K>[] =>
  storeOf(from, kind)
    .list()
    .map(({ value }) => value);

/** The tags of a new resource. */
export function tagsOf(specifications: TagSpecification[] | undefined): Tags {
  const tags = (specifications ?? []).flatMap(({ Tags: given = [] }) => given);
  return Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

export const showTags = (tags: Tags): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export function inUse(what: string): AwsError {
  return new AwsError("DependencyViolation", `${what} has dependencies and cannot be deleted.`);
}

export function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message);
}

export function unsupported(what: string): AwsError {
  return new AwsError("NotImplemented", `sandbox: EC2 ${what} is not implemented`, { status: 501 });
}

/** Refuses members of an input that would change what happens. */
export function refuse(operation: string, input: object, names: readonly string[]): void {
  const given = input as Readonly<Record<string, unknown>>;
  const first = names.find((name) => given[name] !== undefined);
  if (first) throw unsupported(`${operation}'s ${first}`);
}

import type { Tag, UserAuthConfig } from "@aws-sdk/client-rds";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Address } from "./postgres/address.ts";

export type Tags = Readonly<Record<string, string>>;

export interface ClusterRecord {
  readonly id: string;
  /** `cluster-ABC…`: names the data's folder. */
  readonly resourceId: string;
  readonly status: "creating" | "starting" | "available" | "failed";
  readonly engineVersion: string;
  readonly masterUsername: string;
  readonly password: string;
  /** The secret that RDS keeps the password in, if it was asked to. */
  readonly secretArn: string | undefined;
  readonly databaseName: string | undefined;
  readonly address: Address;
  readonly subnetGroup: string | undefined;
  readonly groupIds: readonly string[];
  readonly capacity: { readonly min: number; readonly max: number } | undefined;
  readonly backupDays: number;
  readonly isEncrypted: boolean;
  readonly keyId: string | undefined;
  readonly deletionProtection: boolean;
  readonly iamAuthentication: boolean;
  readonly createdAt: string;
  readonly tags: Tags;
}

export interface InstanceRecord {
  readonly id: string;
  readonly resourceId: string;
  readonly clusterId: string;
  readonly instanceClass: string;
  readonly isPublic: boolean;
  readonly performanceInsights: boolean;
  readonly createdAt: string;
  readonly tags: Tags;
}

export interface SubnetGroupRecord {
  readonly name: string;
  readonly description: string;
  readonly subnetIds: readonly string[];
  readonly vpcId: string;
  readonly tags: Tags;
}

export interface ProxyRecord {
  readonly name: string;
  /** `prx-0…` */
  readonly resourceId: string;
  readonly address: Address;
  readonly auth: readonly UserAuthConfig[];
  readonly roleArn: string;
  readonly subnetIds: readonly string[];
  readonly groupIds: readonly string[];
  readonly requireTls: boolean;
  readonly idleTimeoutS: number;
  readonly clusterIds: readonly string[];
  readonly pool: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly tags: Tags;
}

export interface SnapshotRecord {
  readonly id: string;
  readonly clusterId: string;
  readonly createdAt: string;
}

type Stored = Pick<Context, "collection">;
export const clusters = (from: Stored) => from.collection<ClusterRecord>("clusters");
export const instances = (from: Stored) => from.collection<InstanceRecord>("instances");
export const subnetGroups = (from: Stored) => from.collection<SubnetGroupRecord>("subnet-groups");
export const proxies = (from: Stored) => from.collection<ProxyRecord>("proxies");
export const snapshots = (from: Stored) => from.collection<SnapshotRecord>("snapshots");

/** `cluster`, `db`, `subgrp`, `db-proxy`, … */
export const arnOf = ({ account, region }: { account: string; region: string }, kind: string, id: string) =>
  `arn:aws:rds:${region}:${account}:${kind}:${id}`;

export function getCluster(from: Stored, id: string | undefined): ClusterRecord {
  const name = (id ?? "").split(":").at(-1)?.toLowerCase() ?? "";
  const cluster = clusters(from).get(name);
  if (cluster) return cluster;
  throw new AwsError("DBClusterNotFoundFault", `DBCluster ${name} not found.`);
}

export const tagsOf = (tags: readonly Tag[] | undefined): Tags =>
  Object.fromEntries((tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));

export const showTags = (tags: Tags): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export function invalid(message: string, code = "InvalidParameterValue"): AwsError {
  return new AwsError(code, message);
}

export function unsupported(what: string): AwsError {
  return new AwsError("NotImplemented", `sandbox: RDS ${what} is not implemented`, { status: 501 });
}

/** Refuses what isn't among `known`: a database that lacks what was asked for would be worse. */
export function refuseOthers(operation: string, input: object, known: readonly string[]): void {
  const other = Object.entries(input).find(
    ([name, value]) => value !== undefined && value !== false && !known.includes(name),
  );
  if (other) throw unsupported(`${operation}'s ${other[0]}`);
}

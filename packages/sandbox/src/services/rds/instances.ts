import type * as sdk from "@aws-sdk/client-rds";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import {
  arnOf,
  getCluster,
  type InstanceRecord,
  instances,
  invalid,
  refuseOthers,
  showTags,
  tagsOf,
  unsupported,
} from "./records.ts";

const KNOWN = [
  "AutoMinorVersionUpgrade",
  "AvailabilityZone",
  "CACertificateIdentifier",
  "CopyTagsToSnapshot",
  "DBClusterIdentifier",
  "DBInstanceClass",
  "DBInstanceIdentifier",
  "DBSubnetGroupName",
  "EnablePerformanceInsights",
  "Engine",
  "EngineVersion",
  "MonitoringInterval",
  "MonitoringRoleArn",
  "PerformanceInsightsKMSKeyId",
  "PerformanceInsightsRetentionPeriod",
  "PreferredMaintenanceWindow",
  "PromotionTier",
  "PubliclyAccessible",
  "Tags",
];

function createInstance(context: Context, input: sdk.CreateDBInstanceMessage): sdk.CreateDBInstanceResult {
  if (input.DBClusterIdentifier === undefined) throw unsupported("an instance outside of a cluster");
  refuseOthers("CreateDBInstance", input, KNOWN);
  const id = (input.DBInstanceIdentifier ?? "").toLowerCase();
  if (instances(context).get(id)) throw new AwsError("DBInstanceAlreadyExistsFault", "DB instance already exists");
  const { id: clusterId } = getCluster(context, input.DBClusterIdentifier);
  if (!/^db\./.test(input.DBInstanceClass ?? "")) throw invalid(`Invalid DB Instance class: ${input.DBInstanceClass}`);
  const instance: InstanceRecord = {
    id,
    resourceId: `db-${context.random.token(26)}`,
    clusterId,
    instanceClass: input.DBInstanceClass ?? "",
    isPublic: input.PubliclyAccessible ?? false,
    performanceInsights: input.EnablePerformanceInsights ?? false,
    createdAt: context.clock.now().toISOString(),
    tags: tagsOf(input.Tags),
  };
  instances(context).put(id, instance);
  return { DBInstance: { ...show(context, instance), DBInstanceStatus: "creating" } };
}

/** An instance is as ready as its cluster: they are one server. */
function show(context: Context, instance: InstanceRecord): sdk.DBInstance {
  const cluster = getCluster(context, instance.clusterId);
  return {
    DBInstanceIdentifier: instance.id,
    DBInstanceArn: arnOf(context, "db", instance.id),
    DbiResourceId: instance.resourceId,
    DBInstanceClass: instance.instanceClass,
    DBInstanceStatus: cluster.status,
    DBClusterIdentifier: cluster.id,
    Engine: "aurora-postgresql",
    EngineVersion: cluster.engineVersion,
    MasterUsername: cluster.masterUsername,
    Endpoint: { Address: cluster.address.host, Port: cluster.address.port },
    StorageEncrypted: cluster.isEncrypted,
    PubliclyAccessible: instance.isPublic,
    PerformanceInsightsEnabled: instance.performanceInsights,
    MultiAZ: false,
    VpcSecurityGroups: cluster.groupIds.map((id) => ({ VpcSecurityGroupId: id, Status: "active" })),
    InstanceCreateTime: new Date(instance.createdAt),
    TagList: showTags(instance.tags),
  };
}

function getInstance(context: Context, id: string | undefined): InstanceRecord {
  const instance = instances(context).get((id ?? "").split(":").at(-1)?.toLowerCase() ?? "");
  if (instance) return instance;
  throw new AwsError("DBInstanceNotFoundFault", `DBInstance ${id} not found.`);
}

function modifyInstance(context: Context, input: sdk.ModifyDBInstanceMessage): sdk.ModifyDBInstanceResult {
  const { ApplyImmediately: _, ...changes } = input;
  refuseOthers("ModifyDBInstance", changes, KNOWN);
  const before = getInstance(context, input.DBInstanceIdentifier);
  const instance = {
    ...before,
    instanceClass: input.DBInstanceClass ?? before.instanceClass,
    isPublic: input.PubliclyAccessible ?? before.isPublic,
    performanceInsights: input.EnablePerformanceInsights ?? before.performanceInsights,
  };
  instances(context).put(instance.id, instance);
  return { DBInstance: show(context, instance) };
}

export const instanceOperations: Operations<typeof sdk> = {
  CreateDBInstance: createInstance,
  ModifyDBInstance: modifyInstance,
  DeleteDBInstance: (context, input) => {
    const instance = getInstance(context, input.DBInstanceIdentifier);
    const DBInstance = { ...show(context, instance), DBInstanceStatus: "deleting" };
    instances(context).delete(instance.id);
    return { DBInstance };
  },
  DescribeDBInstances: (context, input) => {
    const wanted = input.Filters?.find(({ Name }) => Name === "db-cluster-id")?.Values;
    const found =
      input.DBInstanceIdentifier === undefined
        ? instances(context)
            .list()
            .map(({ value }) => value)
        : [getInstance(context, input.DBInstanceIdentifier)];
    const kept = found.filter(({ clusterId }) => wanted?.some((one) => one.endsWith(clusterId)) ?? true);
    const { items, nextToken } = page(kept, ({ id }) => id, { token: input.Marker, size: input.MaxRecords });
    return {
      DBInstances: items.map((instance) => show(context, instance)),
      ...(nextToken === undefined ? {} : { Marker: nextToken }),
    };
  },
};

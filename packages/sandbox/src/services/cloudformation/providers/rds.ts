import * as sdk from "@aws-sdk/client-rds";
import type { JsonObject } from "@turnpike/cloudformation";
import { AwsError } from "../../../core/errors.ts";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { createOnce, flag, goneTags, number, object, present, tagList, text, texts } from "./values.ts";

const POLL_MS = 250;
const LONGEST_WAIT_MS = 30 * 60 * 1000;

async function putTags(
  call: ProviderCall,
  ResourceName: string,
  before: Readonly<Record<string, string>>,
): Promise<void> {
  await call.send(new sdk.AddTagsToResourceCommand({ ResourceName, Tags: tagList(call) }));
  const TagKeys = goneTags(call, before);
  if (TagKeys.length > 0) await call.send(new sdk.RemoveTagsFromResourceCommand({ ResourceName, TagKeys }));
}

const CLUSTER = [
  "BackupRetentionPeriod",
  "DBClusterIdentifier",
  "DBSubnetGroupName",
  "DatabaseName",
  "DeletionProtection",
  "EnableCloudwatchLogsExports",
  "EnableIAMDatabaseAuthentication",
  "Engine",
  "EngineMode",
  "EngineVersion",
  "KmsKeyId",
  "ManageMasterUserPassword",
  "MasterUserPassword",
  "MasterUsername",
  "Port",
  "PreferredBackupWindow",
  "PreferredMaintenanceWindow",
  "ServerlessV2ScalingConfiguration",
  "StorageEncrypted",
  "Tags",
  "VpcSecurityGroupIds",
  "CopyTagsToSnapshot",
  "StorageType",
];

const cluster = defineProvider({
  type: "AWS::RDS::DBCluster",
  properties: CLUSTER,
  required: [],
  takesTags: true,
  async create(call) {
    const { properties } = call;
    const id = (text(properties.DBClusterIdentifier) ?? call.name(63)).toLowerCase();
    const own = ["DBSubnetGroupName", "DatabaseName", "Engine", "EngineMode", "KmsKeyId", "MasterUsername"];
    const input = {
      ...settings(properties),
      ...Object.fromEntries(own.map((name) => [name, text(properties[name])])),
      DBClusterIdentifier: id,
      ManageMasterUserPassword: flag(properties.ManageMasterUserPassword),
      Port: number(properties.Port),
      StorageEncrypted: flag(properties.StorageEncrypted),
      Tags: tagList(call),
    };
    await createOnce(call, () => call.send(new sdk.CreateDBClusterCommand(present(input) as never)));
    call.initiated(id);
    return available(call, id);
  },
  async update(call, { physicalId, properties: before, tags }) {
    const { MasterUserPassword, ...rest } = settings(call.properties);
    const isOther = text(before.MasterUserPassword) !== MasterUserPassword;
    const password = isOther ? { MasterUserPassword } : {};
    const input = { DBClusterIdentifier: physicalId, ApplyImmediately: true, ...rest, ...password };
    const { DBCluster } = await call.send(new sdk.ModifyDBClusterCommand(present(input) as never));
    await putTags(call, DBCluster?.DBClusterArn ?? "", tags);
    return available(call, physicalId);
  },
  async remove(call, { physicalId }) {
    const snapshot = call.wantsSnapshot
      ? {
          FinalDBSnapshotIdentifier:
            `${call.stackName}-snapshot-${call.logicalId}-${call.random.token(12)}`.toLowerCase(),
        }
      : { SkipFinalSnapshot: true };
    await call.send(new sdk.DeleteDBClusterCommand({ DBClusterIdentifier: physicalId, ...snapshot }));
  },
});

function settings(properties: JsonObject) {
  const scaling = object(properties.ServerlessV2ScalingConfiguration);
  const { EnableCloudwatchLogsExports: exports, VpcSecurityGroupIds: groups } = properties;
  return {
    BackupRetentionPeriod: number(properties.BackupRetentionPeriod),
    DeletionProtection: flag(properties.DeletionProtection) ?? false,
    EnableIAMDatabaseAuthentication: flag(properties.EnableIAMDatabaseAuthentication),
    EngineVersion: text(properties.EngineVersion),
    MasterUserPassword: text(properties.MasterUserPassword),
    VpcSecurityGroupIds: groups === undefined ? undefined : texts(groups),
    EnableCloudwatchLogsExports: exports === undefined ? undefined : texts(exports),
    ServerlessV2ScalingConfiguration:
      properties.ServerlessV2ScalingConfiguration === undefined
        ? undefined
        : { MinCapacity: number(scaling.MinCapacity), MaxCapacity: number(scaling.MaxCapacity) },
  };
}

/** Waits until the database answers. */
async function available(call: ProviderCall, id: string): Promise<Made> {
  for (const until = call.clock.now().getTime() + LONGEST_WAIT_MS; ; ) {
    const { DBClusters: [found] = [] } = await call.send(
      new sdk.DescribeDBClustersCommand({ DBClusterIdentifier: id }),
    );
    if (found?.Status === "available") return madeCluster(found);
    if (found?.Status === "failed" || call.clock.now().getTime() > until) {
      throw new AwsError("InternalFailure", `DBCluster ${id} is ${found?.Status}.`, { status: 500 });
    }
    await call.clock.sleep(POLL_MS, call.signal);
  }
}

function madeCluster(found: sdk.DBCluster): Made {
  const secret = found.MasterUserSecret?.SecretArn;
  const attributes = {
    DBClusterArn: found.DBClusterArn ?? "",
    DBClusterResourceId: found.DbClusterResourceId ?? "",
    "Endpoint.Address": found.Endpoint ?? "",
    "Endpoint.Port": String(found.Port),
    "ReadEndpoint.Address": found.ReaderEndpoint ?? "",
    ...(secret === undefined ? {} : { "MasterUserSecret.SecretArn": secret }),
  };
  return { physicalId: found.DBClusterIdentifier ?? "", attributes };
}

const INSTANCE = [
  "AutoMinorVersionUpgrade",
  "AvailabilityZone",
  "DBClusterIdentifier",
  "DBInstanceClass",
  "DBInstanceIdentifier",
  "DBSubnetGroupName",
  "EnablePerformanceInsights",
  "Engine",
  "EngineVersion",
  "PromotionTier",
  "PubliclyAccessible",
  "Tags",
];

const instance = defineProvider({
  type: "AWS::RDS::DBInstance",
  properties: INSTANCE,
  required: [],
  takesTags: true,
  async create(call) {
    const { properties } = call;
    const id = (text(properties.DBInstanceIdentifier) ?? call.name(63)).toLowerCase();
    const input = {
      DBInstanceIdentifier: id,
      DBClusterIdentifier: text(properties.DBClusterIdentifier),
      Engine: text(properties.Engine),
      Tags: tagList(call),
      ...instanceSettings(properties),
    };
    await createOnce(call, () => call.send(new sdk.CreateDBInstanceCommand(present(input) as never)));
    return madeInstance(call, id);
  },
  async update(call, { physicalId, tags }) {
    const input = { DBInstanceIdentifier: physicalId, ApplyImmediately: true, ...instanceSettings(call.properties) };
    const { DBInstance } = await call.send(new sdk.ModifyDBInstanceCommand(present(input)));
    await putTags(call, DBInstance?.DBInstanceArn ?? "", tags);
    return madeInstance(call, physicalId);
  },
  async remove(call, { physicalId }) {
    await call.send(new sdk.DeleteDBInstanceCommand({ DBInstanceIdentifier: physicalId, SkipFinalSnapshot: true }));
  },
});

const instanceSettings = (properties: JsonObject) => ({
  DBInstanceClass: text(properties.DBInstanceClass),
  PubliclyAccessible: flag(properties.PubliclyAccessible),
  EnablePerformanceInsights: flag(properties.EnablePerformanceInsights),
});

async function madeInstance({ send }: ProviderCall, id: string): Promise<Made> {
  const { DBInstances: [found] = [] } = await send(new sdk.DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
  const attributes = {
    DBInstanceArn: found?.DBInstanceArn ?? "",
    DbiResourceId: found?.DbiResourceId ?? "",
    "Endpoint.Address": found?.Endpoint?.Address ?? "",
    "Endpoint.Port": String(found?.Endpoint?.Port),
  };
  return { physicalId: id, attributes };
}

const subnetGroup = defineProvider({
  type: "AWS::RDS::DBSubnetGroup",
  properties: ["DBSubnetGroupDescription", "DBSubnetGroupName", "SubnetIds", "Tags"],
  required: ["DBSubnetGroupDescription", "SubnetIds"],
  takesTags: true,
  async create(call) {
    const name = (text(call.properties.DBSubnetGroupName) ?? call.name(255)).toLowerCase();
    const input = { ...groupSettings(call.properties), DBSubnetGroupName: name, Tags: tagList(call) };
    await createOnce(call, () => call.send(new sdk.CreateDBSubnetGroupCommand(input)));
    return { physicalId: name, attributes: {} };
  },
  async update(call, { physicalId, tags }) {
    const input = { ...groupSettings(call.properties), DBSubnetGroupName: physicalId };
    const { DBSubnetGroup } = await call.send(new sdk.ModifyDBSubnetGroupCommand(input));
    await putTags(call, DBSubnetGroup?.DBSubnetGroupArn ?? "", tags);
    return { physicalId, attributes: {} };
  },
  async remove(call, { physicalId }) {
    await call.send(new sdk.DeleteDBSubnetGroupCommand({ DBSubnetGroupName: physicalId }));
  },
});

const groupSettings = (properties: JsonObject) => ({
  DBSubnetGroupDescription: text(properties.DBSubnetGroupDescription) ?? "",
  SubnetIds: texts(properties.SubnetIds),
});

export const databaseProviders = [cluster, instance, subnetGroup];

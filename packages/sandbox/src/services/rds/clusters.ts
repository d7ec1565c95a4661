import type * as sdk from "@aws-sdk/client-rds";
import { CreateSecretCommand, DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { hostOf } from "./host.ts";
import { findAddress } from "./postgres/address.ts";
import {
  arnOf,
  type ClusterRecord,
  clusters,
  getCluster,
  instances,
  invalid,
  refuseOthers,
  showTags,
  snapshots,
  subnetGroups,
  tagsOf,
  unsupported,
} from "./records.ts";

const ENGINE = "aurora-postgresql";
const DEFAULT_VERSION = "17.5";

const COMMON = [
  "BackupRetentionPeriod",
  "CloudwatchLogsExports",
  "CopyTagsToSnapshot",
  "DBClusterIdentifier",
  "DeletionProtection",
  "EnableCloudwatchLogsExports",
  "EnableIAMDatabaseAuthentication",
  "EnablePerformanceInsights",
  "EngineVersion",
  "ManageMasterUserPassword",
  "MasterUserPassword",
  "PreferredBackupWindow",
  "PreferredMaintenanceWindow",
  "ServerlessV2ScalingConfiguration",
  "StorageType",
  "VpcSecurityGroupIds",
];
const CREATE = [
  ...COMMON,
  "DatabaseName",
  "DBSubnetGroupName",
  "Engine",
  "EngineMode",
  "KmsKeyId",
  "MasterUsername",
  "Port",
  "StorageEncrypted",
  "Tags",
];

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html */
async function createCluster(context: Context, input: sdk.CreateDBClusterMessage): Promise<sdk.CreateDBClusterResult> {
  refuseOthers("CreateDBCluster", input, CREATE);
  const id = checkId(input.DBClusterIdentifier);
  if (input.Engine !== ENGINE) throw unsupported(`a cluster of the engine ${input.Engine}`);
  if (input.EngineMode !== undefined && input.EngineMode !== "provisioned")
    throw unsupported(`the engine mode ${input.EngineMode}`);
  if (clusters(context).get(id)) throw new AwsError("DBClusterAlreadyExistsFault", "DB Cluster already exists");
  if (input.DBSubnetGroupName !== undefined) requireSubnetGroup(context, input.DBSubnetGroupName);
  const masterUsername = input.MasterUsername ?? "";
  if (!/^[a-zA-Z]\w{0,15}$/.test(masterUsername))
    throw invalid("The parameter MasterUsername must be provided and must not be blank.");
  const resourceId = `cluster-${context.random.token(26)}`;
  const { password, secretArn } = await passwordFor(context, input, resourceId, masterUsername);
  const cluster: ClusterRecord = {
    id,
    resourceId,
    status: "creating",
    engineVersion: input.EngineVersion ?? DEFAULT_VERSION,
    masterUsername,
    password,
    secretArn,
    databaseName: input.DatabaseName,
    address: await findAddress(resourceId, undefined),
    subnetGroup: input.DBSubnetGroupName,
    groupIds: input.VpcSecurityGroupIds ?? [],
    capacity: capacityOf(input.ServerlessV2ScalingConfiguration),
    backupDays: input.BackupRetentionPeriod ?? 1,
    isEncrypted: input.StorageEncrypted ?? false,
    keyId: input.KmsKeyId,
    deletionProtection: input.DeletionProtection ?? false,
    iamAuthentication: input.EnableIAMDatabaseAuthentication ?? false,
    createdAt: context.clock.now().toISOString(),
    tags: tagsOf(input.Tags),
  };
  clusters(context).put(id, cluster);
  hostOf(context.runtime).start(context, cluster);
  return { DBCluster: show(context, cluster) };
}

function checkId(given: string | undefined): string {
  const id = (given ?? "").toLowerCase();
  if (/^[a-z](-?[a-z0-9])*$/.test(id) && id.length <= 63) return id;
  throw invalid(
    "The parameter DBClusterIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.",
  );
}

function requireSubnetGroup(context: Context, name: string): void {
  if (subnetGroups(context).get(name.toLowerCase())) return;
  throw new AwsError("DBSubnetGroupNotFoundFault", `DB subnet group '${name}' does not exist.`);
}

const capacityOf = (given: sdk.ServerlessV2ScalingConfiguration | undefined) =>
  given && { min: given.MinCapacity ?? 0.5, max: given.MaxCapacity ?? 1 };

async function passwordFor(
  context: Context,
  input: sdk.CreateDBClusterMessage,
  resourceId: string,
  username: string,
): Promise<{ password: string; secretArn: string | undefined }> {
  const given = input.MasterUserPassword;
  if (!input.ManageMasterUserPassword) return { password: checkPassword(given), secretArn: undefined };
  if (given !== undefined) {
    throw invalid(
      "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.",
      "InvalidParameterCombination",
    );
  }
  const password = context.random.hex(28);
  const { ARN } = await context.send(
    new CreateSecretCommand({
      Name: `rds!${resourceId.toLowerCase()}`,
      Description: `Secret associated with primary RDS DB cluster: ${arnOf(context, "cluster", input.DBClusterIdentifier ?? "")}`,
      SecretString: JSON.stringify({ username, password }),
    }),
  );
  return { password, secretArn: ARN };
}

function checkPassword(given: string | undefined): string {
  if (given !== undefined && given.length >= 8 && !/[/@" \n]/.test(given)) return given;
  throw invalid(
    "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used, and it must have at least 8.",
  );
}

function show(context: Context, cluster: ClusterRecord): sdk.DBCluster {
  const members = instances(context)
    .list()
    .filter(({ value }) => value.clusterId === cluster.id);
  return {
    DBClusterIdentifier: cluster.id,
    DBClusterArn: arnOf(context, "cluster", cluster.id),
    DbClusterResourceId: cluster.resourceId,
    Engine: ENGINE,
    EngineVersion: cluster.engineVersion,
    EngineMode: "provisioned",
    Status: cluster.status,
    Endpoint: cluster.address.host,
    ReaderEndpoint: cluster.address.host,
    Port: cluster.address.port,
    MasterUsername: cluster.masterUsername,
    ...(cluster.secretArn === undefined
      ? {}
      : { MasterUserSecret: { SecretArn: cluster.secretArn, SecretStatus: "active" } }),
    ...(cluster.databaseName === undefined ? {} : { DatabaseName: cluster.databaseName }),
    DBSubnetGroup: cluster.subnetGroup ?? "default",
    VpcSecurityGroups: cluster.groupIds.map((id) => ({ VpcSecurityGroupId: id, Status: "active" })),
    DBClusterMembers: members.map(({ value }, index) => ({
      DBInstanceIdentifier: value.id,
      IsClusterWriter: index === 0,
      DBClusterParameterGroupStatus: "in-sync",
      PromotionTier: 1,
    })),
    ...(cluster.capacity
      ? { ServerlessV2ScalingConfiguration: { MinCapacity: cluster.capacity.min, MaxCapacity: cluster.capacity.max } }
      : {}),
    BackupRetentionPeriod: cluster.backupDays,
    StorageEncrypted: cluster.isEncrypted,
    ...(cluster.keyId === undefined ? {} : { KmsKeyId: cluster.keyId }),
    DeletionProtection: cluster.deletionProtection,
    IAMDatabaseAuthenticationEnabled: cluster.iamAuthentication,
    HttpEndpointEnabled: false,
    MultiAZ: false,
    ClusterCreateTime: new Date(cluster.createdAt),
    TagList: showTags(cluster.tags),
  };
}

function modifyCluster(context: Context, input: sdk.ModifyDBClusterMessage): sdk.ModifyDBClusterResult {
  const { ApplyImmediately: _, ...changes } = input;
  refuseOthers("ModifyDBCluster", changes, COMMON);
  const before = getCluster(context, input.DBClusterIdentifier);
  const password = input.MasterUserPassword === undefined ? before.password : checkPassword(input.MasterUserPassword);
  const cluster: ClusterRecord = {
    ...before,
    password,
    engineVersion: input.EngineVersion ?? before.engineVersion,
    groupIds: input.VpcSecurityGroupIds ?? before.groupIds,
    capacity: capacityOf(input.ServerlessV2ScalingConfiguration) ?? before.capacity,
    backupDays: input.BackupRetentionPeriod ?? before.backupDays,
    deletionProtection: input.DeletionProtection ?? before.deletionProtection,
    iamAuthentication: input.EnableIAMDatabaseAuthentication ?? before.iamAuthentication,
  };
  clusters(context).put(cluster.id, cluster);
  if (password !== before.password) hostOf(context.runtime).changePassword(context, cluster, password);
  return { DBCluster: show(context, cluster) };
}

async function deleteCluster(context: Context, input: sdk.DeleteDBClusterMessage): Promise<sdk.DeleteDBClusterResult> {
  const cluster = getCluster(context, input.DBClusterIdentifier);
  if (cluster.deletionProtection) {
    throw invalid(
      "Cannot delete protected Cluster, please disable deletion protection and try again.",
      "InvalidParameterCombination",
    );
  }
  if (
    instances(context)
      .list()
      .some(({ value }) => value.clusterId === cluster.id)
  ) {
    const message = "Cluster cannot be deleted, it still contains DB instances in non-deleting state.";
    throw new AwsError("InvalidDBClusterStateFault", message);
  }
  const snapshotId = input.FinalDBSnapshotIdentifier;
  if (!input.SkipFinalSnapshot && snapshotId === undefined) {
    throw invalid(
      "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
      "InvalidParameterCombination",
    );
  }
  const DBCluster = { ...show(context, cluster), Status: "deleting" };
  context.store.transaction(() => {
    clusters(context).delete(cluster.id);
    const createdAt = context.clock.now().toISOString();
    if (snapshotId !== undefined)
      snapshots(context).put(snapshotId, { id: snapshotId, clusterId: cluster.id, createdAt });
  });
  hostOf(context.runtime).remove(cluster, snapshotId !== undefined);
  if (cluster.secretArn !== undefined) {
    await context.send(new DeleteSecretCommand({ SecretId: cluster.secretArn, ForceDeleteWithoutRecovery: true }));
  }
  return { DBCluster };
}

export const clusterOperations: Operations<typeof sdk> = {
  CreateDBCluster: createCluster,
  ModifyDBCluster: modifyCluster,
  DeleteDBCluster: deleteCluster,
  DescribeDBClusters: (context, input) => {
    const found =
      input.DBClusterIdentifier === undefined
        ? clusters(context)
            .list()
            .map(({ value }) => value)
        : [getCluster(context, input.DBClusterIdentifier)];
    const { items, nextToken } = page(found, ({ id }) => id, { token: input.Marker, size: input.MaxRecords });
    return {
      DBClusters: items.map((cluster) => show(context, cluster)),
      ...(nextToken === undefined ? {} : { Marker: nextToken }),
    };
  },
  DescribeDBClusterSnapshots: (context, input) => ({
    DBClusterSnapshots: snapshots(context)
      .list()
      .map(({ value }) => value)
      .filter(
        ({ id, clusterId }) =>
          (input.DBClusterSnapshotIdentifier ?? id) === id && (input.DBClusterIdentifier ?? clusterId) === clusterId,
      )
      .map(({ id, clusterId, createdAt }) => ({
        DBClusterSnapshotIdentifier: id,
        DBClusterIdentifier: clusterId,
        DBClusterSnapshotArn: arnOf(context, "cluster-snapshot", id),
        SnapshotCreateTime: new Date(createdAt),
        Engine: ENGINE,
        Status: "available",
        PercentProgress: 100,
      })),
  }),
};

import { DeleteStackCommand } from "@aws-sdk/client-cloudformation";
import { DescribeDBClusterSnapshotsCommand, DescribeDBClustersCommand } from "@aws-sdk/client-rds";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { Client } from "pg";
import { expect, test } from "vitest";
import { sandboxForTest, TOOLING } from "../../../../test/support.ts";
import { deploy } from "../testing.ts";

const ref = (Ref: string) => ({ Ref });
const attribute = (id: string, name: string) => ({ "Fn::GetAtt": [id, name] });
const subnet = (zone: string, CidrBlock: string) => ({
  Type: "AWS::EC2::Subnet",
  Properties: { VpcId: ref("Vpc"), CidrBlock, AvailabilityZone: { "Fn::Sub": `\${AWS::Region}${zone}` } },
});

const template = JSON.stringify({
  Resources: {
    Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
    A: subnet("a", "10.0.1.0/24"),
    B: subnet("b", "10.0.2.0/24"),
    Subnets: {
      Type: "AWS::RDS::DBSubnetGroup",
      Properties: { DBSubnetGroupDescription: "private", SubnetIds: [ref("A"), ref("B")] },
    },
    Cluster: {
      Type: "AWS::RDS::DBCluster",
      DeletionPolicy: "Delete",
      Properties: {
        Engine: "aurora-postgresql",
        DatabaseName: "orders",
        MasterUsername: "owner",
        ManageMasterUserPassword: "true",
        DBSubnetGroupName: ref("Subnets"),
        ServerlessV2ScalingConfiguration: { MinCapacity: "0.5", MaxCapacity: "2" },
        StorageEncrypted: true,
      },
    },
    Writer: {
      Type: "AWS::RDS::DBInstance",
      Properties: {
        DBClusterIdentifier: ref("Cluster"),
        DBInstanceClass: "db.serverless",
        Engine: "aurora-postgresql",
      },
    },
    Proxy: {
      Type: "AWS::RDS::DBProxy",
      Properties: {
        DBProxyName: "orders",
        EngineFamily: "POSTGRESQL",
        RoleArn: `arn:aws:iam::${TOOLING}:role/proxy`,
        VpcSubnetIds: [ref("A"), ref("B")],
        Auth: [
          { AuthScheme: "SECRETS", SecretArn: attribute("Cluster", "MasterUserSecret.SecretArn"), IAMAuth: "DISABLED" },
        ],
      },
    },
    Targets: {
      Type: "AWS::RDS::DBProxyTargetGroup",
      DependsOn: "Writer",
      Properties: { DBProxyName: ref("Proxy"), TargetGroupName: "default", DBClusterIdentifiers: [ref("Cluster")] },
    },
  },
  Outputs: {
    Host: { Value: attribute("Proxy", "Endpoint") },
    Secret: { Value: attribute("Cluster", "MasterUserSecret.SecretArn") },
  },
});

test("a stack's database answers at its proxy with the password of its secret, and goes with the stack", async () => {
  const sandbox = await sandboxForTest();
  const { Host: host, Secret: SecretId } = await deploy(sandbox, TOOLING, "database", template, {});
  const { SecretString = "{}" } = await sandbox.send(new GetSecretValueCommand({ SecretId }));
  const { username: user, password } = JSON.parse(SecretString) as { username: string; password: string };
  const client = new Client({ host, port: 5432, user, password, database: "orders" });
  await client.connect();
  expect((await client.query("SELECT current_database() AS name")).rows).toEqual([{ name: "orders" }]);
  await client.end();
  const settled = new Promise<string>((resolve) => {
    sandbox.signals.on("cloudformation.settled", ({ status }) => resolve(status));
  });
  await sandbox.send(new DeleteStackCommand({ StackName: "database" }));
  expect(await settled).toBe("DELETE_COMPLETE");
  expect((await sandbox.send(new DescribeDBClustersCommand({}))).DBClusters).toEqual([]);
  expect((await sandbox.send(new DescribeDBClusterSnapshotsCommand({}))).DBClusterSnapshots).toEqual([]);
}, 40_000);

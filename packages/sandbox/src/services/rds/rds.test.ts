import * as sdk from "@aws-sdk/client-rds";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Client } from "pg";
import { expect, test } from "vitest";
import { clientSettings, sandboxForTest, temporaryFolder } from "../../../test/support.ts";
import type { Sandbox } from "../../index.ts";

const soon = { timeout: 15_000 };

function rdsOf(sandbox: Sandbox) {
  const client = new sdk.RDSClient(clientSettings(sandbox));
  const describe = async () =>
    (await client.send(new sdk.DescribeDBClustersCommand({ DBClusterIdentifier: "orders" }))).DBClusters?.[0];
  return {
    client,
    describe,
    create: (more: Partial<sdk.CreateDBClusterCommandInput> = {}) =>
      client.send(
        new sdk.CreateDBClusterCommand({
          DBClusterIdentifier: "Orders",
          Engine: "aurora-postgresql",
          DatabaseName: "orders",
          MasterUsername: "owner",
          MasterUserPassword: "a-good-password",
          ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 4 },
          ...more,
        }),
      ),
    async available() {
      await expect.poll(async () => (await describe())?.Status, soon).toBe("available");
      return describe();
    },
    remove: () =>
      client.send(new sdk.DeleteDBClusterCommand({ DBClusterIdentifier: "orders", SkipFinalSnapshot: true })),
  };
}

/** Runs one statement as the cluster's client does. */
async function query(host: string | undefined, port: number | undefined, password: string, text: string) {
  const client = new Client({ host, port, user: "owner", password, database: "orders" });
  await client.connect();
  try {
    return (await client.query(text)).rows as unknown[];
  } finally {
    await client.end();
  }
}

test("a cluster is a PostgreSQL with its own user and database, behind its proxy too, and keeps its rows over a restart", async () => {
  const dataDir = temporaryFolder();
  const first = await sandboxForTest({ dataDir });
  const before = rdsOf(first);
  expect((await before.create()).DBCluster).toMatchObject({
    Status: "creating",
    DBClusterIdentifier: "orders",
    Engine: "aurora-postgresql",
  });
  await expect(before.create()).rejects.toThrow("DB Cluster already exists");
  const { Endpoint, Port } = (await before.available()) ?? {};
  await query(Endpoint, Port, "a-good-password", "CREATE TABLE orders (id int)");
  await query(Endpoint, Port, "a-good-password", "INSERT INTO orders VALUES (7)");
  await expect(query(Endpoint, Port, "wrong", "SELECT 1")).rejects.toThrow("password authentication failed");

  const proxy = {
    DBProxyName: "orders",
    EngineFamily: "POSTGRESQL" as const,
    Auth: [],
    RoleArn: "arn:aws:iam::111111111111:role/proxy",
    VpcSubnetIds: [],
  };
  const { DBProxy } = await before.client.send(new sdk.CreateDBProxyCommand(proxy));
  const target = { DBProxyName: "orders", DBClusterIdentifiers: ["orders"] };
  await before.client.send(new sdk.RegisterDBProxyTargetsCommand(target));
  expect(DBProxy?.Endpoint).not.toBe(Endpoint);
  expect(await query(DBProxy?.Endpoint, 5432, "a-good-password", "SELECT id FROM orders")).toEqual([{ id: 7 }]);
  await first.stop();
  await expect(query(Endpoint, Port, "a-good-password", "SELECT 1")).rejects.toThrow("ECONNREFUSED");

  const after = rdsOf(await sandboxForTest({ dataDir }));
  const again = await after.available();
  expect(await query(again?.Endpoint, again?.Port, "a-good-password", "SELECT id FROM orders")).toEqual([{ id: 7 }]);
  await after.client.send(
    new sdk.ModifyDBClusterCommand({ DBClusterIdentifier: "orders", MasterUserPassword: "another-password" }),
  );
  await expect
    .poll(() => query(again?.Endpoint, again?.Port, "another-password", "SELECT 1 AS one").catch(String), soon)
    .toEqual([{ one: 1 }]);
  await after.remove();
}, 40_000);

test("a managed password lies in Secrets Manager, and a cluster goes only after its instances", async () => {
  const sandbox = await sandboxForTest();
  const { client, create, available, describe, remove } = rdsOf(sandbox);
  await create({ ManageMasterUserPassword: true, MasterUserPassword: undefined, DeletionProtection: true });
  const instance = {
    DBInstanceIdentifier: "one",
    DBClusterIdentifier: "orders",
    DBInstanceClass: "db.serverless",
    Engine: "aurora-postgresql",
  };
  await client.send(new sdk.CreateDBInstanceCommand(instance));
  const { MasterUserSecret, Endpoint, Port, DBClusterMembers } = (await available()) ?? {};
  expect(DBClusterMembers).toMatchObject([{ DBInstanceIdentifier: "one", IsClusterWriter: true }]);
  const secrets = new SecretsManagerClient(clientSettings(sandbox));
  const { SecretString = "{}" } = await secrets.send(
    new GetSecretValueCommand({ SecretId: MasterUserSecret?.SecretArn }),
  );
  const { username, password } = JSON.parse(SecretString) as { username: string; password: string };
  expect(username).toBe("owner");
  expect(await query(Endpoint, Port, password, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  await expect(remove()).rejects.toThrow("Cannot delete protected Cluster");
  await client.send(new sdk.ModifyDBClusterCommand({ DBClusterIdentifier: "orders", DeletionProtection: false }));
  await expect(remove()).rejects.toThrow("it still contains DB instances");
  await client.send(new sdk.DeleteDBInstanceCommand({ DBInstanceIdentifier: "one" }));
  await remove();
  await expect(describe()).rejects.toThrow("DBCluster orders not found.");
}, 40_000);

test("what the sandbox's Aurora doesn't do is refused by name", async () => {
  const sandbox = await sandboxForTest();
  const { client, create } = rdsOf(sandbox);
  await expect(create({ Engine: "aurora-mysql" })).rejects.toThrow("aurora-mysql is not implemented");
  await expect(create({ EnableHttpEndpoint: true })).rejects.toThrow("EnableHttpEndpoint is not implemented");
  const alone = { DBInstanceIdentifier: "one", DBInstanceClass: "db.t4g.micro", Engine: "postgres" };
  await expect(client.send(new sdk.CreateDBInstanceCommand(alone))).rejects.toThrow("an instance outside of a cluster");
});

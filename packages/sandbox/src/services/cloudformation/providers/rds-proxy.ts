import * as sdk from "@aws-sdk/client-rds";
import type { JsonObject } from "@turnpike/cloudformation";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { createOnce, flag, ifThere, list, number, object, present, tagList, text, texts } from "./values.ts";

const proxy = defineProvider({
  type: "AWS::RDS::DBProxy",
  properties: [
    "Auth",
    "DBProxyName",
    "DebugLogging",
    "EngineFamily",
    "IdleClientTimeout",
    "RequireTLS",
    "RoleArn",
    "Tags",
    "VpcSecurityGroupIds",
    "VpcSubnetIds",
  ],
  required: ["DBProxyName", "EngineFamily", "RoleArn", "VpcSubnetIds"],
  takesTags: true,
  async create(call) {
    const { properties } = call;
    const name = text(properties.DBProxyName) ?? "";
    const input = {
      DBProxyName: name,
      EngineFamily: text(properties.EngineFamily),
      RoleArn: text(properties.RoleArn),
      Auth: list(properties.Auth).map((one) => object(one)),
      VpcSubnetIds: texts(properties.VpcSubnetIds),
      VpcSecurityGroupIds: texts(properties.VpcSecurityGroupIds),
      IdleClientTimeout: number(properties.IdleClientTimeout),
      RequireTLS: flag(properties.RequireTLS),
      DebugLogging: flag(properties.DebugLogging),
      Tags: tagList(call),
    };
    await createOnce(call, () => call.send(new sdk.CreateDBProxyCommand(present(input) as never)));
    return made(call, name);
  },
  async remove(call, { physicalId }) {
    await call.send(new sdk.DeleteDBProxyCommand({ DBProxyName: physicalId }));
  },
});

async function made({ send, properties }: ProviderCall, DBProxyName: string): Promise<Made> {
  const { DBProxies: [found] = [] } = await send(new sdk.DescribeDBProxiesCommand({ DBProxyName }));
  const { VpcId = "" } = properties;
  return {
    physicalId: DBProxyName,
    attributes: { DBProxyArn: found?.DBProxyArn ?? "", Endpoint: found?.Endpoint ?? "", VpcId },
  };
}

const targetGroup = defineProvider({
  type: "AWS::RDS::DBProxyTargetGroup",
  properties: [
    "ConnectionPoolConfigurationInfo",
    "DBClusterIdentifiers",
    "DBInstanceIdentifiers",
    "DBProxyName",
    "TargetGroupName",
  ],
  required: ["DBProxyName", "TargetGroupName"],
  takesTags: false,
  create: (call) => put(call, {}),
  update: (call, { properties }) => put(call, properties),
  async remove(call, { properties }) {
    const DBProxyName = text(properties.DBProxyName) ?? "";
    const DBClusterIdentifiers = texts(properties.DBClusterIdentifiers);
    await ifThere(call.send(new sdk.DeregisterDBProxyTargetsCommand({ DBProxyName, DBClusterIdentifiers })));
  },
});

/** The group itself is the proxy's from its beginning: this is about its pool and its targets. */
async function put({ send, properties }: ProviderCall, before: JsonObject): Promise<Made> {
  const DBProxyName = text(properties.DBProxyName) ?? "";
  const pool = object(properties.ConnectionPoolConfigurationInfo);
  const numbers = ["ConnectionBorrowTimeout", "MaxConnectionsPercent", "MaxIdleConnectionsPercent"];
  const config = Object.fromEntries(numbers.map((name) => [name, number(pool[name])]));
  const { DBProxyTargetGroup } = await send(
    new sdk.ModifyDBProxyTargetGroupCommand({
      DBProxyName,
      TargetGroupName: "default",
      ConnectionPoolConfig: present(config),
    }),
  );
  const [old, next] = [texts(before.DBClusterIdentifiers), texts(properties.DBClusterIdentifiers)];
  const gone = old.filter((id) => !next.includes(id));
  if (gone.length > 0) await send(new sdk.DeregisterDBProxyTargetsCommand({ DBProxyName, DBClusterIdentifiers: gone }));
  const DBInstanceIdentifiers = texts(properties.DBInstanceIdentifiers);
  if (next.length + DBInstanceIdentifiers.length > 0) {
    await send(
      new sdk.RegisterDBProxyTargetsCommand({ DBProxyName, DBClusterIdentifiers: next, DBInstanceIdentifiers }),
    );
  }
  const arn = DBProxyTargetGroup?.TargetGroupArn ?? "";
  return { physicalId: arn, attributes: { TargetGroupArn: arn } };
}

export const databaseProxyProviders = [proxy, targetGroup];

import type * as sdk from "@aws-sdk/client-rds";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { hostOf } from "./host.ts";
import { findAddress } from "./postgres/address.ts";
import {
  arnOf,
  clusters,
  getCluster,
  type ProxyRecord,
  proxies,
  refuseOthers,
  tagsOf,
  unsupported,
} from "./records.ts";

const KNOWN = [
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
];

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html */
async function createProxy(context: Context, input: sdk.CreateDBProxyRequest): Promise<sdk.CreateDBProxyResponse> {
  refuseOthers("CreateDBProxy", input, KNOWN);
  const name = input.DBProxyName ?? "";
  if (input.EngineFamily !== "POSTGRESQL") throw unsupported(`a proxy of ${input.EngineFamily}`);
  if (proxies(context).get(name)) throw new AwsError("DBProxyAlreadyExistsFault", `DB Proxy ${name} already exists.`);
  const resourceId = `prx-0${context.random.hex(16)}`;
  const proxy: ProxyRecord = {
    name,
    resourceId,
    address: await findAddress(resourceId, undefined),
    auth: input.Auth ?? [],
    roleArn: input.RoleArn ?? "",
    subnetIds: input.VpcSubnetIds ?? [],
    groupIds: input.VpcSecurityGroupIds ?? [],
    requireTls: input.RequireTLS ?? false,
    idleTimeoutS: input.IdleClientTimeout ?? 1800,
    clusterIds: [],
    pool: {},
    createdAt: context.clock.now().toISOString(),
    tags: tagsOf(input.Tags),
  };
  proxies(context).put(name, proxy);
  await hostOf(context.runtime).openProxy(context, proxy);
  return { DBProxy: show(context, getProxy(context, name)) };
}

function show(context: Context, proxy: ProxyRecord): sdk.DBProxy {
  return {
    DBProxyName: proxy.name,
    DBProxyArn: arnOf(context, "db-proxy", proxy.resourceId),
    Status: "available",
    EngineFamily: "POSTGRESQL",
    Endpoint: proxy.address.host,
    VpcSubnetIds: [...proxy.subnetIds],
    VpcSecurityGroupIds: [...proxy.groupIds],
    Auth: [...proxy.auth],
    RoleArn: proxy.roleArn,
    RequireTLS: proxy.requireTls,
    IdleClientTimeout: proxy.idleTimeoutS,
    DebugLogging: false,
    CreatedDate: new Date(proxy.createdAt),
    UpdatedDate: new Date(proxy.createdAt),
  };
}

function getProxy(context: Context, name: string | undefined): ProxyRecord {
  const proxy = proxies(context).get(name ?? "");
  if (proxy) return proxy;
  throw new AwsError("DBProxyNotFoundFault", `DB Proxy ${name} doesn't exist.`);
}

const targetGroup = (context: Context, proxy: ProxyRecord): sdk.DBProxyTargetGroup => ({
  DBProxyName: proxy.name,
  TargetGroupName: "default",
  TargetGroupArn: arnOf(context, "target-group", proxy.resourceId.replace("prx", "prx-tg")),
  IsDefault: true,
  Status: "available",
  ConnectionPoolConfig: { MaxConnectionsPercent: 100, MaxIdleConnectionsPercent: 50, ...proxy.pool },
});

function targetsOf(context: Context, proxy: ProxyRecord): sdk.DBProxyTarget[] {
  return proxy.clusterIds.map((id) => {
    const isThere = clusters(context).get(id)?.status === "available";
    return {
      RdsResourceId: id,
      Type: "TRACKED_CLUSTER",
      TargetHealth: { State: isThere ? "AVAILABLE" : "UNAVAILABLE" },
    };
  });
}

export const proxyOperations: Operations<typeof sdk> = {
  CreateDBProxy: createProxy,
  DescribeDBProxies: (context, input) => {
    const found =
      input.DBProxyName === undefined
        ? proxies(context)
            .list()
            .map(({ value }) => value)
        : [getProxy(context, input.DBProxyName)];
    return { DBProxies: found.map((proxy) => show(context, proxy)) };
  },
  DeleteDBProxy: (context, input) => {
    const proxy = getProxy(context, input.DBProxyName);
    proxies(context).delete(proxy.name);
    hostOf(context.runtime).closeProxy(proxy);
    return { DBProxy: { ...show(context, proxy), Status: "deleting" } };
  },
  RegisterDBProxyTargets: (context, input) => {
    if (input.DBInstanceIdentifiers?.length) throw unsupported("a proxy to an instance outside of a cluster");
    const proxy = getProxy(context, input.DBProxyName);
    const added = (input.DBClusterIdentifiers ?? []).map((id) => getCluster(context, id).id);
    const changed = { ...proxy, clusterIds: [...new Set([...proxy.clusterIds, ...added])] };
    proxies(context).put(proxy.name, changed);
    return { DBProxyTargets: targetsOf(context, changed) };
  },
  DeregisterDBProxyTargets: (context, input) => {
    const proxy = getProxy(context, input.DBProxyName);
    const left = proxy.clusterIds.filter((id) => !input.DBClusterIdentifiers?.includes(id));
    proxies(context).put(proxy.name, { ...proxy, clusterIds: left });
    return {};
  },
  DescribeDBProxyTargets: (context, input) => ({
    Targets: targetsOf(context, getProxy(context, input.DBProxyName)),
  }),
  DescribeDBProxyTargetGroups: (context, input) => ({
    TargetGroups: [targetGroup(context, getProxy(context, input.DBProxyName))],
  }),
  ModifyDBProxyTargetGroup: (context, input) => {
    const proxy = getProxy(context, input.DBProxyName);
    const changed = { ...proxy, pool: { ...proxy.pool, ...input.ConnectionPoolConfig } };
    proxies(context).put(proxy.name, changed);
    return { DBProxyTargetGroup: targetGroup(context, changed) };
  },
};

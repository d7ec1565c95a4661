import * as sdk from "@aws-sdk/client-rds";
import { defineService } from "../../core/service.ts";
import { clusterOperations } from "./clusters.ts";
import { hostOf } from "./host.ts";
import { instanceOperations } from "./instances.ts";
import { proxyOperations } from "./proxies.ts";
import { clusters, proxies } from "./records.ts";
import { subnetGroupOperations } from "./subnet-groups.ts";
import { tagOperations } from "./tags.ts";

/**
 * RDS, as far as Aurora Serverless v2 for PostgreSQL goes: each cluster is a PostgreSQL of its own that starts when it
 * is created and with the sandbox, on loopback, with the master user, password and database that were asked for (or a
 * password that Secrets Manager keeps); instances are records of it; a proxy is another address that leads to it.
 *
 * Clusters and proxies have an address of their own in 127.0.0.0/8 and port 5432; where only 127.0.0.1 exists (macOS)
 * they have a port of their own instead, which templates can't know of a proxy. The server is PostgreSQL 18, whatever
 * `EngineVersion` says; its master user is a superuser; it speaks no TLS; capacity, backups, encryption, insights and
 * security groups are numbers and names. A final snapshot keeps the data where it is, and nothing restores it.
 *
 * Gaps, refused by name: other engines, instances outside of clusters, and parameters that aren't listed. 501: parameter
 * groups, snapshots by request, restores, replicas, the Data API. IAM authentication is kept and lets nobody in.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/Welcome.html
 */
export const rds = defineService({
  sdk,
  client: "RDSClient",
  operations: {
    ...clusterOperations,
    ...instanceOperations,
    ...subnetGroupOperations,
    ...proxyOperations,
    ...tagOperations,
  },
  start(runtime) {
    const host = hostOf(runtime);
    for (const place of runtime.scopes()) {
      const store = runtime.storeOf(place.account, place.region);
      for (const { value } of clusters(store).list()) host.start(place, value);
      for (const { value } of proxies(store).list()) {
        host
          .openProxy(place, value)
          .catch((error: unknown) => runtime.log("rds.failed", { proxy: value.name, error: String(error) }));
      }
    }
    return { stop: () => host.stop() };
  },
});

import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import type { ServiceRuntime } from "../../core/context.ts";
import { findAddress } from "./postgres/address.ts";
import { changePassword, type PostgresServer, removeData, startPostgres } from "./postgres/server.ts";
import { type ClusterRecord, clusters, type ProxyRecord, proxies } from "./records.ts";

interface Place {
  readonly account: string;
  readonly region: string;
}

/** The servers of this sandbox's clusters, and the doors of its proxies. */
export interface Host {
  /** Starts a cluster's server in the background; its record says when it answers. */
  start(place: Place, cluster: ClusterRecord): void;
  changePassword(place: Place, cluster: ClusterRecord, password: string): void;
  /** Ends the server. Its data goes too, unless it is kept. */
  remove(cluster: ClusterRecord, keepData: boolean): void;
  openProxy(place: Place, proxy: ProxyRecord): Promise<void>;
  closeProxy(proxy: ProxyRecord): void;
  stop(): Promise<void>;
}

const hosts = new WeakMap<ServiceRuntime, Host>();

export function hostOf(runtime: ServiceRuntime): Host {
  const known = hosts.get(runtime) ?? createHost(runtime);
  hosts.set(runtime, known);
  return known;
}

function createHost(runtime: ServiceRuntime): Host {
  const servers = new Map<string, PostgresServer>();
  const doors = new Map<string, Server>();
  /** What is under way for a cluster, one after the other. */
  const work = new Map<string, Promise<void>>();
  const folderOf = ({ resourceId }: ClusterRecord) => join(runtime.surroundings.dataDir, "rds", resourceId);
  let stopping = false;

  const then = (cluster: ClusterRecord, next: () => Promise<void>) => {
    const quietly = () =>
      next().catch((error: unknown) => runtime.log("rds.failed", { cluster: cluster.id, error: String(error) }));
    work.set(cluster.resourceId, (work.get(cluster.resourceId) ?? Promise.resolve()).then(quietly));
  };

  const change = (place: Place, id: string, changes: Partial<ClusterRecord>) => {
    const stored = clusters(runtime.storeOf(place.account, place.region));
    const current = stored.get(id);
    if (current) stored.put(id, { ...current, ...changes });
  };

  const launch = async (place: Place, id: string) => {
    const cluster = clusters(runtime.storeOf(place.account, place.region)).get(id);
    if (!cluster || stopping) return;
    try {
      const address = await findAddress(cluster.resourceId, cluster.address);
      const { masterUsername, password, databaseName } = cluster;
      const server = await startPostgres({
        folder: folderOf(cluster),
        address,
        masterUsername,
        password,
        databaseName,
      });
      servers.set(cluster.resourceId, server);
      change(place, id, { status: "available", address });
    } catch (error) {
      change(place, id, { status: "failed" });
      throw error;
    }
  };

  const halt = async ({ resourceId }: ClusterRecord) => {
    await servers.get(resourceId)?.stop();
    servers.delete(resourceId);
  };

  return {
    start(place, cluster) {
      // Available was what an earlier start of the sandbox said.
      if (cluster.status !== "creating") change(place, cluster.id, { status: "starting" });
      then(cluster, () => launch(place, cluster.id));
    },
    changePassword: (place, cluster, password) =>
      then(cluster, async () => {
        await halt(cluster);
        await changePassword(folderOf(cluster), cluster.masterUsername, password);
        await launch(place, cluster.id);
      }),
    remove: (cluster, keepData) =>
      then(cluster, async () => {
        await halt(cluster);
        if (!keepData) removeData(folderOf(cluster));
      }),
    async openProxy(place, proxy) {
      const address = await findAddress(proxy.resourceId, proxy.address);
      const stored = proxies(runtime.storeOf(place.account, place.region));
      const door = createServer((client) => {
        const [clusterId] = stored.get(proxy.name)?.clusterIds ?? [];
        const target =
          clusterId === undefined ? undefined : clusters(runtime.storeOf(place.account, place.region)).get(clusterId);
        if (target?.status !== "available") return client.destroy();
        const server = connect(target.address.port, target.address.host);
        client.on("error", () => server.destroy()).on("close", () => server.destroy());
        server.on("error", () => client.destroy()).on("close", () => client.destroy());
        return client.pipe(server).pipe(client);
      });
      await new Promise<void>((resolve, reject) => {
        door.once("error", reject).listen(address.port, address.host, resolve);
      });
      door.unref();
      doors.set(proxy.resourceId, door);
      const current = stored.get(proxy.name);
      if (current) stored.put(proxy.name, { ...current, address });
    },
    closeProxy({ resourceId }) {
      doors.get(resourceId)?.close();
      doors.delete(resourceId);
    },
    async stop() {
      stopping = true;
      for (const door of doors.values()) door.close();
      await Promise.all(work.values());
      await Promise.all([...servers.values()].map((server) => server.stop()));
    },
  };
}

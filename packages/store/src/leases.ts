import type { Leases } from "@turnpike/domain/live";
import pg from "pg";

/** Keeps our lock keys apart from anyone else's in the same database. */
const NAMESPACE = 7_270;

/**
 * Leases as advisory locks of one session: a lease ends with its work, or with this process, however that ends. The
 * locks of one session don't exclude each other, so leases taken in this process are counted here too.
 */
export function createLeases(databaseUrl: string): Leases & { stop(): Promise<void> } {
  let connecting: Promise<pg.Client> | undefined;
  const held = new Set<string>();

  function session(): Promise<pg.Client> {
    connecting ??= (async () => {
      const client = new pg.Client({ connectionString: databaseUrl, keepAlive: true });
      const lost = () => {
        connecting = undefined;
      };
      client.on("error", lost);
      client.on("end", lost);
      await client.connect();
      return client;
    })().catch((error) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  }

  return {
    async withLease(name, work) {
      if (held.has(name)) return "busy";
      held.add(name);
      try {
        const client = await session();
        const { rows } = await client.query<{ held: boolean }>(
          "SELECT pg_try_advisory_lock($1, hashtext($2)) AS held",
          [NAMESPACE, name],
        );
        if (!rows[0]?.held) return "busy";
        try {
          await work();
          return "done";
        } finally {
          // On a session that has ended the lock has ended too.
          await client.query("SELECT pg_advisory_unlock($1, hashtext($2))", [NAMESPACE, name]).catch(() => undefined);
        }
      } finally {
        held.delete(name);
      }
    },
    async stop() {
      await (await connecting)?.end();
    },
  };
}

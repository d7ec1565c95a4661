import type { Logger } from "@turnpike/kernel";
import pg from "pg";

const CHANNEL = "turnpike";

/**
 * `Changes` over PostgreSQL's LISTEN and NOTIFY: every process that listens hears what any process publishes. A lost
 * connection is opened again, and every listener is then told `*`: whatever it missed, it looks again.
 */
export function createChanges(databaseUrl: string, log: Logger) {
  const listeners = new Set<(topic: string) => void>();
  let client: pg.Client | undefined;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;

  const tell = (topic: string) => {
    for (const listener of listeners) listener(topic);
  };

  async function connect(again: boolean): Promise<void> {
    const next = new pg.Client({ connectionString: databaseUrl, keepAlive: true });
    next.on("notification", ({ payload }) => tell(payload ?? "*"));
    next.on("error", (error) => log.warn({ err: error }, "listening for changes was interrupted"));
    next.on("end", () => {
      if (closed || client !== next) return;
      client = undefined;
      retry = setTimeout(() => void reconnect(), 500);
    });
    await next.connect();
    await next.query(`LISTEN ${CHANNEL}`);
    client = next;
    if (again) tell("*");
  }

  async function reconnect(): Promise<void> {
    try {
      await connect(true);
    } catch (error) {
      log.warn({ err: error }, "the database can't be listened to; trying again");
      if (!closed) retry = setTimeout(() => void reconnect(), 2000);
    }
  }

  async function notify(topic: string): Promise<void> {
    const query = (through: pg.Client) => through.query("SELECT pg_notify($1, $2)", [CHANNEL, topic]);
    if (client) {
      await query(client);
      return;
    }
    // The listening connection is being opened again: others still listen on theirs.
    const once = new pg.Client({ connectionString: databaseUrl });
    await once.connect();
    try {
      await query(once);
    } finally {
      await once.end();
    }
  }

  return {
    start: () => connect(false),
    async publish(topic: string): Promise<void> {
      try {
        await notify(topic);
      } catch (error) {
        // What is told of is stored already: whoever should have heard sees it at their next sweep.
        log.warn({ err: error, topic }, "a change could not be published");
      }
    },
    subscribe(listener: (topic: string) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop(): Promise<void> {
      closed = true;
      clearTimeout(retry);
      await client?.end();
    },
  };
}

import type { DatabaseSync } from "node:sqlite";
import type { Context, ServiceRuntime } from "../../core/context.ts";

/** A message as it lies in its queue. Times are sandbox milliseconds. */
export interface StoredMessage {
  readonly id: number;
  readonly queue: string;
  readonly messageId: string;
  readonly body: string;
  /** JSON of the message's attributes; binary values in base 64. */
  readonly attributes: string;
  readonly systemAttributes: string;
  readonly sentAtMs: number;
  readonly visibleAtMs: number;
  readonly receiveCount: number;
  readonly firstReceivedAtMs: number | null;
  /** Names the latest receipt; an older handle no longer deletes. */
  readonly receipt: string;
  readonly deadLetterSource: string | null;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sqs_messages (
    id INTEGER PRIMARY KEY, queue TEXT NOT NULL, messageId TEXT NOT NULL, body TEXT NOT NULL, attributes TEXT NOT NULL,
    systemAttributes TEXT NOT NULL, sentAtMs INTEGER NOT NULL, visibleAtMs INTEGER NOT NULL,
    receiveCount INTEGER NOT NULL DEFAULT 0, firstReceivedAtMs INTEGER, receipt TEXT NOT NULL DEFAULT '',
    deadLetterSource TEXT
  );
  CREATE INDEX IF NOT EXISTS sqs_messages_by_queue ON sqs_messages (queue, id);
`;

interface MessageTable {
  add(message: Omit<StoredMessage, "id" | "receiveCount" | "firstReceivedAtMs" | "receipt" | "deadLetterSource">): void;
  /** What may be received now, oldest first. */
  visible(queue: string, nowMs: number, limit: number): StoredMessage[];
  byId(id: number): StoredMessage | undefined;
  receive(id: number, receipt: string, nowMs: number, visibleAtMs: number): void;
  setVisibleAt(id: number, visibleAtMs: number): void;
  moveTo(id: number, queue: string, source: string, nowMs: number): void;
  delete(id: number): void;
  /** Forgets what was sent before; of all times, when none is given. */
  purge(queue: string, beforeMs?: number): void;
  /** When the next hidden message becomes visible. */
  nextVisibleAtMs(queue: string, nowMs: number): number | undefined;
  counts(queue: string, nowMs: number): { visible: number; inFlight: number; delayed: number };
}

/** One table for all queues: they are read by age and visibility, which documents under keys can't do. */
function messageTable(sql: DatabaseSync): MessageTable {
  sql.exec(SCHEMA);
  const add = sql.prepare(
    `INSERT INTO sqs_messages (queue, messageId, body, attributes, systemAttributes, sentAtMs, visibleAtMs)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const visible = sql.prepare("SELECT * FROM sqs_messages WHERE queue = ? AND visibleAtMs <= ? ORDER BY id LIMIT ?");
  const byId = sql.prepare("SELECT * FROM sqs_messages WHERE id = ?");
  const receive = sql.prepare(
    `UPDATE sqs_messages SET receiveCount = receiveCount + 1, receipt = ?,
       firstReceivedAtMs = coalesce(firstReceivedAtMs, ?), visibleAtMs = ? WHERE id = ?`,
  );
  const setVisibleAt = sql.prepare("UPDATE sqs_messages SET visibleAtMs = ? WHERE id = ?");
  const moveTo = sql.prepare(
    "UPDATE sqs_messages SET queue = ?, deadLetterSource = ?, visibleAtMs = ?, receipt = '' WHERE id = ?",
  );
  const remove = sql.prepare("DELETE FROM sqs_messages WHERE id = ?");
  const purge = sql.prepare("DELETE FROM sqs_messages WHERE queue = ? AND sentAtMs < ?");
  const next = sql.prepare("SELECT min(visibleAtMs) AS at FROM sqs_messages WHERE queue = ? AND visibleAtMs > ?");
  const counts = sql.prepare(
    `SELECT count(*) FILTER (WHERE visibleAtMs <= ?2) AS visible,
            count(*) FILTER (WHERE visibleAtMs > ?2 AND receipt <> '') AS inFlight,
            count(*) FILTER (WHERE visibleAtMs > ?2 AND receipt = '') AS delayed
     FROM sqs_messages WHERE queue = ?1`,
  );
  return {
    add: (m) => {
      add.run(m.queue, m.messageId, m.body, m.attributes, m.systemAttributes, m.sentAtMs, m.visibleAtMs);
    },
    visible: (queue, nowMs, limit) => visible.all(queue, nowMs, limit) as unknown as StoredMessage[],
    byId: (id) => byId.get(id) as StoredMessage | undefined,
    receive: (id, receipt, nowMs, visibleAtMs) => void receive.run(receipt, nowMs, visibleAtMs, id),
    setVisibleAt: (id, visibleAtMs) => void setVisibleAt.run(visibleAtMs, id),
    moveTo: (id, queue, source, nowMs) => void moveTo.run(queue, source, nowMs, id),
    delete: (id) => void remove.run(id),
    purge: (queue, beforeMs = Number.MAX_SAFE_INTEGER) => void purge.run(queue, beforeMs),
    nextVisibleAtMs: (queue, nowMs) => (next.get(queue, nowMs) as { at: number | null }).at ?? undefined,
    counts: (queue, nowMs) => counts.get(queue, nowMs) as { visible: number; inFlight: number; delayed: number },
  };
}

/** What the service keeps in memory: its prepared statements, and who waits at which queue. */
export interface SqsEngine {
  readonly messages: MessageTable;
  /** Wakes the long polls of a queue. */
  wake(queue: string): void;
  /** Resolves at the next `wake`, when `ms` of sandbox time have passed, or when the caller or the sandbox is gone. */
  wait(queue: string, ms: number, signal: AbortSignal): Promise<void>;
  readonly stopping: boolean;
  stop(): void;
}

const engines = new WeakMap<ServiceRuntime, SqsEngine>();

/** The engine of this sandbox's SQS. Keyed by its runtime: two sandboxes may run in one process. */
export function engineOf(runtime: ServiceRuntime): SqsEngine {
  const known = engines.get(runtime);
  if (known) return known;
  const waiting = new Map<string, Set<AbortController>>();
  const stop = new AbortController();
  const engine: SqsEngine = {
    messages: messageTable(runtime.storeOf("", "").sql),
    wake(queue) {
      for (const waiter of waiting.get(queue) ?? []) waiter.abort();
    },
    async wait(queue, ms, signal) {
      const waiter = new AbortController();
      const waiters = waiting.get(queue) ?? new Set();
      waiting.set(queue, waiters.add(waiter));
      try {
        await runtime.clock.sleep(ms, AbortSignal.any([waiter.signal, signal, stop.signal]));
      } catch {
        // Woken: there is something to look at, or nobody to tell any more.
      } finally {
        waiters.delete(waiter);
        if (waiters.size === 0) waiting.delete(queue);
      }
    },
    get stopping() {
      return stop.signal.aborted;
    },
    stop: () => stop.abort(),
  };
  engines.set(runtime, engine);
  return engine;
}

export const engine = (context: Context): SqsEngine => engineOf(context.runtime);

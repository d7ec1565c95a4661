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
  /** Of a FIFO queue (and, as a hint, of a standard one). */
  readonly groupId: string | null;
  readonly deduplicationId: string | null;
  readonly sequence: string | null;
}

/** What a deduplication id stands for, as long as it is remembered. */
interface Sent {
  readonly messageId: string;
  readonly sequence: string;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sqs_messages (
    id INTEGER PRIMARY KEY, queue TEXT NOT NULL, messageId TEXT NOT NULL, body TEXT NOT NULL, attributes TEXT NOT NULL,
    systemAttributes TEXT NOT NULL, sentAtMs INTEGER NOT NULL, visibleAtMs INTEGER NOT NULL,
    receiveCount INTEGER NOT NULL DEFAULT 0, firstReceivedAtMs INTEGER, receipt TEXT NOT NULL DEFAULT '',
    deadLetterSource TEXT
  );
  CREATE INDEX IF NOT EXISTS sqs_messages_by_queue ON sqs_messages (queue, id);
  CREATE TABLE IF NOT EXISTS sqs_deduplication (
    queue TEXT NOT NULL, scope TEXT NOT NULL, id TEXT NOT NULL, messageId TEXT NOT NULL, sequence TEXT NOT NULL,
    untilMs INTEGER NOT NULL, PRIMARY KEY (queue, scope, id)
  ) WITHOUT ROWID;
`;

/** Columns that came later; a state of before has rows without them. */
const LATER_COLUMNS = ["groupId TEXT", "deduplicationId TEXT", "sequence TEXT"];

function migrate(sql: DatabaseSync): void {
  sql.exec(SCHEMA);
  const known = new Set(
    sql
      .prepare("PRAGMA table_info(sqs_messages)")
      .all()
      .map(({ name }) => name),
  );
  for (const column of LATER_COLUMNS) {
    if (!known.has(column.split(" ")[0] ?? "")) sql.exec(`ALTER TABLE sqs_messages ADD COLUMN ${column}`);
  }
  sql.exec("CREATE INDEX IF NOT EXISTS sqs_messages_by_group ON sqs_messages (queue, groupId, id)");
}

interface MessageTable {
  add(message: Omit<StoredMessage, "id" | "receiveCount" | "firstReceivedAtMs" | "receipt" | "deadLetterSource">): void;
  /** What may be received now, oldest first. */
  visible(queue: string, nowMs: number, limit: number): StoredMessage[];
  /** The same of a FIFO queue: nothing of a group behind a message that is hidden. */
  inOrder(queue: string, nowMs: number, limit: number): StoredMessage[];
  /** What was sent under this deduplication id and isn't forgotten yet. */
  sentBefore(queue: string, scope: string, id: string, nowMs: number): Sent | undefined;
  remember(queue: string, scope: string, id: string, sent: Sent, untilMs: number): void;
  /** All that lies in a queue, oldest first, whether it is hidden or not. */
  oldest(queue: string, limit: number): StoredMessage[];
  byId(id: number): StoredMessage | undefined;
  receive(id: number, receipt: string, nowMs: number, visibleAtMs: number): void;
  setVisibleAt(id: number, visibleAtMs: number): void;
  moveTo(id: number, queue: string, source: string, nowMs: number): void;
  /** Back from a dead-letter queue: as if it were sent anew. */
  redrive(id: number, queue: string, nowMs: number): void;
  delete(id: number): void;
  /** Forgets deduplication ids whose time is over. */
  forgetDuplicates(queue: string, nowMs: number): void;
  /** Forgets what was sent before; of all times, when none is given. */
  purge(queue: string, beforeMs?: number): void;
  /** When the next hidden message becomes visible. */
  nextVisibleAtMs(queue: string, nowMs: number): number | undefined;
  counts(queue: string, nowMs: number): { visible: number; inFlight: number; delayed: number };
}

/** One table for all queues: they are read by age and visibility, which documents under keys can't do. */
function messageTable(sql: DatabaseSync): MessageTable {
  migrate(sql);
  const add = sql.prepare(
    `INSERT INTO sqs_messages
       (queue, messageId, body, attributes, systemAttributes, sentAtMs, visibleAtMs, groupId, deduplicationId, sequence)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const inOrder = sql.prepare(
    `SELECT * FROM sqs_messages AS m WHERE queue = ?1 AND visibleAtMs <= ?2 AND NOT EXISTS (
       SELECT 1 FROM sqs_messages AS before
       WHERE before.queue = m.queue AND before.groupId = m.groupId AND before.id < m.id AND before.visibleAtMs > ?2
     ) ORDER BY id LIMIT ?3`,
  );
  const sentBefore = sql.prepare(
    "SELECT messageId, sequence FROM sqs_deduplication WHERE queue = ? AND scope = ? AND id = ? AND untilMs > ?",
  );
  const remember = sql.prepare(
    `INSERT INTO sqs_deduplication VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET messageId = excluded.messageId, sequence = excluded.sequence, untilMs = excluded.untilMs`,
  );
  const forgetOld = sql.prepare("DELETE FROM sqs_deduplication WHERE queue = ? AND untilMs <= ?");
  const oldest = sql.prepare("SELECT * FROM sqs_messages WHERE queue = ? ORDER BY id LIMIT ?");
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
  const redrive = sql.prepare(
    `UPDATE sqs_messages SET queue = ?, deadLetterSource = NULL, visibleAtMs = ?, sentAtMs = ?, receipt = '',
       receiveCount = 0, firstReceivedAtMs = NULL WHERE id = ?`,
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
      const content = [m.queue, m.messageId, m.body, m.attributes, m.systemAttributes] as const;
      add.run(...content, m.sentAtMs, m.visibleAtMs, m.groupId, m.deduplicationId, m.sequence);
    },
    inOrder: (queue, nowMs, limit) => inOrder.all(queue, nowMs, limit) as unknown as StoredMessage[],
    sentBefore: (queue, scope, id, nowMs) => sentBefore.get(queue, scope, id, nowMs) as Sent | undefined,
    remember(queue, scope, id, { messageId, sequence }, untilMs) {
      remember.run(queue, scope, id, messageId, sequence, untilMs);
    },
    oldest: (queue, limit) => oldest.all(queue, limit) as unknown as StoredMessage[],
    visible: (queue, nowMs, limit) => visible.all(queue, nowMs, limit) as unknown as StoredMessage[],
    byId: (id) => byId.get(id) as StoredMessage | undefined,
    receive: (id, receipt, nowMs, visibleAtMs) => void receive.run(receipt, nowMs, visibleAtMs, id),
    setVisibleAt: (id, visibleAtMs) => void setVisibleAt.run(visibleAtMs, id),
    moveTo: (id, queue, source, nowMs) => void moveTo.run(queue, source, nowMs, id),
    redrive: (id, queue, nowMs) => void redrive.run(queue, nowMs, nowMs, id),
    delete: (id) => void remove.run(id),
    purge(queue, beforeMs = Number.MAX_SAFE_INTEGER) {
      purge.run(queue, beforeMs);
    },
    forgetDuplicates: (queue, nowMs) => void forgetOld.run(queue, nowMs),
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
  /** Resolves after `ms` of sandbox time, or when the sandbox stops. */
  pause(ms: number): Promise<void>;
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
    pause: (ms) => runtime.clock.sleep(ms, stop.signal).catch(() => undefined),
    get stopping() {
      return stop.signal.aborted;
    },
    stop: () => stop.abort(),
  };
  engines.set(runtime, engine);
  return engine;
}

export const engine = (context: Context): SqsEngine => engineOf(context.runtime);

import type { Clock, Logger } from "@turnpike/kernel";
import type { Changes, Leases } from "../live/index.ts";
import type { PlatformRepository } from "./ports.ts";
import type { Intent, IntentStore } from "./store.ts";

export interface WriteIntentsDeps {
  readonly intents: IntentStore;
  readonly leases: Leases;
  readonly repository: PlatformRepository;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: Logger;
}

const BATCH = 100;
const ATTEMPTS = 5;

/**
 * Turns the waiting intents into commits, one each, in their order, and moves the branch once. One process does so at
 * a time. Each commit names its intent in a trailer, so a crash between the push and the record, or an answer that was
 * lost, is repaired by the next run: the commit is found, whatever became of the file since.
 */
export async function writeIntents(deps: WriteIntentsDeps): Promise<void> {
  await deps.leases.withLease("platform-writer", async () => {
    for (;;) {
      const waiting = await deps.intents.waiting(BATCH);
      if (waiting.length === 0) return;
      await writeBatch(deps, waiting);
      await deps.changes.publish("platform");
    }
  });
}

async function writeBatch(deps: WriteIntentsDeps, waiting: readonly Intent[]): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const head = attempt === 0 ? await deps.repository.head() : await deps.repository.fetch();
    const { writable, written } = await sort(deps, waiting, head);
    if (written.length > 0) await deps.intents.committed(written, deps.clock.now());
    if (writable.length === 0) return;
    const pushed = await deps.repository.push(
      writable.map((intent) => ({
        parent: head,
        changes: [intent.change],
        message: `${intent.message}\n\n${trailerOf(intent)}\n`,
        author: intent.author,
        at: intent.createdAt,
      })),
    );
    if (pushed.kind === "moved") continue;
    const results = writable.flatMap(({ id }, index) => {
      const commit = pushed.shas[index];
      return commit ? [{ id, commit }] : [];
    });
    await deps.intents.committed(results, deps.clock.now());
    for (const { id, message, author } of writable) {
      deps.log.info({ intent: id, actor: author.email, message }, "intent committed");
    }
    return;
  }
  throw new Error(`The platform repository moved ${ATTEMPTS} times while a decision was being written.`);
}

const trailerOf = ({ id }: Intent) => `Turnpike-Intent: ${id}`;

/** What is still to be written at `head`, and what an earlier run wrote without recording it. */
async function sort(deps: WriteIntentsDeps, waiting: readonly Intent[], head: string) {
  const existing = await deps.repository.read(
    head,
    waiting.map(({ change }) => change.path),
  );
  const writable: Intent[] = [];
  const written: { id: string; commit: string }[] = [];
  const claimed = new Set<string>();
  for (const intent of waiting) {
    const { path } = intent.change;
    const exists = existing.has(path);
    const commit = exists ? await deps.repository.findCommit(head, path, trailerOf(intent)) : undefined;
    if (commit) {
      written.push({ id: intent.id, commit });
    } else if (intent.creates && (exists || claimed.has(path))) {
      await deps.intents.conflicting(
        intent.id,
        `${path} exists already in the platform repository. Nothing was changed.`,
      );
      deps.log.warn({ intent: intent.id, path }, "intent conflicts");
    } else {
      claimed.add(path);
      writable.push(intent);
    }
  }
  return { writable, written };
}

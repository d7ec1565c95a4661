import { randomBytes } from "node:crypto";
import type { Changes } from "@turnpike/domain/live";

/**
 * One subscription to `Changes` for all open pages of this process, with a revision for each topic: a page that was
 * rendered at another revision than the one it hears on connecting has missed something, and looks again.
 */
export function createLiveHub(changes: Pick<Changes, "subscribe">) {
  /** Counters of another process, or of an earlier one, mean nothing here. */
  const epoch = randomBytes(6).toString("base64url");
  const counters = new Map<string, number>();
  const listeners = new Set<(topic: string) => void>();
  let interruptions = 0;

  changes.subscribe((topic) => {
    if (topic === "*") interruptions++;
    else counters.set(topic, (counters.get(topic) ?? 0) + 1);
    for (const listener of listeners) listener(topic);
  });

  return {
    /** Take it before reading: what changes while one reads must look new. */
    revision(topics: readonly string[]): string {
      return [epoch, interruptions, ...topics.map((topic) => counters.get(topic) ?? 0)].join(".");
    },
    /** Calls `tell` after each change of one of `topics`. Returns the function that ends it. */
    listen(topics: readonly string[], tell: () => void): () => void {
      const listener = (topic: string) => {
        if (topic === "*" || topics.includes(topic)) tell();
      };
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

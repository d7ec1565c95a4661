/**
 * Tells whoever looks that something changed, so that it looks again; what changed is read, never sent. Topics:
 * `service:<name>`, `services`, `approvals`, `intents`, `platform`. `*` after an interruption: anything may have changed.
 */
export interface Changes {
  publish(topic: string): Promise<void>;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (topic: string) => void): () => void;
}

/** Changes within one process: for tests. */
export function localChanges(): Changes {
  const listeners = new Set<(topic: string) => void>();
  return {
    async publish(topic) {
      for (const listener of listeners) listener(topic);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

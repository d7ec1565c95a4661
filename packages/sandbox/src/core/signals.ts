import type { SandboxSignal, Signals } from "./context.ts";

/**
 * An in-process bus. Listeners run in order of subscription, within `emit`; one that throws is logged and the others
 * still run, because who announces something isn't answerable for who listens.
 */
export function createSignals(log: (event: string, fields: object) => void): Signals {
  const listeners = new Map<string, Set<(signal: never) => void>>();
  return {
    emit(signal: SandboxSignal) {
      for (const listener of [...(listeners.get(signal.type) ?? [])]) {
        try {
          listener(signal as never);
        } catch (error) {
          log("signal.listener-failed", { type: signal.type, error: String(error) });
        }
      }
    },
    on(type, listener) {
      const set = listeners.get(type) ?? new Set();
      listeners.set(type, set);
      set.add(listener);
      return () => set.delete(listener);
    },
  };
}

import type { SandboxClock } from "./context.ts";
import type { Collection } from "./store.ts";

/**
 * In realistic mode so long until a changed role, user or policy decides about requests and shows in a list. AWS names no
 * figure. https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export const IAM_PROPAGATION_MS = 5000;

/** A document as it was before a change that isn't in force everywhere yet; `value` null where there was none. */
export interface Replaced<T> {
  readonly value: T | null;
  /** Until then it is still this one that counts. ISO 8601. */
  readonly until: string;
}

/** A collection whose changes take a while to be in force. `get` and `list` show every change at once. */
interface Propagating<T> extends Collection<T> {
  /** What counts now: in realistic mode a change does only after its delay. */
  inForce(key: string): T | undefined;
  listInForce(prefix?: string): { key: string; value: T }[];
}

/**
 * Delays what changes in `current`, in realistic mode alone: what a change replaced stays in force for `delayMs`, and is
 * kept in `replaced`, so that a restart in between forgets nothing. Of several changes within the delay each one comes
 * into force in its turn.
 */
export function propagating<T>(
  current: Collection<T>,
  replaced: Collection<readonly Replaced<T>[]>,
  { clock, delayMs }: { clock: SandboxClock; delayMs: number },
): Propagating<T> {
  const pending = (key: string) => {
    const now = clock.now().toISOString();
    return (replaced.get(key) ?? []).filter(({ until }) => until > now);
  };
  const keep = (key: string) => {
    if (!clock.isRealistic) return;
    const until = new Date(clock.now().getTime() + delayMs).toISOString();
    replaced.put(key, [...pending(key), { value: current.get(key) ?? null, until }]);
  };
  const inForce = (key: string): T | undefined => {
    const before = clock.isRealistic ? pending(key)[0] : undefined;
    return before ? (before.value ?? undefined) : current.get(key);
  };
  return {
    get: current.get,
    list: current.list,
    put(key, value) {
      keep(key);
      current.put(key, value);
    },
    delete(key) {
      keep(key);
      return current.delete(key);
    },
    inForce,
    listInForce(prefix) {
      if (!clock.isRealistic) return current.list(prefix);
      const keys = new Set([...current.list(prefix), ...replaced.list(prefix)].map(({ key }) => key));
      return [...keys].sort().flatMap((key) => {
        const value = inForce(key);
        return value === undefined ? [] : [{ key, value }];
      });
    },
  };
}

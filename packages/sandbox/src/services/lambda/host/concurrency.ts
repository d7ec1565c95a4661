import type { Store } from "../../../core/store.ts";
import { functions } from "../records.ts";

/** Of an account in a region: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const ACCOUNT_CONCURRENCY = 1000;
/** What reserved concurrency must leave to functions that have none. */
export const LEAST_UNRESERVED = 100;

/** What functions without reserved concurrency have together. */
export const unreservedConcurrency = (store: Pick<Store, "collection">): number =>
  ACCOUNT_CONCURRENCY -
  functions(store)
    .list()
    .reduce((sum, { value }) => sum + (value.reservedConcurrency ?? 0), 0);

/**
 * Why an invocation is too many, in AWS's words; undefined when it isn't. `counts`, each with this invocation: of the
 * account, of the function, and of all functions that have none reserved.
 */
export function throttleReason(
  reserved: number | undefined,
  counts: readonly number[],
  unreserved: () => number,
): string | undefined {
  const [, ofFunction = 0, ofShared = 0] = counts;
  if (reserved !== undefined) {
    return ofFunction > reserved ? "ReservedFunctionConcurrentInvocationLimitExceeded" : undefined;
  }
  // Below that there is always room: reading every function for each invocation would be slow.
  if (ofShared <= LEAST_UNRESERVED) return undefined;
  return ofShared > unreserved() ? "ConcurrentInvocationLimitExceeded" : undefined;
}

/**
 * What went wrong, from the caller's point of view. Boundaries (HTTP routes, server actions) map a kind to a
 * status; nothing else interprets it.
 */
export type ErrorKind =
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "not-found"
  | "conflict"
  | "unavailable"
  | "timeout"
  | "internal";

/**
 * An error that a caller can only report. The message is safe to show to a person and says what happened, what was
 * left untouched and what to do next; the cause is for the log alone.
 */
export abstract class AppError extends Error {
  abstract readonly kind: ErrorKind;
  /** Owned by the slice that throws it: `release.environment-frozen`. */
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

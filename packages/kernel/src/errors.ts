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

/** Marks an error as ours in whichever copy of this module it was made. */
const brand = Symbol.for("turnpike.AppError");

/**
 * An error that a caller can only report. The message is safe to show to a person and says what happened, what was
 * left untouched and what to do next; the cause is for the log alone.
 */
export abstract class AppError extends Error {
  abstract readonly kind: ErrorKind;
  /** Owned by the slice that throws it: `release.environment-frozen`. */
  abstract readonly code: string;

  readonly [brand] = true;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * Next loads this module once for pages and once for routes; an error of an adapter that one of them built must be an
 * `AppError` for the other too. Subclasses are told apart as ever.
 */
Object.defineProperty(AppError, Symbol.hasInstance, {
  value: function isInstance(this: unknown, value: unknown): boolean {
    if (this === AppError) return typeof value === "object" && value !== null && brand in value;
    return Function.prototype[Symbol.hasInstance].call(this, value);
  },
});

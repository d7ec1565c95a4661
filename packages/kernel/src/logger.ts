/**
 * Structured logging as pino does it: fields first, then a message. One event per decision, always with the actor,
 * the team, the resource id and the request id where they exist. Never a secret.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(bindings: object): Logger;
}

const nothing = () => {};

/** Drops everything. For tests and one-off scripts. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
};

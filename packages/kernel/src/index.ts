export { type Clock, systemClock } from "./clock.ts";
export { AppError, type ErrorKind } from "./errors.ts";
export { type Id, type IdKind, newId } from "./ids.ts";
export { type Logger, silentLogger } from "./logger.ts";
export { pathOfUnplainText } from "./plain-text.ts";

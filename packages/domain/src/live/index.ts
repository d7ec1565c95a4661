export { type Changes, localChanges } from "./changes.ts";

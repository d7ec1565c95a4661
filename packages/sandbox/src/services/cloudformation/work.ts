import type { Context } from "../../core/context.ts";
import type { Journal } from "./journal.ts";

/** What the parts of an operation have at hand. */
export interface Work {
  readonly context: Context;
  readonly journal: Journal;
  /** True once the sandbox stops: begin nothing new. */
  isStopping(): boolean;
  /** Aborted when the sandbox stops or somebody cancels the operation. */
  readonly signal: AbortSignal;
}

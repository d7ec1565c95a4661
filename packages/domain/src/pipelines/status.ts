import type { RunStatus } from "./views.ts";

const terminal: ReadonlySet<RunStatus> = new Set(["succeeded", "failed", "stopped", "superseded"]);

/** Whether nothing more will happen to what has this status. */
export function isTerminal(status: RunStatus): boolean {
  return terminal.has(status);
}

/**
 * The status of a group of actions or stages taken together: what needs a person first, then what is wrong, then what
 * is under way.
 */
export function combine(statuses: readonly RunStatus[]): RunStatus {
  const order: readonly RunStatus[] = ["failed", "stopped", "waiting-for-person", "running", "superseded", "unknown"];
  for (const status of order) if (statuses.includes(status)) return status;
  if (statuses.length > 0 && statuses.every((status) => status === "succeeded")) return "succeeded";
  return statuses.includes("succeeded") ? "running" : "waiting";
}

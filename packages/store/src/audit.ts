import { newId } from "@turnpike/kernel";
import type { Queries } from "./database.ts";
import { toJson } from "./database.ts";

/** Appends to the audit log, inside the transaction of what it tells of. */
export async function audit(
  queries: Queries,
  event: { at: Date; actor: string; action: string; resource: string; detail: object },
): Promise<void> {
  await queries.auditEvent.create({ data: { ...event, id: newId("audit", event.at), detail: toJson(event.detail) } });
}

import type { ServiceRuntime } from "../../core/context.ts";
import { dynalite } from "./engine.ts";
import { itemStore, spaceOf } from "./items.ts";
import { allTables, type TableRecord } from "./records.ts";
import type { WireItem } from "./values.ts";

/** AWS deletes within days; a minute of sandbox time is soon enough to see it happen. */
const SWEEP_EVERY_MS = 60_000;
/** Items that expired more than five years ago are left alone, as on AWS. */
const OLDEST_MS = 5 * 365 * 24 * 3600 * 1000;
const PIECE = 500;

/** Deletes what has expired, each minute, for as long as the sandbox runs. Costs one read where no table asks for it. */
export async function expireItems(runtime: ServiceRuntime, ending: AbortSignal): Promise<void> {
  while (!ending.aborted) {
    try {
      await runtime.clock.sleep(SWEEP_EVERY_MS, ending);
    } catch {
      return; // The sandbox is stopping.
    }
    for (const { account, region, table } of allTables(runtime)) {
      if (table.timeToLive === undefined || ending.aborted) continue;
      await expireTable(runtime, { account, region }, table, table.timeToLive).catch((error: unknown) =>
        runtime.log("ttl.failed", { table: table.arn, error: String(error) }),
      );
    }
  }
}

async function expireTable(
  runtime: ServiceRuntime,
  { account, region }: { account: string; region: string },
  table: TableRecord,
  attribute: string,
): Promise<void> {
  const context = runtime.contextFor(account, region);
  const now = runtime.clock.now().getTime();
  const path = `$.${JSON.stringify(attribute)}.N`;
  const rows = context.store.sql
    .prepare(
      `SELECT value FROM dynamodb_items WHERE space = ?1 AND json_extract(value, ?2) IS NOT NULL
       AND CAST(json_extract(value, ?2) AS INTEGER) BETWEEN ?3 AND ?4 LIMIT ${PIECE}`,
    )
    .all(spaceOf(table), path, Math.floor((now - OLDEST_MS) / 1000), Math.floor(now / 1000) - 1);
  if (rows.length === 0) return;
  const engine = await dynalite();
  const store = itemStore(context, { deletedBy: "dynamodb.amazonaws.com" });
  for (const { value } of rows) {
    const item = JSON.parse(value as string) as WireItem;
    const Key = Object.fromEntries(
      table.keySchema.map(({ AttributeName = "" }) => [AttributeName, item[AttributeName]]),
    );
    const data = engine.check("deleteItem", { TableName: table.name, Key }, store);
    context.store.transaction(() => engine.act("deleteItem", store, data));
  }
  if (rows.length === PIECE) await expireTable(runtime, { account, region }, table, attribute);
}

import { logger } from "./logger.ts";
import type { OrderPlaced } from "./message.ts";

/**
 * What is to be done for one order. It is called once for an id that succeeded, however often its message comes; one that
 * throws is called again, so that whatever it does must bear a repetition up to the point where it failed.
 */
export async function placeOrder({ id, customer, items }: OrderPlaced): Promise<void> {
  const articles = items.reduce((sum, { count }) => sum + count, 0);
  logger.info("order placed", { order_id: id, customer, articles });
}

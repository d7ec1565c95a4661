import type { Context } from "aws-lambda";
import { charge, release, reserve } from "./ledger.ts";
import { logger } from "./logger.ts";
import type { Order } from "./order.ts";
import { flushTraces, inSpan } from "./telemetry.ts";

/** What a state hands over. Without a step it is only asked whether it comes up. */
interface Step {
  readonly step?: string;
  readonly order: Order & { readonly id: string };
}

const steps: Readonly<Record<string, (order: Step["order"]) => Promise<boolean>>> = { reserve, charge, release };

/**
 * One step of an order. It answers whether that could be done; what it throws is tried again by the state machine, so that
 * each step must bear being repeated.
 */
export async function handler({ step, order }: Step, context: Context): Promise<{ done: boolean }> {
  logger.addContext(context);
  if (step === undefined) return { done: true };
  const take = Object.hasOwn(steps, step) ? steps[step] : undefined;
  if (!take) throw new TypeError(`There is no step ${step}.`);
  try {
    const done = await inSpan(step, { "order.id": order.id }, () => take(order));
    logger.info("step taken", { step, order_id: order.id, done });
    return { done };
  } catch (error) {
    logger.error("step failed", { step, order_id: order.id, error: error as Error });
    throw error;
  } finally {
    await flushTraces();
  }
}

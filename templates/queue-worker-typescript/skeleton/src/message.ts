import { Ajv2020 } from "ajv/dist/2020.js";
import schema from "../events/order-placed.schema.json" with { type: "json" };

/** What events/order-placed.schema.json describes. */
export interface OrderPlaced {
  readonly version: 1;
  /** The same in every try to send it. */
  readonly id: string;
  readonly customer: string;
  readonly items: readonly { readonly article: string; readonly count: number }[];
}

/** A message that no try will ever make right. */
export class PoisonError extends Error {}

const ajv = new Ajv2020({ allErrors: true });
const isOrderPlaced = ajv.compile<OrderPlaced>(schema);

/** Reads a message's body. Raises `PoisonError` for what isn't such a message, with all that is wrong with it. */
export function parseMessage(body: string): OrderPlaced {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new PoisonError("The message isn't JSON.");
  }
  if (!isOrderPlaced(value)) throw new PoisonError(ajv.errorsText(isOrderPlaced.errors, { dataVar: "message" }));
  return value;
}

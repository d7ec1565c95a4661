import { HttpError } from "./http.ts";

/** What openapi.yaml calls an Order. */
export interface Order {
  readonly customer: string;
  /** In euros. */
  readonly amount: number;
}

/** What names an order, and its execution: callers choose it. */
export const isKey = (value: string | undefined): value is string => /^[A-Za-z0-9_-]{1,80}$/.test(value ?? "");

/** Reads an order. Raises `HttpError` 400 that says what is wrong with it. */
export function parseOrder(body: string): Order {
  const refuse = (message: string) => new HttpError(400, "invalid-order", message);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw refuse("The body isn't JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refuse("The body is no order.");
  const { customer, amount, ...others } = value as Record<string, unknown>;
  if (typeof customer !== "string" || customer.length < 1 || customer.length > 100) {
    throw refuse("customer has 1 to 100 characters.");
  }
  if (typeof amount !== "number" || !(amount > 0)) throw refuse("amount is a number above 0.");
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw refuse(`An order has no ${unknown}.`);
  return { customer, amount };
}

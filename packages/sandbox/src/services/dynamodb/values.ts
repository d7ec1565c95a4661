/** An attribute's value as it is in JSON on the wire, and in the store: binary is base 64. */
type WireValue = { readonly [type: string]: unknown };
export type WireItem = Readonly<Record<string, WireValue>>;

/** The SDK's input as JSON: bytes in base 64, at every depth. Copies, because dynalite writes into what it is given. */
export function toWire(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(toWire);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, toWire(member)]));
}

/**
 * The way back. `{ B: "…" }` with text can only be a binary value: an attribute that is named B has an object there.
 */
export function fromWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromWire);
  if (typeof value !== "object" || value === null) return value;
  const { B, BS } = value as { B?: unknown; BS?: unknown };
  if (typeof B === "string") return { B: bytes(B) };
  if (Array.isArray(BS)) return { BS: BS.map((one) => bytes(String(one))) };
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, fromWire(member)]));
}

const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));

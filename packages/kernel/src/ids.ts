import { randomBytes } from "node:crypto";

/** Every prefixed id of the product. A prefix makes an id recognisable in a log, a URL and a commit. */
const prefixes = {
  service: "svc",
  release: "rel",
  intent: "int",
  execution: "exe",
  decision: "dec",
  audit: "aud",
  event: "evt",
  fix: "fix",
} as const;

export type IdKind = keyof typeof prefixes;
export type Id<K extends IdKind> = `${(typeof prefixes)[K]}_${string}`;

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * A new id such as `svc_0k9d1v7c2m4x8z`: nine characters of milliseconds (sortable for a thousand years), then twelve
 * random ones (60 bits), in Crockford's base 32.
 */
export function newId<K extends IdKind>(kind: K, now: Date = new Date()): Id<K> {
  let time = "";
  for (let rest = now.getTime(), i = 0; i < 9; i++, rest = Math.floor(rest / 32)) {
    time = ALPHABET[rest % 32] + time;
  }
  let random = "";
  for (const byte of randomBytes(12)) random += ALPHABET[byte % 32];
  return `${prefixes[kind]}_${time}${random}`;
}

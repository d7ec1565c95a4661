import { randomBytes, randomUUID } from "node:crypto";
import type { RandomSource } from "./context.ts";

const TOKEN_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** Randomness of the machine. A token's slight bias (256 isn't a multiple of 36) doesn't matter: ids aren't secrets. */
export const systemRandom: RandomSource = {
  uuid: () => randomUUID(),
  hex: (length) =>
    randomBytes(Math.ceil(length / 2))
      .toString("hex")
      .slice(0, length),
  token: (length) => Array.from(randomBytes(length), (byte) => TOKEN_ALPHABET[byte % TOKEN_ALPHABET.length]).join(""),
};

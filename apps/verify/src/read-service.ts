import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** What nobody wrote by hand, or what was fetched: no rule reads it. */
const SKIPPED = new Set([".git", "node_modules", "dist", "reports", ".venv", "__pycache__"]);
/** A longer file is no source text. */
const MAX_BYTES = 1_000_000;

/** The text files below a folder, by their paths in it. Links aren't followed. */
export function readTexts(folder: string): Map<string, string> {
  const texts = new Map<string, string>();
  const read = (place: string) => {
    for (const entry of readdirSync(path.join(folder, place), { withFileTypes: true })) {
      if (SKIPPED.has(entry.name)) continue;
      const name = path.posix.join(place, entry.name);
      if (entry.isDirectory()) read(name);
      if (!entry.isFile() || statSync(path.join(folder, name)).size > MAX_BYTES) continue;
      const text = decoded(readFileSync(path.join(folder, name)));
      if (text !== undefined) texts.set(name, text);
    }
  };
  read("");
  return texts;
}

/** Undefined for what isn't text. */
function decoded(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

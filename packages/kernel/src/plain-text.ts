/**
 * Path of the first text in `value`, keys included, that can't be stored and shown anywhere: one with NUL, which PostgreSQL
 * refuses, or with half of a surrogate pair. Undefined when there is none; at any depth of what JSON can say.
 */
export function pathOfUnplainText(value: unknown, at: readonly PropertyKey[] = []): readonly PropertyKey[] | undefined {
  if (typeof value === "string") return isPlainText(value) ? undefined : at;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const found = isPlainText(key) ? pathOfUnplainText(item, [...at, Array.isArray(value) ? Number(key) : key]) : at;
    if (found) return found;
  }
  return undefined;
}

function isPlainText(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

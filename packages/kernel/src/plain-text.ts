/** Whether a text can be stored and shown anywhere: no NUL, which PostgreSQL refuses, and no half of a surrogate pair. */
export function isPlainText(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

/** Whether every text in `value`, keys included, is plain; at any depth of what JSON can say. */
export function isPlain(value: unknown): boolean {
  if (typeof value === "string") return isPlainText(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, item]) => isPlainText(key) && isPlain(item));
}

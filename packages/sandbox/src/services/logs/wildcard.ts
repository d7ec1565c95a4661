/** `*` stands for anything; without backtracking, because the pattern comes from outside. */
export function like(pattern: string, value: string): boolean {
  const [first = "", ...parts] = pattern.split("*");
  if (parts.length === 0) return value === pattern;
  const last = parts.pop() ?? "";
  if (!value.startsWith(first) || !value.endsWith(last) || value.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= value.length - last.length;
}

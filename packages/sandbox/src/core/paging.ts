/**
 * One page of `items` and the token of the next. A token says after which key to go on, so that what is added or deleted
 * between two pages shifts nothing. Items must be in the order of their keys.
 */
export function page<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  options: { token?: string | undefined; size?: number | undefined },
): { items: T[]; nextToken: string | undefined } {
  const after = options.token === undefined ? undefined : Buffer.from(options.token, "base64url").toString();
  const rest = after === undefined ? [...items] : items.filter((item) => keyOf(item) > after);
  const shown = rest.slice(0, options.size ?? 100);
  const last = shown.at(-1);
  const more = last !== undefined && shown.length < rest.length;
  return { items: shown, nextToken: more ? Buffer.from(keyOf(last)).toString("base64url") : undefined };
}

/** A reference in an action's configuration: `#{Namespace.Key}`. */
const REFERENCE = /#\{([A-Za-z0-9_-]+)\.([A-Za-z0-9_@.-]+)\}/g;

export class UnresolvedVariable extends Error {}

/** Values of variables by namespace. */
export type Namespaces = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * An action's configuration with its references replaced. Where a setting is JSON, the references inside its texts are
 * replaced after it was parsed: a commit message with a quote in it stays a text. (AWS replaces in the JSON's source,
 * which such a value breaks; there is nothing to be gained from breaking here too.)
 *
 * Raises `UnresolvedVariable`.
 */
export function resolveConfiguration(
  configuration: Readonly<Record<string, string>>,
  namespaces: Namespaces,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(configuration).map(([key, value]) => [key, resolveSetting(value, namespaces)]),
  );
}

function resolveSetting(value: string, namespaces: Namespaces): string {
  if (!value.includes("#{")) return value;
  const json = /^\s*[[{]/.test(value) ? parseJson(value) : undefined;
  return json === undefined ? resolveText(value, namespaces) : JSON.stringify(resolveJson(json, namespaces));
}

function resolveJson(value: unknown, namespaces: Namespaces): unknown {
  if (typeof value === "string") return resolveText(value, namespaces);
  if (Array.isArray(value)) return value.map((item) => resolveJson(item, namespaces));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveJson(item, namespaces)]));
}

function resolveText(text: string, namespaces: Namespaces): string {
  return text.replace(REFERENCE, (reference, namespace: string, key: string) => {
    const value = Object.hasOwn(namespaces, namespace) ? namespaces[namespace]?.[key] : undefined;
    if (value === undefined) throw new UnresolvedVariable(`The variable ${reference} could not be resolved`);
    return value;
  });
}

/** Namespaces that a configuration refers to. */
export function namespacesIn(configuration: Readonly<Record<string, string>>): string[] {
  const found = Object.values(configuration).flatMap((value) =>
    [...value.matchAll(REFERENCE)].map((match) => match[1] ?? ""),
  );
  return [...new Set(found)];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

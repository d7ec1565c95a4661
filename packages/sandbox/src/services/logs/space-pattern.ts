import { comparison } from "./comparison.ts";

/** The words of a line by the names that a space-delimited pattern gives them; undefined when the line isn't such a one. */
export type SpacePattern = (message: string) => ReadonlyMap<string, string> | undefined;

interface Field {
  readonly name: string;
  readonly holds: (value: string) => boolean;
}

const WORD = /"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\S+/g;

/**
 * `[ip, user, status = 4*, size > 1000, ...]`: a field for each word of a line (words in quotes or brackets are one), an
 * ellipsis for any number of them. Undefined where the pattern isn't one.
 */
export function parseSpacePattern(text: string): SpacePattern | undefined {
  if (!text.endsWith("]")) return undefined;
  const parts = splitFields(text.slice(1, -1));
  const fields: (Field | "...")[] = [];
  for (const [index, part] of parts.entries()) {
    const field = part === "..." ? "..." : readField(part, index);
    if (!field) return undefined;
    fields.push(field);
  }
  const dots = fields.indexOf("...");
  if (dots >= 0 && fields.lastIndexOf("...") !== dots) return undefined;
  return (message) => {
    const words = (message.match(WORD) ?? []).map((word) => (/^["[]/.test(word) ? word.slice(1, -1) : word));
    const named = fields.length - (dots >= 0 ? 1 : 0);
    if (fields.length > 0 && (dots >= 0 ? words.length < named : words.length !== named)) return undefined;
    const found = new Map<string, string>();
    for (const [index, field] of fields.entries()) {
      if (field === "...") continue;
      const word = words[dots >= 0 && index > dots ? words.length - (fields.length - index) : index] ?? "";
      if (!field.holds(word)) return undefined;
      found.set(field.name, word);
    }
    return found;
  };
}

/** At commas that aren't in quotes or between percent signs. */
function splitFields(text: string): string[] {
  if (text.trim() === "") return [];
  const parts = text.match(/(?:"(?:[^"\\]|\\.)*"|%[^%]*%|[^,])+/g) ?? [];
  return parts.map((part) => part.trim());
}

/** `status`, `status = 404`, `status = 404 || status = 410`. */
function readField(text: string, index: number): Field | undefined {
  if (text === "") return { name: `w${index + 1}`, holds: () => true };
  const alternatives = text.split("||").map((alternative) => alternative.split("&&").map((part) => part.trim()));
  let name: string | undefined;
  const tests: ((value: string) => boolean)[][] = [];
  for (const alternative of alternatives) {
    const group: ((value: string) => boolean)[] = [];
    for (const part of alternative) {
      const [, field = "", operator, wanted = ""] = /^([\w$.-]+)\s*(?:(!=|<=|>=|=|<|>)\s*(.+))?$/.exec(part) ?? [];
      if (field === "" || (name !== undefined && name !== field)) return undefined;
      name = field;
      const holds = operator === undefined ? () => true : comparison(operator, wanted.trim());
      if (!holds) return undefined;
      group.push(holds);
    }
    tests.push(group);
  }
  return { name: name ?? "", holds: (value) => tests.some((group) => group.every((test) => test(value))) };
}

import type { NormalizedSchema } from "@smithy/core/schema";
import type { Fields } from "./message.ts";
import { fromText } from "./text.ts";

/** `Tags.member.1.Key=a` as nested objects; a leaf is a string. */
export interface FormNode {
  [key: string]: FormNode | string;
}

const emptyNode = (): FormNode => Object.create(null) as FormNode;

/** Parses a query request's body. Objects without a prototype, because the keys come from outside. */
export function parseForm(text: string): FormNode {
  const root = emptyNode();
  for (const [key, value] of new URLSearchParams(text)) {
    const parts = key.split(".");
    const last = parts.pop() ?? "";
    let node = root;
    for (const part of parts) {
      const known = node[part];
      const next = typeof known === "object" ? known : emptyNode();
      node[part] = next;
      node = next;
    }
    if (typeof node[last] !== "object") node[last] = value;
  }
  return root;
}

/** Reads a typed input out of a query form, by the schema's XML names. */
export function readForm(schema: NormalizedSchema, node: FormNode | string | undefined): unknown {
  if (node === undefined) return undefined;
  if (schema.isUnitSchema()) return {};
  if (schema.isStructSchema()) {
    const fields: Fields = {};
    for (const [name, member] of schema.structIterator()) {
      const field = readForm(member, child(node, member.getMergedTraits().xmlName ?? name));
      if (field !== undefined) fields[name] = field;
    }
    return fields;
  }
  const { xmlFlattened } = schema.getMergedTraits();
  if (schema.isListSchema()) {
    const member = schema.getValueSchema();
    const items = xmlFlattened
      ? node
      : (child(node, member.getMergedTraits().xmlName ?? "member") ?? child(node, "member"));
    return numbered(items).map((item) => readForm(member, item));
  }
  if (schema.isMapSchema()) {
    const keyName = schema.getKeySchema().getMergedTraits().xmlName ?? "key";
    const member = schema.getValueSchema();
    const valueName = member.getMergedTraits().xmlName ?? "value";
    const entries = numbered(xmlFlattened ? node : child(node, "entry"));
    return Object.fromEntries(
      entries.map((entry) => [child(entry, keyName), readForm(member, child(entry, valueName))]),
    );
  }
  return fromText(schema, typeof node === "string" ? node : "");
}

function child(node: FormNode | string | undefined, key: string): FormNode | string | undefined {
  return typeof node === "object" ? node[key] : undefined;
}

function numbered(node: FormNode | string | undefined): (FormNode | string)[] {
  if (typeof node !== "object") return [];
  return Object.entries(node)
    .filter(([key]) => /^\d+$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, item]) => item);
}

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

/** How EC2's forms differ: names of their own, capitalised, and every list flat. */
export interface FormStyle {
  readonly ec2?: boolean;
}

/** The key of a structure's member. https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html#query-key-resolution */
function memberKey(name: string, member: NormalizedSchema, style: FormStyle): string {
  const traits = member.getMergedTraits();
  if (!style.ec2) return traits.xmlName ?? name;
  const key = traits.xmlName ?? name;
  return (traits as { ec2QueryName?: string }).ec2QueryName ?? key.charAt(0).toUpperCase() + key.slice(1);
}

/** Reads a typed input out of a query form, by the schema's XML names. */
export function readForm(
  schema: NormalizedSchema,
  node: FormNode | string | undefined,
  style: FormStyle = {},
): unknown {
  if (node === undefined) return undefined;
  if (schema.isUnitSchema()) return {};
  if (schema.isStructSchema()) {
    const fields: Fields = {};
    for (const [name, member] of schema.structIterator()) {
      const field = readForm(member, child(node, memberKey(name, member, style)), style);
      if (field !== undefined) fields[name] = field;
    }
    return fields;
  }
  const { xmlFlattened } = schema.getMergedTraits();
  if (schema.isListSchema()) {
    const member = schema.getValueSchema();
    const flat = xmlFlattened || style.ec2;
    const items = flat ? node : (child(node, member.getMergedTraits().xmlName ?? "member") ?? child(node, "member"));
    return numbered(items).map((item) => readForm(member, item, style));
  }
  if (schema.isMapSchema()) {
    const keyName = schema.getKeySchema().getMergedTraits().xmlName ?? "key";
    const member = schema.getValueSchema();
    const valueName = member.getMergedTraits().xmlName ?? "value";
    const entries = numbered(xmlFlattened ? node : child(node, "entry"));
    return Object.fromEntries(
      entries.map((entry) => [child(entry, keyName), readForm(member, child(entry, valueName), style)]),
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

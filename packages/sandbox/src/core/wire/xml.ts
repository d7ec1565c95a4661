import type { NormalizedSchema } from "@smithy/core/schema";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import type { Fields } from "./message.ts";
import { DATE_TIME, fromText, malformed, toText } from "./text.ts";

const UNSAFE = /[<>&"'\r\n\u0085\u2028]/g;

export function escapeXml(text: unknown): string {
  return String(text).replace(UNSAFE, (char) => `&#x${char.charCodeAt(0).toString(16)};`);
}

/** The members of a structure as elements; members for which `skip` is true live elsewhere (headers, attributes). */
export function writeXmlBody(
  schema: NormalizedSchema,
  value: unknown,
  skip?: (member: NormalizedSchema) => boolean,
): string {
  let xml = "";
  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits();
    if (traits.xmlAttribute || skip?.(member)) continue;
    xml += writeXml(traits.xmlName ?? name, member, (value as Fields | undefined)?.[name]);
  }
  return xml;
}

/** One member as an element named `tag` (a flattened list or map: as many). */
export function writeXml(tag: string, schema: NormalizedSchema, value: unknown): string {
  if (value === undefined || value === null) return "";
  const traits = schema.getMergedTraits();
  const namespace = xmlns(traits.xmlNamespace);
  if (schema.isStructSchema()) {
    return `<${tag}${namespace}${attributes(schema, value as Fields)}>${writeXmlBody(schema, value)}</${tag}>`;
  }
  if (schema.isListSchema()) {
    const member = schema.getValueSchema();
    const itemTag = traits.xmlFlattened ? tag : (member.getMergedTraits().xmlName ?? "member");
    const items = (value as unknown[]).map((item) => writeXml(itemTag, member, item)).join("");
    return traits.xmlFlattened ? items : `<${tag}${namespace}>${items}</${tag}>`;
  }
  if (schema.isMapSchema()) {
    const keyTag = schema.getKeySchema().getMergedTraits().xmlName ?? "key";
    const member = schema.getValueSchema();
    const valueTag = member.getMergedTraits().xmlName ?? "value";
    const entryTag = traits.xmlFlattened ? tag : "entry";
    const entries = Object.entries(value).map(
      ([key, item]) =>
        `<${entryTag}><${keyTag}>${escapeXml(key)}</${keyTag}>${writeXml(valueTag, member, item)}</${entryTag}>`,
    );
    return traits.xmlFlattened ? entries.join("") : `<${tag}${namespace}>${entries.join("")}</${tag}>`;
  }
  return `<${tag}>${escapeXml(toText(schema, value, DATE_TIME))}</${tag}>`;
}

function attributes(schema: NormalizedSchema, value: Fields): string {
  let text = "";
  for (const [name, member] of schema.structIterator()) {
    const { xmlAttribute, xmlName } = member.getMergedTraits();
    if (!xmlAttribute || value[name] === undefined || value[name] === null) continue;
    text += ` ${xmlName ?? name}="${escapeXml(value[name])}"`;
  }
  return text;
}

function xmlns(trait: unknown): string {
  if (!trait) return "";
  const [prefix, uri] = Array.isArray(trait) ? (trait as [string, string]) : ["", String(trait)];
  return ` xmlns${prefix ? `:${prefix}` : ""}="${escapeXml(uri)}"`;
}

/** Every element as an array, every text as it stands: the schema says what is a list and what a number. */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  removeNSPrefix: false,
  parseTagValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
});

export type XmlNode = { [tag: string]: XmlNode[] } | string;

/** Parses a document and returns its root element. */
export function parseXml(text: string): XmlNode[] {
  // AWS takes no document type, and so no entity of the sender's own.
  if (text.includes("<!DOCTYPE")) throw malformed("A document type isn't allowed.");
  // The parser takes what lacks its end; AWS doesn't.
  const verdict = XMLValidator.validate(text);
  if (verdict !== true) throw malformed(`The XML you provided was not well-formed: ${verdict.err.msg}`);
  let document: Record<string, XmlNode[]>;
  try {
    document = parser.parse(text) as Record<string, XmlNode[]>;
  } catch (error) {
    throw malformed(`The XML you provided was not well-formed: ${String(error)}`);
  }
  return Object.entries(document).find(([tag]) => !tag.startsWith("#") && !tag.startsWith("?"))?.[1] ?? [];
}

const under = (node: XmlNode, tag: string): XmlNode[] | undefined =>
  typeof node === "object" && Object.hasOwn(node, tag) ? node[tag] : undefined;

/** Reads a typed value out of the elements that have its tag. */
export function readXml(schema: NormalizedSchema, nodes: XmlNode[] | undefined): unknown {
  const node = nodes?.[0];
  if (nodes === undefined || node === undefined) return undefined;
  const { xmlFlattened } = schema.getMergedTraits();
  if (schema.isStructSchema()) {
    const fields: Fields = {};
    for (const [name, member] of schema.structIterator()) {
      const field = readXmlMember(node, name, member);
      if (field !== undefined) fields[name] = field;
    }
    return fields;
  }
  if (schema.isListSchema()) {
    const member = schema.getValueSchema();
    const items = xmlFlattened ? nodes : (under(node, member.getMergedTraits().xmlName ?? "member") ?? []);
    return items.map((item) => readXml(member, [item]));
  }
  if (schema.isMapSchema()) {
    const keyTag = schema.getKeySchema().getMergedTraits().xmlName ?? "key";
    const member = schema.getValueSchema();
    const valueTag = member.getMergedTraits().xmlName ?? "value";
    const entries = xmlFlattened ? nodes : (under(node, "entry") ?? []);
    return Object.fromEntries(
      entries.map((entry) => [textOf(under(entry, keyTag)?.[0]), readXml(member, under(entry, valueTag))]),
    );
  }
  return fromText(schema, textOf(node));
}

/** One member of a structure: an attribute or an element. */
export function readXmlMember(node: XmlNode, name: string, member: NormalizedSchema): unknown {
  const { xmlAttribute, xmlName } = member.getMergedTraits();
  if (!xmlAttribute) return readXml(member, under(node, xmlName ?? name));
  const value = typeof node === "object" ? (node[`@${xmlName ?? name}`] as unknown) : undefined;
  return typeof value === "string" ? fromText(member, value) : undefined;
}

function textOf(node: XmlNode | undefined): string {
  if (node === undefined) return "";
  if (typeof node === "string") return node;
  const text = node["#text"] as unknown;
  return String((Array.isArray(text) ? text[0] : text) ?? "");
}

import {
  Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { intrinsicOf, subArguments } from "./intrinsics.ts";
import { isObject, type Json, type Path } from "./json.ts";

/** One change to a template's text: the value that shall stand at a path. A list's end is its length. */
export interface TemplateEdit {
  readonly path: Path;
  readonly value: Json;
}

/** A node as the parser made it from the text: with its place. */
type Placed = Node & { readonly range: readonly [number, number, number] };

/**
 * Writes values into a template's text and leaves every other character as it is: comments, order, flow and block style.
 * What is missing on the way to a path is made. Raises an `Error` for a path through something that is neither a map nor
 * a list (an intrinsic, an alias), and for text that is no YAML.
 */
export function editTemplate(text: string, edits: readonly TemplateEdit[]): string {
  return edits.reduce(applyEdit, text);
}

function applyEdit(text: string, { path, value }: TemplateEdit): string {
  const document = parseDocument(text, { keepSourceTokens: true, schema: "core", logLevel: "silent" });
  if (document.errors.length > 0 || !document.contents) throw new Error("The text to be edited is no YAML.");
  const isJson = text.trimStart().startsWith("{");
  let node = document.contents as Placed;
  for (const [depth, step] of path.entries()) {
    const next = childOf(node, step);
    if (next) {
      node = next;
      continue;
    }
    const rest = path.slice(depth + 1);
    return insert(text, node, step, nested(rest, value), isJson);
  }
  return replace(text, node, value, isJson);
}

function childOf(node: Placed, step: string | number): Placed | undefined {
  if (node.tag?.startsWith("!")) throw new Error(`Nothing can be written into ${node.tag}.`);
  if (isSeq(node) && typeof step !== "number") throw new Error(`A list has no member "${step}".`);
  if (isMap(node)) {
    const found = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    return (found?.value as Placed | null | undefined) ?? undefined;
  }
  if (isSeq(node)) return node.items[Number(step)] as Placed | undefined;
  throw new Error(`There is nothing below a value that is neither a map nor a list ("${String(step)}").`);
}

function nested(path: Path, value: Json): Json {
  return path.reduceRight<Json>((inner, step) => (typeof step === "number" ? [inner] : { [step]: inner }), value);
}

const columnOf = (text: string, offset: number) => offset - (text.lastIndexOf("\n", offset - 1) + 1);

function splice(text: string, start: number, end: number, added: string): string {
  return text.slice(0, start) + added + text.slice(end);
}

function replace(text: string, node: Placed, value: Json, isJson: boolean): string {
  const start = startWithTag(text, node);
  const [, end] = node.range;
  const isEmpty = Array.isArray(value) && value.length === 0;
  const inFlow = isJson || isEmpty || !isCollection(node) || node.flow === true;
  const rendered = inFlow ? flowText(value, isJson) : blockText(value, columnOf(text, start));
  // A block's end includes its last line break.
  const tail = text.slice(start, end).endsWith("\n") ? "\n" : "";
  // What fits on its key's line moves up to it.
  const key = text.slice(0, start).trimEnd();
  const from = !rendered.includes("\n") && text.slice(key.length, start).includes("\n") ? key.length : start;
  return splice(text, from, end, (from < start ? " " : "") + rendered + tail);
}

function insert(text: string, node: Placed, step: string | number, value: Json, isJson: boolean): string {
  if (!isMap(node) && !isSeq(node)) throw new Error(`Nothing can be put below "${String(step)}".`);
  const member = isMap(node) ? { [String(step)]: value } : [value];
  if (isJson || node.flow) {
    const inside = flowText(member, isJson).slice(1, -1).trim();
    const close = node.range[1] - 1;
    const before = text.slice(0, close).trimEnd();
    const isEmpty = node.items.length === 0;
    const padding = isMap(node) ? " " : "";
    return splice(text, before.length, close, `${isEmpty ? padding : ", "}${inside}${padding}`);
  }
  const column = columnOf(text, node.range[0]);
  const end = endOf(text, node);
  const lead = text[end - 1] === "\n" ? "" : "\n";
  return splice(text, end, end, `${lead}${" ".repeat(column)}${blockText(member, column)}\n`);
}

/** A node's range begins behind its tag (`!If [a, b, c]`), which goes with the value. */
function startWithTag(text: string, { range: [start], tag }: Placed): number {
  if (!tag?.startsWith("!")) return start;
  const at = text.lastIndexOf(tag, start);
  return at >= 0 && text.slice(at + tag.length, start).trim() === "" ? at : start;
}

/** The offset after the line on which a block's last member ends; comments behind it on that line are its own. */
function endOf(text: string, node: YAMLMap | YAMLSeq): number {
  const last = node.items.at(-1) as Pair | Node | undefined;
  const value = (isMap(node) ? ((last as Pair).value ?? (last as Pair).key) : last) as Placed;
  if (isCollection(value) && !value.flow && value.items.length > 0) return endOf(text, value as YAMLMap | YAMLSeq);
  const [, end] = value.range;
  if (text[end - 1] === "\n") return end;
  const lineEnd = text.indexOf("\n", end);
  return lineEnd < 0 ? text.length : lineEnd + 1;
}

/** A value on one line, as a hand would write it in brackets. */
function flowText(value: Json, isJson: boolean): string {
  if (isJson) return JSON.stringify(value);
  const document = new Document(nodeOf(value));
  if (isCollection(document.contents)) document.contents.flow = true;
  return document.toString({ lineWidth: 0, flowCollectionPadding: true }).trim();
}

/** A value in lines below each other; all but the first are indented to `column`. */
function blockText(value: Json, column: number): string {
  const text = stringify(nodeOf(value), { lineWidth: 0 }).trimEnd();
  return text.replaceAll("\n", `\n${" ".repeat(column)}`);
}

/** A value as nodes, with intrinsics in their short form: `!Ref Table`, `!GetAtt Table.Arn`. */
function nodeOf(value: Json): Node {
  const document = new Document();
  const convert = (part: Json): unknown => {
    const short = shortForm(part);
    if (short) return short;
    if (Array.isArray(part)) return document.createNode(part.map(convert));
    if (isObject(part)) {
      return document.createNode(
        Object.fromEntries(Object.entries(part).map(([key, member]) => [key, convert(member)])),
      );
    }
    return part;
  };
  return document.createNode(convert(value)) as Node;
}

function shortForm(value: Json): Scalar | undefined {
  const intrinsic = intrinsicOf(value);
  if (!intrinsic) return undefined;
  const { name, argument } = intrinsic;
  const tagged = (tag: string, text: string) => {
    const scalar = new Scalar(text);
    scalar.tag = tag;
    return scalar;
  };
  if (name === "Ref" && typeof argument === "string") return tagged("!Ref", argument);
  if (name === "Fn::GetAtt" && Array.isArray(argument)) return tagged("!GetAtt", argument.join("."));
  if (name === "Fn::Sub" && subArguments(argument)[1] === undefined) return tagged("!Sub", String(argument));
  return undefined;
}

import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, type Node, parseDocument, type Scalar } from "yaml";
import { type Finding, type Position, TemplateError } from "./errors.ts";
import type { Json, JsonObject, Path } from "./json.ts";

/** A template's text as plain values, with the place of each of them. */
export interface TemplateDocument {
  readonly root: Json;
  positionOf(path: Path): Position;
}

/** Every short form there is; the long form of `!Ref` and `!Condition` has no `Fn::`. */
const SHORT_FORMS = new Set(
  "Ref Condition And Base64 Cidr Equals FindInMap GetAtt GetAZs If ImportValue Join Not Or Select Split Sub Transform"
    .split(" ")
    .map((name) => `!${name}`),
);

/** Aliases are written out; without a limit, a few lines could stand for gigabytes (the "billion laughs"). */
const MAX_VALUES = 200_000;

/** Far beyond what templates need, and far below what recursion bears. */
const MAX_DEPTH = 200;
/** What a template in S3 may have. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_BYTES = 1_000_000;

/**
 * Reads YAML or JSON (which YAML's flow style contains). Short-form intrinsics come out in long form.
 *
 * Values are read by YAML 1.2's core schema: `2012-10-17` stays text as CloudFormation has it, and, unlike there,
 * `yes` and `on` stay text too, which CloudFormation takes for a boolean just as well.
 *
 * Raises `TemplateError` for text that isn't well-formed, an unknown tag, a duplicate key, a null.
 */
export function readDocument(text: string, file: string): TemplateDocument {
  const refuse = (message: string): never => {
    throw new TemplateError([{ file, line: 1, column: 1, message, path: [] }]);
  };
  const language = text.trimStart().startsWith("{") ? "JSON" : "YAML";
  if (Buffer.byteLength(text, "utf8") > MAX_BYTES) refuse(`Template may not exceed ${MAX_BYTES} bytes in size.`);
  if (isTooDeep(text)) refuse(`Template format error: ${language} not well-formed. It is nested too deeply.`);
  const lines = new LineCounter();
  // Keys are compared here: the parser compares each with each, which takes minutes for a large map.
  const options = { lineCounter: lines, schema: "core", strict: true, logLevel: "silent", uniqueKeys: false } as const;
  const document = parseDocument(text, options);
  const findings: Finding[] = [];
  const places = new Map<string, Position>();
  const placeAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  // The first: what a parser says after it is mostly what it made of the first.
  const [error] = document.errors;
  if (error) {
    const said = error.message.startsWith("Maximum call stack")
      ? "It is nested too deeply."
      : error.message.split("\n")[0];
    const message = `Template format error: ${language} not well-formed. ${said}`;
    throw new TemplateError([{ ...placeAt(error.pos[0]), message, path: [] }]);
  }

  let count = 0;
  const found = (node: Node, path: Path, message: string) =>
    findings.push({ ...placeAt(node.range?.[0] ?? 0), message, path });

  const convert = (node: Node | null | undefined, path: Path): Json => {
    if (!node) return null;
    if (++count > MAX_VALUES) {
      findings.push({ ...placeAt(0), message: `Template format error: more than ${MAX_VALUES} values.`, path: [] });
      throw new TemplateError(findings);
    }
    if (path.length > MAX_DEPTH) {
      found(node, path, `Template format error: ${language} not well-formed. It is nested too deeply.`);
      throw new TemplateError(findings);
    }
    places.set(keyOf(path), placeAt(node.range?.[0] ?? 0));
    if (isAlias(node)) return convert(node.resolve(document), path);
    const { tag } = node as { tag?: string };
    const short = tag?.startsWith("!") && !tag.startsWith("tag:") ? tag : undefined;
    if (short && !SHORT_FORMS.has(short)) found(node, path, `Template format error: ${short} isn't known.`);
    if (!short) return convertPlain(node, path);
    const name = short === "!Ref" || short === "!Condition" ? short.slice(1) : `Fn::${short.slice(1)}`;
    const argument = convertPlain(node, [...path, name]);
    if (name === "Fn::GetAtt" && typeof argument === "string") return { [name]: splitAttribute(argument) };
    return { [name]: argument };
  };

  const convertPlain = (node: Node, path: Path): Json => {
    if (isMap(node)) {
      const object: JsonObject = {};
      for (const pair of node.items) {
        const keyNode = pair.key as Node | null;
        const key = keyNode && isScalar(keyNode) ? keyText(keyNode) : undefined;
        if (key === undefined || key === "__proto__") {
          found(keyNode ?? node, path, "Template format error: every key must be text (and can't be __proto__).");
          continue;
        }
        if (Object.hasOwn(object, key)) {
          const message = `Template format error: ${language} not well-formed. Map keys must be unique: ${key}`;
          found(keyNode ?? node, path, message);
        }
        object[key] = convert(pair.value as Node | null, [...path, key]);
        // Where a member is named is where people look for it, not where its value begins.
        if (keyNode?.range) places.set(keyOf([...path, key]), placeAt(keyNode.range[0]));
        if (object[key] === null && keyNode) {
          found(keyNode, [...path, key], `[/${[...path, key].join("/")}] 'null' values are not allowed in templates`);
        }
      }
      return object;
    }
    if (isSeq(node)) return node.items.map((item, index) => convert(item as Node, [...path, index]));
    if (isScalar(node)) return scalarValue(node);
    return null;
  };

  const root = convert(document.contents as Node | null, []);
  if (findings.length > 0) throw new TemplateError(findings);
  return { root, positionOf: (path) => nearest(places, path) ?? { file, line: 1, column: 1 } };
}

/**
 * Whether lists and maps in brackets are nested too deeply. The parser takes seconds to find out. Brackets in texts count
 * only at first sight.
 */
function isTooDeep(text: string): boolean {
  const deepest = (parts: Iterable<string>): number => {
    let [depth, max] = [0, 0];
    for (const part of parts) {
      if (part === "[" || part === "{") max = Math.max(max, ++depth);
      else if (part === "]" || part === "}") depth--;
    }
    return max;
  };
  return deepest(text) > MAX_DEPTH && deepest(new Lexer().lex(text)) > MAX_DEPTH;
}

/** `A.B.C` names attribute `B.C` of resource `A`. */
export function splitAttribute(text: string): [string, string] {
  const dot = text.indexOf(".");
  return dot < 0 ? [text, ""] : [text.slice(0, dot), text.slice(dot + 1)];
}

/** Account ids are numbers to YAML; as keys of a mapping they must keep their leading zeros. */
function keyText(node: Scalar): string {
  return typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
}

function scalarValue(node: Scalar): Json {
  const { value } = node;
  if (typeof value === "number" && !Number.isSafeInteger(value) && Number.isInteger(value)) return node.source ?? null;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return value === null || value === undefined ? null : String(value);
}

const keyOf = (path: Path) => path.join("\u0000");

function nearest(places: ReadonlyMap<string, Position>, path: Path): Position | undefined {
  for (let length = path.length; length >= 0; length--) {
    const place = places.get(keyOf(path.slice(0, length)));
    if (place) return place;
  }
  return undefined;
}

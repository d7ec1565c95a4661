import type { NormalizedSchema } from "@smithy/core/schema";
import { type Fields, header, type WireRequest, type WireResponse } from "./message.ts";
import type { OperationModel } from "./model.ts";
import { fromText, HTTP_DATE, toText } from "./text.ts";

/** How REST JSON and REST XML write what isn't in the URI, the query or a header. */
export interface BodyCodec {
  readonly contentType: string;
  /** A body is sent even when no member is bound to it. */
  readonly alwaysBody: boolean;
  parse(body: Buffer): unknown;
  readMember(member: NormalizedSchema, document: unknown, name: string): unknown;
  readPayload(member: NormalizedSchema, body: Buffer): unknown;
  writePayload(member: NormalizedSchema, value: unknown): string;
  writeBody(schema: NormalizedSchema, value: Fields): string;
}

const BINDINGS = [
  "httpLabel",
  "httpQuery",
  "httpQueryParams",
  "httpHeader",
  "httpPrefixHeaders",
  "httpPayload",
  "httpResponseCode",
] as const;

/** True for a member that isn't in the body's document. */
export function isBound(member: NormalizedSchema): boolean {
  const traits = member.getMergedTraits();
  return BINDINGS.some((binding) => traits[binding] !== undefined);
}

/** Reads an operation's input from where its HTTP traits put each member. */
export function readBindings(
  operation: OperationModel,
  labels: Readonly<Record<string, string>>,
  request: WireRequest,
  codec: BodyCodec,
): Fields {
  const fields: Fields = {};
  if (!operation.input.isStructSchema()) return fields;
  const hasBody = request.body.length > 0;
  let document: unknown;
  for (const [name, member] of operation.input.structIterator()) {
    let value: unknown;
    if (isBound(member)) {
      value = readBound(operation, name, member, labels, request, codec);
    } else if (hasBody) {
      document ??= codec.parse(request.body);
      value = codec.readMember(member, document, name);
    }
    if (value !== undefined) fields[name] = value;
  }
  return fields;
}

function readBound(
  operation: OperationModel,
  name: string,
  member: NormalizedSchema,
  labels: Readonly<Record<string, string>>,
  request: WireRequest,
  codec: BodyCodec,
): unknown {
  const traits = member.getMergedTraits();
  if (traits.httpLabel) return labels[name] === undefined ? undefined : fromText(member, labels[name]);
  if (traits.httpQuery) {
    const all = request.query.getAll(traits.httpQuery);
    if (all.length === 0) return undefined;
    if (member.isListSchema()) return all.map((text) => fromText(member.getValueSchema(), text));
    return fromText(member, all[0] ?? "");
  }
  if (traits.httpQueryParams) return readQueryParams(operation, member, request);
  if (traits.httpHeader) {
    const text = header(request, traits.httpHeader.toLowerCase());
    if (text === undefined) return undefined;
    if (!member.isListSchema()) return fromText(member, text);
    return text.split(",").map((item) => fromText(member.getValueSchema(), item.trim()));
  }
  if (traits.httpPrefixHeaders !== undefined) {
    const prefix = traits.httpPrefixHeaders.toLowerCase();
    const named = Object.keys(request.headers).filter((key) => key.startsWith(prefix));
    return Object.fromEntries(named.map((key) => [key.slice(prefix.length), header(request, key)]));
  }
  if (traits.httpPayload) {
    if (member.isStringSchema()) return request.body.toString();
    if (request.body.length === 0) return undefined;
    return member.isBlobSchema() ? new Uint8Array(request.body) : codec.readPayload(member, request.body);
  }
  return undefined;
}

/** The query parameters that no other member takes. */
function readQueryParams(operation: OperationModel, member: NormalizedSchema, request: WireRequest): Fields {
  const taken = new Set([...operation.input.structIterator()].map(([, other]) => other.getMergedTraits().httpQuery));
  const isList = member.getValueSchema().isListSchema();
  const free = [...new Set(request.query.keys())].filter((key) => !taken.has(key));
  return Object.fromEntries(free.map((key) => [key, isList ? request.query.getAll(key) : request.query.get(key)]));
}

/** Writes an operation's output to where its HTTP traits put each member. */
export function writeBindings(operation: OperationModel, output: Fields, codec: BodyCodec): WireResponse {
  const headers: Record<string, string> = {};
  let status = operation.http?.[2] ?? 200;
  let body: string | Buffer | undefined;
  let inPayload = false;
  let inDocument = false;
  for (const [name, member] of operation.output.isStructSchema() ? operation.output.structIterator() : []) {
    const traits = member.getMergedTraits();
    const value = output[name];
    if (!isBound(member)) inDocument = true;
    if (traits.httpPayload !== undefined) inPayload = true;
    if (value === undefined || value === null) continue;
    if (traits.httpPayload !== undefined) {
      [body, headers["content-type"]] = writePayload(member, value, codec, headers["content-type"]);
    } else if (traits.httpResponseCode !== undefined) {
      status = Number(value);
    } else if (traits.httpHeader) {
      const list = member.isListSchema();
      headers[traits.httpHeader.toLowerCase()] = list
        ? (value as unknown[]).join(", ")
        : toText(member, value, HTTP_DATE);
    } else if (traits.httpPrefixHeaders !== undefined) {
      for (const [key, text] of Object.entries(value))
        headers[(traits.httpPrefixHeaders + key).toLowerCase()] = String(text);
    }
  }
  if (!inPayload && (inDocument || codec.alwaysBody)) {
    body = codec.writeBody(operation.output, output);
    headers["content-type"] = codec.contentType;
  }
  return { status, headers, body };
}

function writePayload(
  member: NormalizedSchema,
  value: unknown,
  codec: BodyCodec,
  contentType: string | undefined,
): [body: string | Buffer, contentType: string] {
  if (member.isBlobSchema()) return [Buffer.from(value as Uint8Array), contentType ?? "application/octet-stream"];
  if (member.isStringSchema()) return [Buffer.from(String(value)), contentType ?? "text/plain"];
  return [codec.writePayload(member, value), codec.contentType];
}

import { type BodyCodec, isBound, readBindings, writeBindings } from "../bindings.ts";
import { errorShape } from "../errors.ts";
import type { Fields } from "../message.ts";
import { memberName, readTree, writeTree } from "../tree.ts";
import type { WireProtocol } from "./protocol.ts";

const STYLE = { jsonName: true };

const codec: BodyCodec = {
  contentType: "application/json",
  alwaysBody: true,
  parse: (body) => JSON.parse(body.toString()),
  readMember(member, document, name) {
    const key = memberName(name, member, STYLE);
    const known = typeof document === "object" && document !== null && Object.hasOwn(document, key);
    return known ? readTree(member, (document as Fields)[key], STYLE) : undefined;
  },
  readPayload: (member, body) => readTree(member, JSON.parse(body.toString()), STYLE),
  writePayload: (member, value) => JSON.stringify(writeTree(member, value, STYLE)),
  writeBody(schema, value) {
    const tree: Fields = {};
    for (const [name, member] of schema.isStructSchema() ? schema.structIterator() : []) {
      if (isBound(member)) continue;
      const field = writeTree(member, value[name], STYLE);
      if (field !== undefined) tree[memberName(name, member, STYLE)] = field;
    }
    return JSON.stringify(tree);
  },
};

/** REST with JSON bodies. https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export const restJson: WireProtocol = {
  readInput: (call, operation) => readBindings(operation, call.labels ?? {}, call.request, codec),
  writeOutput: (_call, operation, output) => writeBindings(operation, output, codec),
  writeError(call, error) {
    const shape = errorShape(call.model, error, "restJson");
    const headers: Record<string, string> = { "content-type": "application/json", "x-amzn-errortype": shape.name };
    const members: Fields = { message: error.message, Message: error.message, ...error.members };
    const body: Fields = {};
    for (const [name, member] of shape.schema?.structIterator() ?? []) {
      const { httpHeader } = member.getMergedTraits();
      if (httpHeader && members[name] !== undefined) headers[httpHeader.toLowerCase()] = String(members[name]);
      const field = isBound(member) ? undefined : writeTree(member, members[name], STYLE);
      if (field !== undefined) body[memberName(name, member, STYLE)] = field;
    }
    body.message ??= error.message;
    return { status: shape.status, headers, body: JSON.stringify(body) };
  },
};

import { cbor as codec } from "@smithy/core/cbor";
import { errorShape } from "../errors.ts";
import type { Fields } from "../message.ts";
import { readTree, writeTree } from "../tree.ts";
import type { WireProtocol } from "./protocol.ts";

const HEADERS = { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" };

/** RPC v2 CBOR: `POST /service/<target>/operation/<name>`. https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html */
export const cbor: WireProtocol = {
  readInput(call, operation) {
    const tree = call.request.body.length > 0 ? codec.deserialize(call.request.body) : {};
    return (readTree(operation.input, tree, { cbor: true }) ?? {}) as Fields;
  },

  writeOutput(_call, operation, output) {
    const tree = operation.output.isStructSchema() ? writeTree(operation.output, output, { cbor: true }) : {};
    return { status: 200, headers: { ...HEADERS }, body: Buffer.from(codec.serialize(tree)) };
  },

  writeError(call, error) {
    const shape = errorShape(call.model, error, "cbor");
    const members = { message: error.message, Message: error.message, ...error.members };
    const body = (shape.schema ? writeTree(shape.schema, members, { cbor: true }) : {}) as Fields;
    body.message ??= error.message;
    const headers: Record<string, string> = { ...HEADERS };
    if (call.model.queryCompatible) headers["x-amzn-query-error"] = `${shape.queryCode};${shape.fault}`;
    const tree = { __type: `${call.model.namespace}#${shape.name}`, ...body };
    return { status: shape.status, headers, body: Buffer.from(codec.serialize(tree)) };
  },
};

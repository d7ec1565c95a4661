import { errorShape } from "../errors.ts";
import type { Fields } from "../message.ts";
import { readTree, writeTree } from "../tree.ts";
import type { Call, WireProtocol } from "./protocol.ts";

const contentType = (call: Call) => `application/x-amz-json-${call.protocol === "json1.0" ? "1.0" : "1.1"}`;

/** AWS JSON 1.0 and 1.1: one POST, the operation in `X-Amz-Target`. https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export const json: WireProtocol = {
  readInput: (call, operation) =>
    (readTree(operation.input, JSON.parse(call.request.body.toString() || "{}"), {}) ?? {}) as Fields,

  writeOutput(call, operation, output) {
    const tree = operation.output.isStructSchema() ? writeTree(operation.output, output, {}) : {};
    return { status: 200, headers: { "content-type": contentType(call) }, body: JSON.stringify(tree) };
  },

  writeError(call, error) {
    const shape = errorShape(call.model, error, call.protocol);
    const members = { message: error.message, Message: error.message, ...error.members };
    const body = (shape.schema ? writeTree(shape.schema, members, {}) : {}) as Fields;
    body.message ??= error.message;
    const headers: Record<string, string> = { "content-type": contentType(call) };
    if (call.model.queryCompatible) headers["x-amzn-query-error"] = `${shape.queryCode};${shape.fault}`;
    const type = `${call.model.namespace}#${shape.name}`;
    return { status: shape.status, headers, body: JSON.stringify({ __type: type, ...body }) };
  },
};

import { errorShape } from "../errors.ts";
import { readForm } from "../form.ts";
import type { Fields } from "../message.ts";
import { escapeXml, writeXmlBody } from "../xml.ts";
import type { WireProtocol } from "./protocol.ts";

const HEADERS = { "content-type": "text/xml" };

/** AWS query: a form in, XML out. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export const query: WireProtocol = {
  readInput: (call, operation) => (readForm(operation.input, call.form) ?? {}) as Fields,

  writeOutput(call, operation, output, requestId) {
    const { name } = operation;
    const members = operation.output.isStructSchema() ? writeXmlBody(operation.output, output) : undefined;
    const result = members === undefined ? "" : `<${name}Result>${members}</${name}Result>`;
    const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    const body = `<${name}Response xmlns="${call.model.xmlNamespace}">${result}${metadata}</${name}Response>`;
    return { status: 200, headers: { ...HEADERS }, body };
  },

  writeError(call, error, requestId) {
    const shape = errorShape(call.model, error, "query");
    const members = shape.schema ? writeXmlBody(shape.schema, error.members) : "";
    const body =
      `<ErrorResponse xmlns="${call.model.xmlNamespace}"><Error><Type>${shape.fault}</Type>` +
      `<Code>${escapeXml(shape.queryCode)}</Code><Message>${escapeXml(error.message)}</Message>${members}</Error>` +
      `<RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { status: shape.status, headers: { ...HEADERS }, body };
  },
};

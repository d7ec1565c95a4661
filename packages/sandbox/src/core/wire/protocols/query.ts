import { errorShape } from "../errors.ts";
import { readForm } from "../form.ts";
import type { Fields } from "../message.ts";
import { escapeXml, writeXmlBody } from "../xml.ts";
import type { WireProtocol } from "./protocol.ts";

const PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>';
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

/**
 * EC2's dialect of query: flat lists under names of their own, an answer without a result element, and an error inside
 * `Response` and `Errors`. https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
 */
export const ec2Query: WireProtocol = {
  readInput: (call, operation) => (readForm(operation.input, call.form, { ec2: true }) ?? {}) as Fields,

  writeOutput(call, operation, output, requestId) {
    const { name } = operation;
    const members = operation.output.isStructSchema() ? writeXmlBody(operation.output, output) : "";
    // AWS's namespace ends in a slash here, the SDK's doesn't; no parser minds.
    const root = `${name}Response xmlns="${call.model.xmlNamespace}/"`;
    return {
      status: 200,
      headers: { "content-type": "text/xml;charset=UTF-8" },
      body: `${PROLOGUE}<${root}><requestId>${requestId}</requestId>${members}</${name}Response>`,
    };
  },

  writeError(call, error, requestId) {
    const shape = errorShape(call.model, error, "query");
    const details = `<Code>${escapeXml(shape.queryCode)}</Code><Message>${escapeXml(error.message)}</Message>`;
    const body = `${PROLOGUE}<Response><Errors><Error>${details}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
    return { status: shape.status, headers: { "content-type": "text/xml;charset=UTF-8" }, body };
  },
};

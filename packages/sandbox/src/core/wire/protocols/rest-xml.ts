import { type BodyCodec, isBound, readBindings, writeBindings } from "../bindings.ts";
import { errorShape } from "../errors.ts";
import type { WireResponse } from "../message.ts";
import type { ServiceModel } from "../model.ts";
import { escapeXml, parseXml, readXml, readXmlMember, writeXml, writeXmlBody, type XmlNode } from "../xml.ts";
import type { WireProtocol } from "./protocol.ts";

const PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>';

/** Answered with 204, where the published model has 200; recordings of AWS show it. */
const NO_CONTENT = new Set(["PutBucketTagging", "PutBucketPolicy", "PutBucketMetricsConfiguration"]);

const codecOf = (model: ServiceModel): BodyCodec => ({
  contentType: "application/xml",
  alwaysBody: false,
  parse: (body) => parseXml(body.toString()),
  readMember: (member, document, name) => readXmlMember((document as XmlNode[])[0] ?? "", name, member),
  readPayload: (member, body) => readXml(member, parseXml(body.toString())),
  writePayload: (member, value) => {
    const { xmlName } = member.getMergedTraits();
    return PROLOGUE + writeXml(xmlName ?? member.getName() ?? member.getMemberName(), member, value);
  },
  writeBody: (schema, value) => {
    const tag = schema.getMergedTraits().xmlName ?? (schema.getName() ?? "").replace(/Output$/, "Result");
    return `${PROLOGUE}<${tag} xmlns="${model.xmlNamespace}">${writeXmlBody(schema, value, isBound)}</${tag}>`;
  },
});

/** REST with XML bodies: S3. https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html */
export const restXml: WireProtocol = {
  readInput: (call, operation) => readBindings(operation, call.labels ?? {}, call.request, codecOf(call.model)),

  writeOutput(call, operation, output) {
    if (operation.name === "GetBucketLocation") return bucketLocation(call.model, output.LocationConstraint);
    const response = writeBindings(operation, output, codecOf(call.model));
    // No trait says so, but a part of an object is answered as HTTP does: 206.
    if (response.headers["content-range"]) return { ...response, status: 206 };
    return NO_CONTENT.has(operation.name) ? { ...response, status: 204 } : response;
  },

  writeError(call, error, requestId, hostId = "") {
    const shape = errorShape(call.model, error, "restXml");
    // S3 models few of its errors, and tells more than the models of those have: the bucket, the key, what was signed.
    const members = Object.entries(error.members)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`)
      .join("");
    const body =
      `${PROLOGUE}<Error><Code>${escapeXml(shape.name)}</Code><Message>${escapeXml(error.message)}</Message>` +
      `${members}<RequestId>${requestId}</RequestId><HostId>${hostId}</HostId></Error>`;
    return { status: shape.status, headers: { "content-type": "application/xml" }, body };
  },
};

/** The one output whose only member is the root itself (the `s3UnwrappedXmlOutput` trait, which SDK schemas drop). */
function bucketLocation(model: ServiceModel, location: unknown): WireResponse {
  const body = `${PROLOGUE}<LocationConstraint xmlns="${model.xmlNamespace}">${escapeXml(location ?? "")}</LocationConstraint>`;
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

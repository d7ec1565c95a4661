import { AwsError } from "../errors.ts";
import { parseForm } from "./form.ts";
import { header, type WireRequest } from "./message.ts";
import type { ServiceModel } from "./model.ts";
import type { Call } from "./protocols/protocol.ts";
import { buildRouter, type Router } from "./routes.ts";
import { acceptsS3, addressS3 } from "./s3-address.ts";
import type { SignedBy } from "./signature.ts";

export type Identify = (request: WireRequest, by: SignedBy | undefined) => Call;

const CBOR_PATH = /\/service\/([^/]+)\/operation\/([^/]+)$/;

/** CodeConnections renamed itself: newer clients (the CLI's `codeconnections`) send the new prefix for the same shapes. */
const TARGET_ALIASES: Readonly<Record<string, string>> = {
  "com.amazonaws.codeconnections.CodeConnections_20231201": "CodeStar_connections_20191201",
  CodeConnections_20231201: "CodeStar_connections_20191201",
  "com.amazonaws.codestar.connections.CodeStar_connections_20191201": "CodeStar_connections_20191201",
};

/**
 * Finds which operation of which service a request means, and in which protocol: by the CBOR path, by `X-Amz-Target`,
 * by a form's `Action`, then by REST path. Several services take more than one protocol, so what decides is how the
 * request looks, not how the service's own SDK client speaks. Raises `UnknownOperationException`.
 */
export function createIdentify(models: readonly ServiceModel[]): Identify {
  const routers = new Map<ServiceModel, Router>();
  for (const model of models) {
    if (model.protocol.startsWith("rest")) routers.set(model, buildRouter(model, { strict: model.name === "s3" }));
  }
  const byTarget = (target: string) => {
    const known = TARGET_ALIASES[target] ?? target;
    return models.find((model) => model.target === known);
  };

  const identifyRest: (request: WireRequest, by: SignedBy | undefined) => Call | undefined = (request, by) => {
    for (const [model, router] of routers) {
      if (by && by.signingName !== model.signingName) continue;
      const s3 = model.name === "s3" ? addressS3(request) : undefined;
      const accepts = s3 && ((operation: string) => acceptsS3(operation, s3.bucket));
      const match = router(s3?.request ?? request, accepts);
      if (!match) continue;
      const labels = s3?.bucket === undefined ? match.labels : { ...match.labels, Bucket: s3.bucket };
      return { model, operationName: match.operation.name, protocol: model.protocol, request, labels };
    }
    return undefined;
  };

  return (request, by) => {
    const cbor = header(request, "smithy-protocol")?.includes("rpc-v2-cbor") ? CBOR_PATH.exec(request.path) : null;
    const cborModel = cbor && byTarget(cbor[1] ?? "");
    if (cborModel) return { model: cborModel, operationName: cbor[2] ?? "", protocol: "cbor", request };

    const contentType = header(request, "content-type") ?? "";
    const target = header(request, "x-amz-target");
    if (target) {
      const dot = target.lastIndexOf(".");
      const model = byTarget(target.slice(0, dot));
      const protocol = contentType.includes("json-1.0") ? "json1.0" : "json1.1";
      if (model) return { model, operationName: target.slice(dot + 1), protocol, request };
    } else if (contentType.includes("x-www-form-urlencoded") || request.query.has("Action")) {
      const form = parseForm(request.body.length > 0 ? request.body.toString() : request.rawQuery);
      const action = String(form.Action ?? "");
      const offering = models.filter((model) => model.version === form.Version && model.operations.has(action));
      const model = offering.find((candidate) => candidate.signingName === by?.signingName) ?? offering[0];
      const protocol = model?.protocol === "ec2Query" ? "ec2Query" : "query";
      if (model) return { model, operationName: action, protocol, request, form };
    }
    const rest = identifyRest(request, by);
    if (rest) return rest;
    throw unknownOperation(request, target ?? by?.signingName);
  };
}

function unknownOperation(request: WireRequest, hint: string | undefined): AwsError {
  const message = `sandbox: no registered service answers ${request.method} ${request.path} (${hint ?? "unsigned"})`;
  return new AwsError("UnknownOperationException", message, { status: 501 });
}

import { AwsError } from "../errors.ts";
import { parseForm } from "./form.ts";
import { header, type WireRequest } from "./message.ts";
import type { Protocol, ServiceModel } from "./model.ts";
import type { Call } from "./protocols/protocol.ts";
import { buildRouter, type Router } from "./routes.ts";
import { acceptsS3, addressS3 } from "./s3-address.ts";
import type { SignedBy } from "./signature.ts";

/** What identifies a service before its signature is verified: the name in the credential's scope. */
type Signer = Pick<SignedBy, "signingName"> | undefined;

export interface Identify {
  /** The operation that a request means; its name may be one that the service doesn't have. Raises `AwsError`. */
  call(request: WireRequest, by: Signer): Call;
  /** As much as a request's headers tell, for an answer to one whose body wasn't read; undefined for a stranger's. */
  guess(head: WireRequest, by: Signer): Call | undefined;
}

const CBOR_PATH = /\/service\/([^/]+)\/operation\/([^/]+)$/;

/** CodeConnections renamed itself: newer clients (the CLI's `codeconnections`) send the new prefix for the same shapes. */
const TARGET_ALIASES: Readonly<Record<string, string>> = {
  "com.amazonaws.codeconnections.CodeConnections_20231201": "CodeStar_connections_20191201",
  CodeConnections_20231201: "CodeStar_connections_20191201",
  "com.amazonaws.codestar.connections.CodeStar_connections_20191201": "CodeStar_connections_20191201",
};

const isForm = (contentType: string) => contentType.includes("x-www-form-urlencoded");

/** JSON 1.0 or 1.1, as the caller says. */
const jsonOf = (contentType: string): Protocol => (contentType.includes("json-1.0") ? "json1.0" : "json1.1");

const queryOf = (model: ServiceModel): Protocol => (model.protocol === "ec2Query" ? "ec2Query" : "query");

/**
 * Finds which operation of which service a request means, and in which protocol: by the CBOR path, by `X-Amz-Target`,
 * by a form's `Action`, then by REST path. Several services take more than one protocol, so what decides is how the
 * request looks, not how the service's own SDK client speaks. Raises `UnknownOperationException` where no registered
 * service can be meant; an operation that a known service lacks is for its own protocol to refuse.
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
  const signedFor = (by: Signer) => models.find((model) => by && model.signingNames.includes(by.signingName));

  const identifyRest: (request: WireRequest, by: Signer) => Call | undefined = (request, by) => {
    for (const [model, router] of routers) {
      if (by && !model.signingNames.includes(by.signingName)) continue;
      const s3 = model.name === "s3" ? addressS3(request) : undefined;
      const accepts = s3 && ((operation: string) => acceptsS3(operation, s3.bucket));
      const match = router(s3?.request ?? request, accepts);
      if (!match) continue;
      const labels = s3?.bucket === undefined ? match.labels : { ...match.labels, Bucket: s3.bucket };
      return { model, operationName: match.operation.name, protocol: model.protocol, request, labels };
    }
    return undefined;
  };

  const identifyForm = (request: WireRequest, by: Signer): Call | undefined => {
    const form = parseForm(request.body.length > 0 ? request.body.toString() : request.rawQuery);
    const operationName = String(form.Action ?? "");
    const ofVersion = models.filter((model) => model.version === form.Version);
    const offering = ofVersion.filter((model) => model.operations.has(operationName));
    const signer = signedFor(by);
    const model =
      offering.find((candidate) => candidate === signer) ??
      offering[0] ??
      (signer && !signer.protocol.startsWith("rest") ? signer : ofVersion[0]);
    return model && { model, operationName, protocol: queryOf(model), request, form };
  };

  const guess: Identify["guess"] = (head, by) => {
    const contentType = header(head, "content-type") ?? "";
    const target = header(head, "x-amz-target");
    const model = target ? byTarget(target.slice(0, target.lastIndexOf("."))) : signedFor(by);
    if (!model) return undefined;
    const protocol = target ? jsonOf(contentType) : isForm(contentType) ? queryOf(model) : model.protocol;
    return { model, operationName: target?.split(".").at(-1) ?? "", protocol, request: head };
  };

  return {
    guess,
    call(request, by) {
      const cbor = header(request, "smithy-protocol")?.includes("rpc-v2-cbor") ? CBOR_PATH.exec(request.path) : null;
      const cborModel = cbor && byTarget(cbor[1] ?? "");
      if (cborModel) return { model: cborModel, operationName: cbor[2] ?? "", protocol: "cbor", request };

      const contentType = header(request, "content-type") ?? "";
      const target = header(request, "x-amz-target");
      if (target) {
        const dot = target.lastIndexOf(".");
        const model = byTarget(target.slice(0, dot));
        const operationName = target.slice(dot + 1);
        if (model) return { model, operationName, protocol: jsonOf(contentType), request };
      } else if (isForm(contentType) || request.query.has("Action")) {
        const call = identifyForm(request, by);
        if (call) return call;
      }
      const call = identifyRest(request, by) ?? (target ? undefined : guess(request, by));
      if (call) return call;
      const hint = target ?? by?.signingName ?? "unsigned";
      const message = `sandbox: no registered service answers ${request.method} ${request.path} (${hint})`;
      throw new AwsError("UnknownOperationException", message, { status: 501 });
    },
  };
}

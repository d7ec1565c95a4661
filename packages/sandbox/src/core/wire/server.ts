import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "../context.ts";
import type { Credentials } from "../credentials.ts";
import { AwsError } from "../errors.ts";
import { CutConnection, type Faults } from "../faults.ts";
import type { RequestHandler } from "../fronts.ts";
import { invoke, notImplemented } from "../invoke.ts";
import type { Runtimes, Shared } from "../runtime.ts";
import { dechunk } from "./chunked.ts";
import { faultWords, refusal, toAwsError } from "./errors.ts";
import { createIdentify } from "./identify.ts";
import { type Fields, header, type WireRequest, type WireResponse } from "./message.ts";
import type { Protocol, ServiceModel } from "./model.ts";
import { cbor } from "./protocols/cbor.ts";
import { json } from "./protocols/json.ts";
import type { Call, WireProtocol } from "./protocols/protocol.ts";
import { ec2Query, query } from "./protocols/query.ts";
import { restJson } from "./protocols/rest-json.ts";
import { restXml } from "./protocols/rest-xml.ts";
import { readSignature, type SignedBy, sha256, verifySignature } from "./signature.ts";
import { escapeXml } from "./xml.ts";

const PROTOCOLS: Readonly<Record<Protocol, WireProtocol>> = {
  query,
  ec2Query,
  "json1.0": json,
  "json1.1": json,
  restJson,
  restXml,
  cbor,
};

export interface WireDeps {
  readonly models: readonly ServiceModel[];
  readonly runtimes: Pick<Runtimes, "context">;
  readonly credentials: Pick<Credentials, "lookUp">;
  readonly shared: Pick<Shared, "clock" | "random" | "log" | "defaultRegion">;
  readonly faults: Pick<Faults, "around">;
}

/**
 * The AWS port: request in, the caller's own protocol out. Steps, in order: read the body, read the signature, identify
 * the operation, authenticate, run, answer. Whatever fails is answered as that protocol writes errors.
 */
export function createWireHandler({ models, runtimes, credentials, shared, faults }: WireDeps): RequestHandler {
  const identify = createIdentify(models);

  const authenticate = (call: Call, by: SignedBy | undefined, rawBody: Buffer): Caller => {
    if (!by) throw refusal("missing", call.protocol);
    const verdict = credentials.lookUp(by.accessKeyId, by.sessionToken);
    if (verdict.kind !== "known") throw refusal(verdict.kind, call.protocol);
    if (by.presigned && presignedUntil(by.presigned) < shared.clock.now()) throw refusal("too-old", call.protocol);
    const bodySha256 = () => sha256(rawBody);
    if (!verifySignature(call.request, by, verdict.secretAccessKey, bodySha256))
      throw refusal("signature", call.protocol);
    const claimed = header(call.request, "x-amz-content-sha256") ?? "";
    if (/^[0-9a-f]{64}$/.test(claimed) && claimed !== bodySha256()) {
      throw new AwsError("XAmzContentSHA256Mismatch", "The provided x-amz-content-sha256 header does not match.");
    }
    return verdict.caller;
  };

  const run = async (
    call: Call,
    by: SignedBy | undefined,
    rawBody: Buffer,
    requestId: string,
    signal: AbortSignal,
  ): Promise<WireResponse> => {
    const protocol = PROTOCOLS[call.protocol];
    try {
      const operation = call.model.operations.get(call.operationName);
      if (!operation)
        throw new AwsError("UnknownOperationException", `${call.model.serviceId} has no ${call.operationName}`);
      const caller = authenticate(call, by, rawBody);
      if (!call.model.definition.operations[operation.name]) throw notImplemented(call.model, operation.name);
      const region = by?.region ?? shared.defaultRegion;
      const traceHeader = header(call.request, "x-amzn-trace-id");
      const origin = { account: caller.account, region, caller, internal: false, requestId, signal, traceHeader };
      const context = runtimes.context(call.model, origin);
      const target = { service: call.model.signingName, operation: operation.name, account: caller.account };
      const words = faultWords(call, caller);
      const output = await faults.around(target, words, () =>
        invoke(call.model, operation, context, protocol.readInput(call, operation)),
      );
      return protocol.writeOutput(call, operation, output as Fields, requestId);
    } catch (thrown) {
      if (thrown instanceof CutConnection) throw thrown;
      const error = toAwsError(thrown);
      const operation = `${call.model.name}.${call.operationName}`;
      if (error !== thrown) shared.log("request.crashed", { operation, requestId, error: stackOf(thrown) });
      else shared.log("request.refused", { operation, requestId, code: error.code, message: error.message });
      return protocol.writeError(call, error, requestId);
    }
  };

  return async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const requestId = shared.random.uuid();
    const hangUp = new AbortController();
    outgoing.once("close", () => hangUp.abort());
    let response: WireResponse;
    try {
      const { request, rawBody } = await readRequest(incoming);
      const by = readSignature(request);
      response = await run(identify(request, by), by, rawBody, requestId, hangUp.signal);
    } catch (thrown) {
      if (incoming.destroyed && !incoming.complete) return;
      if (thrown instanceof CutConnection) {
        incoming.socket.destroy();
        return;
      }
      response = bareError(incoming, toAwsError(thrown), requestId);
    }
    send(outgoing, incoming.method ?? "GET", response, requestId);
  };
}

/** An error before the service is known: a form's sender gets XML, everybody else JSON. */
function bareError(incoming: IncomingMessage, error: AwsError, requestId: string): WireResponse {
  const { code, message, status = 400 } = error;
  if (String(incoming.headers["content-type"]).includes("x-www-form-urlencoded")) {
    const details = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>`;
    const body = `<ErrorResponse><Error>${details}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { status, headers: { "content-type": "text/xml" }, body };
  }
  return {
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ __type: code, message }),
  };
}

async function readRequest(incoming: IncomingMessage): Promise<{ request: WireRequest; rawBody: Buffer }> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const rawBody = Buffer.concat(chunks);
  const { method = "GET", url = "/", headers } = incoming;
  // By hand, because `new URL` would fold `..` and so change the keys of objects.
  const [path = "/", rawQuery = ""] = url.split(/\?(.*)/s);
  const base = { method, path, rawQuery, query: new URLSearchParams(rawQuery) };
  const framed =
    String(headers["content-encoding"] ?? "").includes("aws-chunked") ||
    String(headers["x-amz-content-sha256"] ?? "").startsWith("STREAMING-");
  if (!framed) return { request: { ...base, headers, body: rawBody }, rawBody };
  const { body, trailers } = dechunk(rawBody);
  return { request: { ...base, headers: { ...trailers, ...headers }, body }, rawBody };
}

function send(outgoing: ServerResponse, method: string, response: WireResponse, requestId: string): void {
  const body = response.body === undefined ? Buffer.alloc(0) : Buffer.from(response.body as string);
  const headers: Record<string, string | number> = { "x-amzn-requestid": requestId, "x-amz-request-id": requestId };
  for (const [key, value] of Object.entries(response.headers)) {
    // Header text is bytes: UTF-8, as S3 sends what was stored.
    headers[key] = Buffer.from(value).toString("latin1");
  }
  // The answer to HEAD tells the length of a body that isn't sent.
  if (method !== "HEAD") headers["content-length"] = body.length;
  outgoing.writeHead(response.status, headers).end(method === "HEAD" ? undefined : body);
}

/** `20261123T120000Z` plus the seconds that the URL is good for. */
function presignedUntil({ at, expiresSeconds }: NonNullable<SignedBy["presigned"]>): Date {
  const iso = at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  return new Date(new Date(iso).getTime() + expiresSeconds * 1000);
}

const stackOf = (thrown: unknown) => (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));

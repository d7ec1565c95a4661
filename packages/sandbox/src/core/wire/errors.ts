import type { NormalizedSchema } from "@smithy/core/schema";
import type { Caller } from "../context.ts";
import { AwsError } from "../errors.ts";
import type { FaultWords } from "../faults.ts";
import type { Protocol, ServiceModel } from "./model.ts";
import type { Call } from "./protocols/protocol.ts";

/** How an error looks on the wire, as far as the protocols share it. */
export interface ErrorShape {
  readonly schema: NormalizedSchema | undefined;
  /** The modelled shape's name, or the code itself. */
  readonly name: string;
  /** The code that query clients know: `AWS.SimpleQueueService.NonExistentQueue`. */
  readonly queryCode: string;
  readonly status: number;
  readonly fault: "Sender" | "Receiver";
}

/** Finds an error's shape by its name or by the code that it has in query protocols. */
export function errorShape(model: ServiceModel, error: AwsError, protocol: Protocol): ErrorShape {
  const schema =
    model.errors.get(error.code) ??
    [...model.errors.values()].find((candidate) => queryTrait(candidate)?.[0] === error.code);
  const trait = schema && queryTrait(schema);
  const modelled = schema?.getMergedTraits().httpError as number | undefined;
  const status = error.status ?? (protocol === "query" ? trait?.[1] : undefined) ?? modelled ?? 400;
  return {
    schema,
    name: schema?.getName() ?? error.code,
    queryCode: trait?.[0] ?? error.code,
    status,
    fault: status < 500 ? "Sender" : "Receiver",
  };
}

function queryTrait(schema: NormalizedSchema): [code: string, status: number] | undefined {
  return (schema.getMergedTraits() as { awsQueryError?: [string, number] }).awsQueryError;
}

/** Anything thrown by an operation as an error of AWS: what isn't one is our own fault. */
export function toAwsError(thrown: unknown): AwsError {
  if (thrown instanceof AwsError) return thrown;
  if (thrown instanceof URIError) return new AwsError("InvalidURI", thrown.message);
  if (thrown instanceof SyntaxError) return new AwsError("SerializationException", thrown.message);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AwsError("InternalFailure", message, { status: 500 });
}

export type Refusal = "missing" | "unknown" | "expired" | "signature" | "too-old";

/**
 * The same refusal under each protocol's own name, because SDKs and people look for exactly these.
 * Source: "Common errors" in each service's API reference, and S3's "Error responses".
 */
export function refusal(kind: Refusal, protocol: Protocol): AwsError {
  const [query, other, s3, message, s3Message] = REFUSALS[kind];
  if (protocol === "restXml") {
    return new AwsError(s3, s3Message, { status: kind === "expired" ? 400 : 403 });
  }
  if (protocol === "query") return new AwsError(query, message, { status: 403 });
  return new AwsError(other, message, { status: protocol === "restJson" ? 403 : 400 });
}

/**
 * What AWS says when it throttles, fails or refuses, under each protocol's own name.
 * Source: "Common errors" in each service's API reference, S3's "Error responses", Lambda's "Invoke".
 */
export function faultWords({ model, protocol, operationName }: Call, caller: Caller): FaultWords {
  const byProtocol = (query: string, other: string, s3: string) =>
    protocol === "restXml" ? s3 : protocol === "query" || protocol === "ec2Query" ? query : other;
  const action = `${model.signingName}:${operationName}`;
  return {
    throttled() {
      if (model.errors.has("TooManyRequestsException")) {
        return new AwsError("TooManyRequestsException", "Rate Exceeded.", { status: 429 });
      }
      const code = byProtocol("Throttling", "ThrottlingException", "SlowDown");
      const message = protocol === "restXml" ? "Please reduce your request rate." : "Rate exceeded";
      return new AwsError(code, message, { status: protocol === "restXml" ? 503 : 400 });
    },
    expired: () => refusal("expired", protocol),
    refused() {
      const code = byProtocol("AccessDenied", "AccessDeniedException", "AccessDenied");
      const status = byProtocol("403", "400", "403");
      const message = `User: ${caller.arn} is not authorized to perform: ${action}`;
      return new AwsError(code, message, { status: Number(status) });
    },
    failed(status) {
      const code = byProtocol("InternalFailure", "InternalServerError", "InternalError");
      return new AwsError(code, "We encountered an internal error. Please try again.", { status });
    },
  };
}

const REFUSALS: Readonly<
  Record<Refusal, readonly [query: string, json: string, s3: string, text: string, s3: string]>
> = {
  missing: [
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "AccessDenied",
    "Request is missing Authentication Token",
    "Access Denied",
  ],
  unknown: [
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "The security token included in the request is invalid.",
    "The AWS Access Key Id you provided does not exist in our records.",
  ],
  expired: [
    "ExpiredToken",
    "ExpiredTokenException",
    "ExpiredToken",
    "The security token included in the request is expired",
    "The provided token has expired.",
  ],
  signature: [
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
  ],
  "too-old": ["RequestExpired", "RequestExpired", "AccessDenied", "Request has expired.", "Request has expired"],
};

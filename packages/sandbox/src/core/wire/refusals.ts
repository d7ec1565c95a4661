import { AwsError } from "../errors.ts";
import type { Protocol } from "./model.ts";

/** Why a request isn't accepted, before any operation looks at it. */
export type RefusalKind =
  | "missing"
  | "incomplete"
  | "unknown"
  | "token"
  | "expired"
  | "scope"
  | "signature"
  | "skew"
  | "presigned-expired";

type Style = "query" | "ec2" | "json" | "s3";
/** Code and status, under each style's own name; of JSON 400, of REST JSON 403. */
type Names = Readonly<Record<Exclude<Style, "json">, readonly [code: string, status: number]> & { json: string }>;

const SIGNATURE =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
const S3_SIGNATURE =
  "The request signature we calculated does not match the signature you provided. Check your key and signing method.";

const NAMES: Readonly<Record<RefusalKind, Names>> = {
  missing: {
    query: ["MissingAuthenticationToken", 403],
    ec2: ["MissingAuthenticationToken", 403],
    json: "MissingAuthenticationTokenException",
    s3: ["AccessDenied", 403],
  },
  incomplete: {
    query: ["IncompleteSignature", 403],
    ec2: ["IncompleteSignature", 403],
    json: "IncompleteSignatureException",
    s3: ["AuthorizationHeaderMalformed", 400],
  },
  unknown: {
    query: ["InvalidClientTokenId", 403],
    ec2: ["AuthFailure", 401],
    json: "UnrecognizedClientException",
    s3: ["InvalidAccessKeyId", 403],
  },
  token: {
    query: ["InvalidClientTokenId", 403],
    ec2: ["AuthFailure", 401],
    json: "UnrecognizedClientException",
    s3: ["InvalidToken", 400],
  },
  expired: {
    query: ["ExpiredToken", 403],
    ec2: ["RequestExpired", 400],
    json: "ExpiredTokenException",
    s3: ["ExpiredToken", 400],
  },
  scope: {
    query: ["SignatureDoesNotMatch", 403],
    ec2: ["AuthFailure", 401],
    json: "InvalidSignatureException",
    s3: ["AuthorizationHeaderMalformed", 400],
  },
  signature: {
    query: ["SignatureDoesNotMatch", 403],
    ec2: ["AuthFailure", 401],
    json: "InvalidSignatureException",
    s3: ["SignatureDoesNotMatch", 403],
  },
  skew: {
    query: ["SignatureDoesNotMatch", 403],
    ec2: ["RequestExpired", 400],
    json: "InvalidSignatureException",
    s3: ["RequestTimeTooSkewed", 403],
  },
  "presigned-expired": {
    query: ["SignatureDoesNotMatch", 403],
    ec2: ["RequestExpired", 400],
    json: "InvalidSignatureException",
    s3: ["AccessDenied", 403],
  },
};

const TEXTS: Readonly<Record<RefusalKind, readonly [aws: string, s3: string]>> = {
  missing: ["Request is missing Authentication Token", "Access Denied"],
  incomplete: ["The request signature does not conform to AWS standards.", "The authorization header is malformed."],
  unknown: [
    "The security token included in the request is invalid.",
    "The AWS Access Key Id you provided does not exist in our records.",
  ],
  token: [
    "The security token included in the request is invalid.",
    "The provided token is malformed or otherwise invalid.",
  ],
  expired: ["The security token included in the request is expired", "The provided token has expired."],
  scope: ["Credential should be scoped to a valid region.", "The authorization header is malformed."],
  signature: [SIGNATURE, S3_SIGNATURE],
  skew: ["Signature expired.", "The difference between the request time and the current time is too large."],
  "presigned-expired": ["Signature expired.", "Request has expired"],
};

const EC2_TEXTS: Readonly<Record<string, string>> = {
  AuthFailure: "AWS was not able to validate the provided access credentials",
  RequestExpired: "Request has expired.",
};

/** More than the kind says: which words, and what S3 writes beside them. */
interface Details {
  readonly message?: string | undefined;
  readonly s3Message?: string | undefined;
  /** Elements of S3's error document. */
  readonly members?: Record<string, unknown>;
}

/**
 * One refusal under each protocol's own name and status, because SDKs and people look for exactly these.
 * Source: "Common errors" in each service's API reference, EC2's "Error codes", S3's "Error responses".
 */
export function refusal(kind: RefusalKind, protocol: Protocol, details: Details = {}): AwsError {
  const names = NAMES[kind];
  const [text, s3Text] = TEXTS[kind];
  if (protocol === "restXml") {
    const [code, status] = names.s3;
    return new AwsError(code, details.s3Message ?? s3Text, { status, members: details.members ?? {} });
  }
  const message = details.message ?? text;
  if (protocol === "ec2Query") {
    const [code, status] = names.ec2;
    return new AwsError(code, EC2_TEXTS[code] ?? message, { status });
  }
  if (protocol === "query") return new AwsError(names.query[0], message, { status: names.query[1] });
  return new AwsError(names.json, message, { status: protocol === "restJson" ? 403 : 400 });
}

const QUERY_CODES = new Map(Object.values(NAMES).map(({ json, query }) => [json, query[0]] as const));

/** What a refusal is called among query services, for those that were one: they tell both names. */
export const queryCodeOf = (code: string): string => QUERY_CODES.get(code) ?? code;

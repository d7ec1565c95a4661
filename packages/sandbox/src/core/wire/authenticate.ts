import type { SandboxClock } from "../context.ts";
import { type Credentials, sameText } from "../credentials.ts";
import { AwsError } from "../errors.ts";
import type { Caller } from "../identity.ts";
import type { Dechunked } from "./chunked.ts";
import { header } from "./message.ts";
import type { Call } from "./protocols/protocol.ts";
import { type RefusalKind, refusal } from "./refusals.ts";
import {
  ALGORITHM,
  canonicalRequest,
  fromBasicTime,
  hmac,
  isReadable,
  type SignedBy,
  sha256,
  signingKey,
  toBasicTime,
  type Unreadable,
} from "./signature.ts";

/** A body as it came over the wire, for its signature. */
export interface RawBody {
  /** With the framing of `aws-chunked`, where it had one. */
  readonly bytes: Buffer;
  readonly chunked: Dechunked | undefined;
}

export type Authenticate = (call: Call, by: SignedBy | Unreadable | undefined, raw: RawBody) => Caller;

/** How far a signature's time may be off. */
const SKEW_MS = 15 * 60 * 1000;
const REGION = /^(?:[a-z]{2}(?:-[a-z]+)+-\d|[a-z]+-global)$/;
/** Deriving a signing key takes four HMACs, and a caller signs thousands of requests a day with the same one. */
const MOST_KEYS = 500;
const EMPTY_SHA256 = sha256("");

/**
 * Verifies who signed a request, as AWS does and in AWS's words: the key, the session, the scope, the time, the signature,
 * and the body by its hash. Raises the refusal that the caller's protocol has for it.
 *
 * A signature's time is held against the sandbox's clock and, where that was advanced, the machine's too: a client's own
 * clock doesn't move with the sandbox. What a presigned URL is good for is the sandbox's time alone.
 */
export function createAuthenticate(credentials: Pick<Credentials, "lookUp">, clock: SandboxClock): Authenticate {
  const keys = new Map<string, Buffer>();

  const keyOf = (secret: string, scope: string): Buffer => {
    const name = `${scope}/${secret}`;
    const known = keys.get(name);
    if (known) return known;
    const key = signingKey(secret, scope);
    if (keys.size >= MOST_KEYS) keys.clear();
    keys.set(name, key);
    return key;
  };

  return (call, by, raw) => {
    const { protocol, request } = call;
    if (!by) throw refusal("missing", protocol);
    if (!isReadable(by)) throw refuseUnreadable(call, by);
    const verdict = credentials.lookUp(by.accessKeyId, by.sessionToken);
    if (verdict.kind !== "known") {
      const members = verdict.kind === "unknown" ? { AWSAccessKeyId: by.accessKeyId } : { "Token-0": by.sessionToken };
      throw refusal(verdict.kind, protocol, { members });
    }
    checkScope(call, by);
    checkTime(call, by, clock.now());

    const bodySha256 = lazily(() => sha256(raw.bytes));
    const payload = payloadHash(call, by, bodySha256);
    const canonical = canonicalRequest(request, by, payload);
    const scope = `${by.date}/${by.region}/${by.signingName}/aws4_request`;
    const toSign = [ALGORITHM, by.at, scope, sha256(canonical)].join("\n");
    const key = keyOf(verdict.secretAccessKey, scope);
    if (!sameText(hmac(key, toSign).toString("hex"), by.signature)) throw mismatch(call, by, canonical, toSign);
    if (/^[0-9a-f]{64}$/.test(payload) && payload !== bodySha256()) throw wrongHash(call, by, payload, bodySha256());
    if (payload.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") && raw.chunked) {
      if (!chunksMatch(raw.chunked, key, by, scope)) throw mismatch(call, by, canonical, toSign);
    }
    return verdict.caller;
  };
}

function refuseUnreadable({ protocol }: Call, { message, s3Message }: Unreadable): AwsError {
  if (protocol !== "restXml" || s3Message.startsWith("The authorization header")) {
    return refusal("incomplete", protocol, { message, s3Message });
  }
  const code = s3Message.startsWith("Unsupported") ? "InvalidArgument" : "AuthorizationQueryParametersError";
  return new AwsError(code, s3Message, { status: 400 });
}

/** Date, region and service in the credential's scope, and the one header that must be signed. */
function checkScope({ model, protocol }: Call, by: SignedBy): void {
  const wrong: [kind: RefusalKind, aws: string, s3: string] | undefined = !by.at.startsWith(by.date)
    ? [
        "scope",
        `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${by.date}' != '${by.at.slice(0, 8)}', from '${by.at}'.`,
        `Invalid credential date "${by.date}". This date is not the same as X-Amz-Date: "${by.at.slice(0, 8)}".`,
      ]
    : !model.signingNames.includes(by.signingName)
      ? [
          "scope",
          `Credential should be scoped to correct service: '${model.signingNames[0]}'. `,
          `incorrect service "${by.signingName}". This endpoint belongs to "${model.signingNames[0]}".`,
        ]
      : !REGION.test(by.region)
        ? ["scope", "Credential should be scoped to a valid region. ", `the region '${by.region}' is wrong`]
        : !by.signedHeaders.includes("host")
          ? [
              "scope",
              "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
              "the host header must be signed.",
            ]
          : undefined;
  if (!wrong) return;
  const [kind, message, s3] = wrong;
  throw refusal(kind, protocol, { message, s3Message: `The authorization header is malformed; ${s3}` });
}

function checkTime({ protocol }: Call, by: SignedBy, now: Date): void {
  const signedMs = fromBasicTime(by.at).getTime();
  const nowText = toBasicTime(now);
  if (by.presigned) {
    const until = new Date(signedMs + by.presigned.expiresSeconds * 1000);
    if (until >= now) return;
    const message = `Signature expired: ${toBasicTime(until)} is now earlier than ${nowText}`;
    const members = {
      "X-Amz-Expires": by.presigned.expiresSeconds,
      Expires: until.toISOString(),
      ServerTime: now.toISOString(),
    };
    throw refusal("presigned-expired", protocol, { message, members });
  }
  if (Math.abs(signedMs - now.getTime()) <= SKEW_MS || Math.abs(signedMs - Date.now()) <= SKEW_MS) return;
  const isLate = signedMs < now.getTime();
  const limit = toBasicTime(new Date(now.getTime() + (isLate ? -SKEW_MS : SKEW_MS)));
  const message = isLate
    ? `Signature expired: ${by.at} is now earlier than ${limit} (${nowText} - 15 min.)`
    : `Signature not yet current: ${by.at} is still later than ${limit} (${nowText} + 15 min.)`;
  const members = {
    RequestTime: by.at,
    ServerTime: now.toISOString(),
    MaxAllowedSkewMilliseconds: SKEW_MS,
  };
  throw refusal("skew", protocol, { message, members });
}

/** What stands for the body in the canonical request: its hash, or the caller's word for why there is none. */
function payloadHash({ model, protocol, request }: Call, by: SignedBy, bodySha256: () => string): string {
  const claimed = header(request, "x-amz-content-sha256");
  if (model.name !== "s3") return claimed ?? bodySha256();
  if (claimed === undefined) {
    if (by.presigned) return "UNSIGNED-PAYLOAD";
    const message = "Missing required header for this request: x-amz-content-sha256";
    throw new AwsError("InvalidRequest", message, { status: 400 });
  }
  if (/^(?:[0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-UNSIGNED-PAYLOAD-TRAILER)$/.test(claimed)) return claimed;
  if (/^STREAMING-AWS4-HMAC-SHA256-PAYLOAD(?:-TRAILER)?$/.test(claimed)) return claimed;
  const message =
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, or a valid sha256 value.";
  const members = { ArgumentName: "x-amz-content-sha256", ArgumentValue: claimed };
  throw new AwsError("InvalidArgument", message, { status: protocol === "restXml" ? 400 : 403, members });
}

function mismatch({ protocol }: Call, by: SignedBy, canonical: string, toSign: string): AwsError {
  const bytes = (text: string) => Buffer.from(text).toString("hex").replace(/../g, "$& ").trim();
  const told =
    protocol === "restJson"
      ? `\n\nThe Canonical String for this request should have been\n'${canonical}'\n\nThe String-to-Sign should have been\n'${toSign}'\n`
      : "";
  const plain = refusal("signature", protocol);
  if (told) return refusal("signature", protocol, { message: plain.message + told });
  return refusal("signature", protocol, {
    members: {
      AWSAccessKeyId: by.accessKeyId,
      StringToSign: toSign,
      SignatureProvided: by.signature,
      StringToSignBytes: bytes(toSign),
      CanonicalRequest: canonical,
      CanonicalRequestBytes: bytes(canonical),
    },
  });
}

/** S3 has an error for a body that isn't what was signed; to all others the signature is wrong. */
function wrongHash(call: Call, by: SignedBy, claimed: string, computed: string): AwsError {
  if (call.protocol !== "restXml") return mismatch(call, by, "", "");
  const members = { ClientComputedContentSHA256: claimed, S3ComputedContentSHA256: computed };
  const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
  return new AwsError("XAmzContentSHA256Mismatch", message, { status: 400, members });
}

/**
 * Each chunk's signature covers the one before it, the first the request's own; the trailing headers come last.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
function chunksMatch({ chunks, trailers, trailerSignature }: Dechunked, key: Buffer, by: SignedBy, scope: string) {
  let previous = by.signature;
  const sign = (kind: string, ...hashes: string[]) =>
    hmac(key, [`${ALGORITHM}-${kind}`, by.at, scope, previous, ...hashes].join("\n")).toString("hex");
  for (const { data, signature } of chunks) {
    const expected = sign("PAYLOAD", EMPTY_SHA256, sha256(data));
    if (!sameText(expected, signature ?? "")) return false;
    previous = expected;
  }
  if (trailerSignature === undefined) return Object.keys(trailers).length === 0;
  const text = Object.entries(trailers).map(([name, value]) => `${name}:${value}\n`);
  return sameText(sign("TRAILER", sha256(text.join(""))), trailerSignature);
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

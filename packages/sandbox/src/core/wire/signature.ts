import { createHash, createHmac } from "node:crypto";
import { header, type WireRequest } from "./message.ts";

/** The public half of a SigV4 signature. */
export interface SignedBy {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly signingName: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly sessionToken: string | undefined;
  /** When the request says that it was signed: `20261123T120000Z`. */
  readonly at: string;
  /** Of a presigned URL: for how many seconds it is good. */
  readonly presigned: { readonly expiresSeconds: number } | undefined;
}

/** A signature that lacks parts or has one that nobody can read: what is wrong with it, in AWS's words. */
export interface Unreadable {
  readonly message: string;
  readonly s3Message: string;
  readonly region: string;
  readonly signingName: string;
}

export const ALGORITHM = "AWS4-HMAC-SHA256";
const SCOPE = /^([^/,\s]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/;
const TIME = /^\d{8}T\d{6}Z$/;
const PRESIGNED = ["Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires"].map((n) => `X-Amz-${n}`);

/** Reads who signed a request, from its Authorization header or its presigned query; undefined when nobody did. */
export function readSignature(request: WireRequest): SignedBy | Unreadable | undefined {
  const authorization = header(request, "authorization");
  if (authorization !== undefined) return readHeader(request, authorization);
  return PRESIGNED.some((name) => request.query.has(name)) ? readQuery(request) : undefined;
}

export const isReadable = (by: SignedBy | Unreadable): by is SignedBy => "signature" in by;

function readHeader(request: WireRequest, authorization: string): SignedBy | Unreadable {
  const [algorithm = "", ...rest] = authorization.split(" ");
  const parts = new Map<string, string>();
  for (const part of rest.join(" ").split(",")) {
    const [name = "", value = ""] = part.trim().split(/=(.*)/s);
    parts.set(name, value);
  }
  const scope = SCOPE.exec(parts.get("Credential") ?? "");
  const at = header(request, "x-amz-date") ?? basicTime(header(request, "date"));
  const here = { region: scope?.[3] ?? "", signingName: scope?.[4] ?? "" };
  if (algorithm !== ALGORITHM) {
    const message = `Unsupported AWS 'algorithm': '${algorithm}'. Only ${ALGORITHM} is known here. Authorization=${algorithm}`;
    return { ...here, message, s3Message: "Unsupported Authorization Type" };
  }
  const lacking = ["Credential", "Signature", "SignedHeaders"].filter((name) => !parts.get(name));
  const sentences = lacking.map((name) => `Authorization header requires '${name}' parameter.`);
  if (at === undefined) {
    sentences.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  if (sentences.length > 0) return unreadable(here, `${sentences.join(" ")} Authorization=${algorithm}`);
  if (!scope) {
    return unreadable(
      here,
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${parts.get("Credential")}'`,
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  if (at === undefined || !TIME.test(at)) {
    return unreadable(
      here,
      `Date must be in ISO-8601 'basic format'. Got '${at}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  return {
    ...scopeParts(scope),
    signedHeaders: (parts.get("SignedHeaders") ?? "").split(";"),
    signature: parts.get("Signature") ?? "",
    sessionToken: header(request, "x-amz-security-token"),
    at,
    presigned: undefined,
  };
}

function readQuery({ query }: WireRequest): SignedBy | Unreadable {
  const scope = SCOPE.exec(query.get("X-Amz-Credential") ?? "");
  const here = { region: scope?.[3] ?? "", signingName: scope?.[4] ?? "" };
  // Only S3 insists on X-Amz-Expires; STS, for one, takes URLs without it.
  const needed = PRESIGNED.filter((name) => name !== "X-Amz-Expires" || scope?.[4] === "s3");
  const lacking = needed.filter((name) => !query.get(name));
  if (lacking.length > 0) {
    return {
      ...here,
      message: `AWS query-string parameters must include ${lacking.map((name) => `'${name}'`).join(", ")}. Re-examine the query-string parameters.`,
      s3Message: `Query-string authentication version 4 requires the ${PRESIGNED.slice(0, -1).join(", ")}, and X-Amz-Expires parameters.`,
    };
  }
  const at = query.get("X-Amz-Date") ?? "";
  const expiresSeconds = Number(query.get("X-Amz-Expires") ?? 900);
  const wrong =
    query.get("X-Amz-Algorithm") !== ALGORITHM
      ? `X-Amz-Algorithm only supports "${ALGORITHM}"`
      : !scope
        ? 'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        : !TIME.test(at)
          ? "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
          : !(expiresSeconds >= 0)
            ? "X-Amz-Expires should be a number"
            : expiresSeconds > WEEK_SECONDS
              ? `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${WEEK_SECONDS} seconds`
              : undefined;
  if (wrong !== undefined || !scope) return { ...here, message: wrong ?? "", s3Message: wrong ?? "" };
  return {
    ...scopeParts(scope),
    signedHeaders: (query.get("X-Amz-SignedHeaders") ?? "").split(";"),
    signature: query.get("X-Amz-Signature") ?? "",
    sessionToken: query.get("X-Amz-Security-Token") ?? undefined,
    at,
    presigned: { expiresSeconds },
  };
}

const WEEK_SECONDS = 604_800;

function scopeParts([, accessKeyId = "", date = "", region = "", signingName = ""]: RegExpExecArray) {
  return { accessKeyId, date, region, signingName };
}

function unreadable(here: { region: string; signingName: string }, message: string, s3 = message): Unreadable {
  return { ...here, message, s3Message: `The authorization header is malformed; ${s3}` };
}

/** An HTTP `Date` header as SigV4 writes times. */
function basicTime(date: string | undefined): string | undefined {
  if (date === undefined || TIME.test(date)) return date;
  const parsed = new Date(date);
  return Number.isNaN(parsed.getTime()) ? date : toBasicTime(parsed);
}

/** `20261123T120000Z` */
export const toBasicTime = (date: Date): string => date.toISOString().replace(/[-:]|\.\d+/g, "");

/** The instant of a basic time; SigV4's times have passed `TIME` before. */
export const fromBasicTime = (at: string): Date =>
  new Date(at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));

/**
 * The text that was hashed and signed. `payload` is the body's SHA-256, or what stands for it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function canonicalRequest(request: WireRequest, by: SignedBy, payload: string): string {
  const headers = by.signedHeaders.map(
    (name) => `${name}:${(header(request, name) ?? "").trim().replace(/ +/g, " ")}\n`,
  );
  return [
    request.method,
    // S3 signs the path as it is sent; every other service normalises it and encodes it once more.
    by.signingName === "s3" ? request.path : normalPath(request.path),
    canonicalQuery(request.rawQuery, by.presigned !== undefined),
    headers.join(""),
    by.signedHeaders.join(";"),
    payload,
  ].join("\n");
}

function normalPath(path: string): string {
  if (path === "/") return path;
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(encodeStrictly(segment));
  }
  const tail = segments.length > 0 && path.endsWith("/") ? "/" : "";
  return `/${segments.join("/")}${tail}`;
}

function canonicalQuery(rawQuery: string, isPresigned: boolean): string {
  if (rawQuery === "") return "";
  return rawQuery
    .split("&")
    .filter((pair) => pair !== "" && !(isPresigned && pair.startsWith("X-Amz-Signature=")))
    .map((pair) => {
      const [key = "", value = ""] = pair.split(/=(.*)/s);
      return [encodeStrictly(decode(key)), encodeStrictly(decode(value))] as const;
    })
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([key, value]) => `${key}=${value}`)
    .join("&");
}

const decode = (text: string) => decodeURIComponent(text.replaceAll("+", "%20"));
const encodeStrictly = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
export const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
export const hmac = (key: Buffer | string, text: string): Buffer => createHmac("sha256", key).update(text).digest();
/** @param scope `20261123/eu-west-1/s3/aws4_request` */
export const signingKey = (secretAccessKey: string, scope: string): Buffer =>
  scope.split("/").reduce<Buffer | string>(hmac, `AWS4${secretAccessKey}`) as Buffer;

import { createHash, createHmac } from "node:crypto";
import { sameText } from "../credentials.ts";
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
  /** Of a presigned URL: when it was made and for how many seconds it is good. */
  readonly presigned: { readonly at: string; readonly expiresSeconds: number } | undefined;
}

const SCOPE = /Credential=([^/,\s]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request/;

/** Reads who signed a request, from its Authorization header or its presigned query; undefined when nobody did. */
export function readSignature(request: WireRequest): SignedBy | undefined {
  const authorization = header(request, "authorization");
  const { query } = request;
  const presigned = !authorization && query.has("X-Amz-Signature");
  const text = authorization ?? `Credential=${query.get("X-Amz-Credential") ?? ""}`;
  const scope = SCOPE.exec(text);
  if (!scope) return undefined;
  const [, accessKeyId = "", date = "", region = "", signingName = ""] = scope;
  const part = (name: string) => new RegExp(`${name}=([^,\\s]+)`).exec(authorization ?? "")?.[1];
  const signedHeaders = (presigned ? query.get("X-Amz-SignedHeaders") : part("SignedHeaders")) ?? "";
  return {
    accessKeyId,
    date,
    region,
    signingName,
    signedHeaders: signedHeaders.split(";"),
    signature: (presigned ? query.get("X-Amz-Signature") : part("Signature")) ?? "",
    sessionToken: header(request, "x-amz-security-token") ?? query.get("X-Amz-Security-Token") ?? undefined,
    presigned: presigned
      ? { at: query.get("X-Amz-Date") ?? "", expiresSeconds: Number(query.get("X-Amz-Expires") ?? "0") }
      : undefined,
  };
}

/**
 * True when `secret` made the signature. https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 * A body's own hash is covered as far as the caller put it into `x-amz-content-sha256`.
 */
export function verifySignature(request: WireRequest, by: SignedBy, secret: string, bodySha256: () => string): boolean {
  const s3 = by.signingName === "s3";
  const payload = header(request, "x-amz-content-sha256") ?? (by.presigned ? "UNSIGNED-PAYLOAD" : bodySha256());
  const headers = by.signedHeaders.map(
    (name) => `${name}:${(header(request, name) ?? "").trim().replace(/ +/g, " ")}\n`,
  );
  const canonical = [
    request.method,
    // S3 signs the path as it is sent; every other service encodes it once more.
    s3 ? request.path : request.path.split("/").map(encodeStrictly).join("/"),
    canonicalQuery(request.rawQuery),
    headers.join(""),
    by.signedHeaders.join(";"),
    payload,
  ].join("\n");
  const at = header(request, "x-amz-date") ?? by.presigned?.at ?? "";
  const scope = `${by.date}/${by.region}/${by.signingName}/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", at, scope, sha256(canonical)].join("\n");
  let key: Buffer = Buffer.from(`AWS4${secret}`);
  for (const part of [by.date, by.region, by.signingName, "aws4_request", toSign]) key = hmac(key, part);
  return sameText(key.toString("hex"), by.signature);
}

function canonicalQuery(rawQuery: string): string {
  return rawQuery
    .split("&")
    .filter((pair) => pair !== "" && !pair.startsWith("X-Amz-Signature="))
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
export const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

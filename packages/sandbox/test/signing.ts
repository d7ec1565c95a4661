import { createHash, createHmac } from "node:crypto";
import { REGION } from "./support.ts";

interface Signable {
  readonly key: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly host: string;
  readonly service: string;
  readonly method?: string;
  /** With its query, whose parameters stand in order: `/bucket?delete=`. */
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly at?: Date;
  readonly region?: string;
  /** What stands for the body's hash, sent as `x-amz-content-sha256`. */
  readonly payload?: string;
}

export const sha256 = (text: string | Buffer) => createHash("sha256").update(text).digest("hex");
export const basicTime = (date: Date) => date.toISOString().replace(/[-:]|\.\d+/g, "");

/** Signs by hand, as https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html says. */
export function sign(given: Signable) {
  const { key, host, service, method = "POST", path = "/", body = "", region = REGION } = given;
  const at = basicTime(given.at ?? new Date());
  const scope = `${at.slice(0, 8)}/${region}/${service}/aws4_request`;
  const payload = given.payload === undefined ? {} : { "x-amz-content-sha256": given.payload };
  const headers: Record<string, string> = { ...given.headers, host, "x-amz-date": at, ...payload };
  const names = Object.keys(headers).sort();
  const canonical = [
    method,
    ...path.split("?").concat("").slice(0, 2),
    ...names.map((name) => `${name}:${headers[name]}`),
    "",
    names.join(";"),
    given.payload ?? sha256(body),
  ].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", at, scope, sha256(canonical)].join("\n");
  const signingKey = scope
    .split("/")
    .reduce(
      (made: Buffer, part) => createHmac("sha256", made).update(part).digest(),
      Buffer.from(`AWS4${key.secretAccessKey}`),
    );
  const signature = createHmac("sha256", signingKey).update(toSign).digest("hex");
  const credential = `Credential=${key.accessKeyId}/${scope}`;
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { headers: { ...headers, authorization } as Record<string, string>, scope, at, signature, signingKey };
}

import type { Context } from "./context.ts";
import { ALGORITHM, hmac, sha256, signingKey } from "./wire/signature.ts";

interface PresignedObject {
  readonly method: "GET" | "PUT";
  readonly bucket: string;
  readonly key: string;
  readonly expiresSeconds: number;
  /** Whose session signs: the bucket's policy must allow this role what the URL does. */
  readonly roleArn: string;
  readonly sessionName: string;
}

/** A URL for one request without credentials. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
export function presign(context: Context, wanted: PresignedObject): string {
  const { method, bucket, key, expiresSeconds, roleArn, sessionName } = wanted;
  const { awsUrl } = context.surroundings;
  // The session outlives the URL, so that what is late is told that the request has expired, not the token.
  const durationMs = (expiresSeconds + 60) * 1000;
  const session = context.surroundings.credentialsFor(roleArn, sessionName, { durationMs });
  const at = context.clock
    .now()
    .toISOString()
    .replace(/[-:]|\.\d+/g, "");
  const scope = `${at.slice(0, 8)}/${context.region}/s3/aws4_request`;
  const query = Object.entries({
    "X-Amz-Algorithm": ALGORITHM,
    "X-Amz-Credential": `${session.accessKeyId}/${scope}`,
    "X-Amz-Date": at,
    "X-Amz-Expires": String(expiresSeconds),
    "X-Amz-Security-Token": session.sessionToken,
    "X-Amz-SignedHeaders": "host",
  })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
  const path = `/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
  const canonical = [method, path, query, `host:${new URL(awsUrl).host}\n`, "host", "UNSIGNED-PAYLOAD"].join("\n");
  const toSign = [ALGORITHM, at, scope, sha256(canonical)].join("\n");
  const signature = hmac(signingKey(session.secretAccessKey, scope), toSign).toString("hex");
  return `${awsUrl}${path}?${query}&X-Amz-Signature=${signature}`;
}

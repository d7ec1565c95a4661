import { header, type WireRequest } from "./message.ts";
import type { RouteRequest } from "./routes.ts";
import { decodeLabel } from "./routes.ts";

/** `bucket.localhost`, `bucket.s3.localhost` and what a client makes of `bucket.s3.eu-west-1.amazonaws.com`. */
const BUCKET_HOST = /^(.+?)\.(?:s3\.)?(?:localhost|s3[.-].*)$/;

/**
 * S3's URIs start below the bucket, which is in the host name (virtual-host style) or in the path's first part (path
 * style): the SDK's schema leaves that to the client, so it is undone here.
 */
export function addressS3(request: WireRequest): { request: RouteRequest; bucket: string | undefined } {
  const host = (header(request, "host") ?? "").replace(/:\d+$/, "");
  const inHost = BUCKET_HOST.exec(host)?.[1];
  if (inHost) return { request, bucket: inHost };
  const [, bucket = "", ...rest] = request.path.split("/");
  const { method, query, headers } = request;
  return { request: { method, query, headers, path: `/${rest.join("/")}` }, bucket: decodeLabel(bucket) || undefined };
}

/** Which S3 operation is meant where the URI alone says two. */
export function acceptsS3(operation: string, bucket: string | undefined): boolean {
  return bucket === undefined ? operation === "ListBuckets" : !/^List(Directory)?Buckets$/.test(operation);
}

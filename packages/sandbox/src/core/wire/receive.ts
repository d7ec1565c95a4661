import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { AwsError } from "../errors.ts";
import type { RawBody } from "./authenticate.ts";
import { dechunk, incompleteBody } from "./chunked.ts";
import type { WireRequest } from "./message.ts";

export interface Received {
  readonly request: WireRequest;
  readonly raw: RawBody;
}

/** How long a sender may take; the defaults are near what AWS's own front ends allow. */
export interface Patience {
  /** Without a single byte. */
  readonly idleMs: number;
  /** Before the body's average rate counts. */
  readonly graceMs: number;
  readonly bytesPerSecond: number;
}

export const PATIENCE: Patience = { idleMs: 20_000, graceMs: 30_000, bytesPerSecond: 4096 };

/** The sender stopped sending, or sends a byte now and then to keep its connection. */
export class TooSlow extends Error {}

/** The body is longer than the service takes: told by its length, or found while it was read. */
export class TooLarge extends Error {
  readonly limitBytes: number;
  readonly sizeBytes: number;

  constructor(limitBytes: number, sizeBytes: number) {
    super(`Request must be smaller than ${limitBytes} bytes`);
    this.limitBytes = limitBytes;
    this.sizeBytes = sizeBytes;
  }
}

const MB = 1024 * 1024;

/**
 * Longest body by the service that a signature names. The services themselves know narrower limits for their operations;
 * this one keeps a request out of memory. Lambda's is its documented limit for a function's archive; S3's is the longest
 * single upload that this process holds in memory (AWS: 5 GB).
 */
const LIMITS: Readonly<Record<string, number>> = { s3: 1024 * MB, lambda: 70_167_211, dynamodb: 16 * MB };
const LIMIT = 2 * MB;

export const limitOf = (signingName: string | undefined): number => LIMITS[signingName ?? ""] ?? LIMIT;

/** How much of a body that is too long is still read, so that its sender gets to read the answer. */
const DISCARD_BYTES = 32 * MB;

/** The request's line and headers, before its body was read. */
export function readHead({ method = "GET", url = "/", headers }: IncomingMessage): WireRequest {
  // By hand, because `new URL` would fold `..` and so change the keys of objects.
  const [path = "/", rawQuery = ""] = url.split(/\?(.*)/s);
  return { method, path, rawQuery, query: new URLSearchParams(rawQuery), headers, body: Buffer.alloc(0) };
}

/**
 * Reads a request whole and takes `aws-chunked` framing and gzip (which SDKs use for metrics) off its body.
 * Raises `TooLarge` and `TooSlow`, and `AwsError` for framing that isn't any.
 */
export async function receive(
  incoming: IncomingMessage,
  head: WireRequest,
  limitBytes: number,
  patience: Patience,
): Promise<Received> {
  const bytes = await readBody(incoming, limitBytes, patience);
  const encodings = String(head.headers["content-encoding"] ?? "").toLowerCase();
  const framed =
    encodings.includes("aws-chunked") || String(head.headers["x-amz-content-sha256"] ?? "").startsWith("STREAMING-");
  if (framed) {
    const chunked = dechunk(bytes);
    const told = head.headers["x-amz-decoded-content-length"];
    if (told !== undefined && Number(told) !== chunked.body.length) throw incompleteBody();
    // A trailer is as good as a header, but can't take a header's place.
    const headers = { ...chunked.trailers, ...head.headers };
    return { request: { ...head, headers, body: chunked.body }, raw: { bytes, chunked } };
  }
  const raw = { bytes, chunked: undefined };
  // An object of S3 is kept as it came, packed or not.
  if (encodings !== "gzip" || head.method === "PUT" || bytes.length === 0)
    return { request: { ...head, body: bytes }, raw };
  const body = await promisify(gunzip)(bytes, { maxOutputLength: limitBytes }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw new TooLarge(limitBytes, bytes.length);
    throw new AwsError("SerializationException", "The body isn't gzip, as its Content-Encoding says.");
  });
  return { request: { ...head, body }, raw };
}

function readBody(incoming: IncomingMessage, limitBytes: number, patience: Patience): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const startedMs = performance.now();
    let lastMs = startedMs;
    let size = 0;
    const stop = (settle: () => void) => {
      clearInterval(watch);
      incoming.off("data", take).off("end", end).off("error", fail).pause();
      settle();
    };
    const take = (chunk: Buffer) => {
      lastMs = performance.now();
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else chunks.length = 0;
      if (size > limitBytes + DISCARD_BYTES) stop(() => reject(new TooLarge(limitBytes, size)));
    };
    const end = () =>
      stop(() => {
        if (size > limitBytes) reject(new TooLarge(limitBytes, size));
        else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
      });
    const fail = (error: Error) => stop(() => reject(error));
    const look = () => {
      const nowMs = performance.now();
      const dueMs = patience.graceMs + (size / patience.bytesPerSecond) * 1000;
      if (nowMs - lastMs < patience.idleMs && nowMs - startedMs < dueMs) return;
      stop(() => reject(new TooSlow("The body came too slowly.")));
    };
    const watch = setInterval(look, Math.min(1000, patience.idleMs));
    watch.unref();
    incoming.on("data", take).once("end", end).once("error", fail);
  });
}

import { AwsError } from "../errors.ts";

interface Chunk {
  readonly data: Buffer;
  readonly signature: string | undefined;
}

export interface Dechunked {
  readonly body: Buffer;
  /** In order, with the empty one that ends them. */
  readonly chunks: readonly Chunk[];
  /** Trailing headers, by lower-case name: `x-amz-checksum-crc32`. Their signature isn't among them. */
  readonly trailers: Record<string, string>;
  readonly trailerSignature: string | undefined;
}

const LINE_END = Buffer.from("\r\n");
const TRAILER_SIGNATURE = "x-amz-trailer-signature";

/**
 * Takes the framing of `aws-chunked` off: `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n`, ended by a chunk of size 0
 * and trailing headers.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function dechunk(raw: Buffer): Dechunked {
  const chunks: Chunk[] = [];
  let at = 0;
  const line = (): string => {
    const end = raw.indexOf(LINE_END, at);
    const text = raw.toString("latin1", at, end < 0 ? raw.length : end);
    at = end < 0 ? raw.length : end + LINE_END.length;
    return text;
  };
  for (;;) {
    const [text = "", extension = ""] = line().split(";");
    if (!/^[0-9a-f]{1,8}$/i.test(text)) throw incompleteBody();
    const size = Number.parseInt(text, 16);
    if (at + size > raw.length) throw incompleteBody();
    const data = raw.subarray(at, at + size);
    chunks.push({ data, signature: /^chunk-signature=([0-9a-f]+)$/.exec(extension)?.[1] });
    if (size === 0) break;
    at += size + LINE_END.length;
  }
  const trailers: Record<string, string> = {};
  for (let text = line(); text !== ""; text = line()) {
    const colon = text.indexOf(":");
    if (colon > 0) trailers[text.slice(0, colon).trim().toLowerCase()] = text.slice(colon + 1).trim();
  }
  const { [TRAILER_SIGNATURE]: trailerSignature, ...others } = trailers;
  return { body: Buffer.concat(chunks.map(({ data }) => data)), chunks, trailers: others, trailerSignature };
}

export function incompleteBody(): AwsError {
  return new AwsError("IncompleteBody", "The request body terminated unexpectedly", { status: 400 });
}

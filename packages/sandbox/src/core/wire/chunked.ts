import { malformed } from "./text.ts";

export interface Dechunked {
  readonly body: Buffer;
  /** Trailing headers, by lower-case name: `x-amz-checksum-crc32`. */
  readonly trailers: Record<string, string>;
}

const LINE_END = Buffer.from("\r\n");

/**
 * Takes the framing of `aws-chunked` off: `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n`, ended by a chunk of size 0
 * and trailing headers. Chunk signatures aren't verified; the request's own signature is.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function dechunk(raw: Buffer): Dechunked {
  const chunks: Buffer[] = [];
  let at = 0;
  const line = (): string => {
    const end = raw.indexOf(LINE_END, at);
    const text = raw.toString("latin1", at, end < 0 ? raw.length : end);
    at = end < 0 ? raw.length : end + LINE_END.length;
    return text;
  };
  for (;;) {
    const text = line().split(";")[0] ?? "";
    if (!/^[0-9a-f]+$/i.test(text)) throw malformed("The body isn't in aws-chunked encoding.");
    const size = Number.parseInt(text, 16);
    if (size === 0) break;
    if (at + size > raw.length) throw malformed("The body ended within a chunk.");
    chunks.push(raw.subarray(at, at + size));
    at += size + LINE_END.length;
  }
  const trailers: Record<string, string> = {};
  for (let text = line(); text !== ""; text = line()) {
    const colon = text.indexOf(":");
    if (colon > 0) trailers[text.slice(0, colon).trim().toLowerCase()] = text.slice(colon + 1).trim();
  }
  return { body: Buffer.concat(chunks), trailers };
}

import type { IncomingHttpHeaders } from "node:http";

/** An HTTP request, read whole; bodies of 50 MB (a function's archive) are ordinary. */
export interface WireRequest {
  readonly method: string;
  /** As it was sent: still percent-encoded. */
  readonly path: string;
  /** As it was sent, without the question mark. */
  readonly rawQuery: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Without the framing of `aws-chunked`. */
  readonly body: Buffer;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer | undefined;
}

/** Members of a structure, by the names that its schema uses. */
export type Fields = Record<string, unknown>;

/** A header's text, or undefined; a repeated header reads as one list. */
export function header(request: WireRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(",") : value;
}

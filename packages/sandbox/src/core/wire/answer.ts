import type { IncomingMessage, ServerResponse } from "node:http";
import type { RandomSource } from "../context.ts";
import type { AwsError } from "../errors.ts";
import type { WireResponse } from "./message.ts";
import { escapeXml } from "./xml.ts";

/** How one request is known to its caller; S3 has ids of another form, and a second one for its hosts. */
export interface RequestIds {
  readonly requestId: string;
  readonly hostId?: string;
}

export function requestIds(random: RandomSource, isS3: boolean): RequestIds {
  if (!isS3) return { requestId: random.uuid() };
  return { requestId: random.token(16), hostId: Buffer.from(random.hex(112), "hex").toString("base64") };
}

/** Sends a response; an `isLast` one closes the connection, because what the caller still sends is no new request. */
export function send(
  outgoing: ServerResponse,
  method: string,
  response: WireResponse,
  { requestId, hostId }: RequestIds,
  isLast = false,
): void {
  const body = response.body === undefined ? Buffer.alloc(0) : Buffer.from(response.body as string);
  const headers: Record<string, string | number> = hostId
    ? { "x-amz-request-id": requestId, "x-amz-id-2": hostId }
    : { "x-amzn-requestid": requestId };
  for (const [key, value] of Object.entries(response.headers)) {
    // Header text is bytes: UTF-8, as S3 sends what was stored.
    headers[key] = Buffer.from(value).toString("latin1");
  }
  if (isLast) headers.connection = "close";
  // The answer to HEAD tells the length of a body that isn't sent.
  if (method !== "HEAD") headers["content-length"] = body.length;
  outgoing.writeHead(response.status, headers).end(method === "HEAD" ? undefined : body);
}

/** An error where the service isn't known: a form's sender gets XML, everybody else JSON. */
export function bareError(incoming: IncomingMessage, error: AwsError, requestId: string): WireResponse {
  const { code, message, status = 400 } = error;
  if (String(incoming.headers["content-type"]).includes("x-www-form-urlencoded")) {
    const details = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>`;
    const body = `<ErrorResponse><Error>${details}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { status, headers: { "content-type": "text/xml" }, body };
  }
  return {
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ __type: code, message }),
  };
}

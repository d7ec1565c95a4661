/**
 * One datagram to the X-Ray daemon: a line of header, then a segment document. The document is X-Ray's JSON or, from
 * ADOT's exporter, `T1S` and base64 of OTLP; both go to PutTraceSegments as they are, as the real daemon does it.
 * Undefined for anything else. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
 */
export function readDatagram(datagram: Buffer): string | undefined {
  const text = datagram.toString("utf8");
  const end = text.indexOf("\n");
  if (end < 0) return undefined;
  try {
    const header = JSON.parse(text.slice(0, end)) as { format?: string; version?: number };
    return header.format === "json" && header.version === 1 ? text.slice(end + 1).trim() : undefined;
  } catch {
    // Not the daemon's protocol: UDP takes what comes, and nobody can be answered.
    return undefined;
  }
}

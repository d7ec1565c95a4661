import { bytesOf, type Fields, integerOf, messages, textOf } from "./protobuf.ts";
import type { Segment } from "./segments.ts";

/** An attribute's value; arrays and maps are read as text. */
type Attribute = string | number | boolean;

export interface Span {
  readonly traceId: string;
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: string;
  /** OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly resource: Readonly<Record<string, Attribute>>;
  readonly failed: boolean;
  readonly statusMessage: string;
  readonly exceptions: readonly { readonly type: string; readonly message: string }[];
}

const NANOS_PER_S = 1_000_000_000;

/**
 * Spans of an `ExportTraceServiceRequest`. Field numbers are those of opentelemetry-proto's trace/v1/trace.proto; what a
 * later version adds is skipped. Raises `RangeError` when the bytes aren't such a message.
 */
export function readSpans(request: Buffer): Span[] {
  return messages(readRoot(request), 1).flatMap((resourceSpans) => {
    const resource = readAttributes(messages(resourceSpans, 1).flatMap((message) => messages(message, 1)));
    return messages(resourceSpans, 2).flatMap((scope) => messages(scope, 2).map((span) => readSpan(span, resource)));
  });
}

const readRoot = (request: Buffer): Fields => messages(new Map([[0, [request]]]), 0)[0] ?? new Map();

function readSpan(span: Fields, resource: Span["resource"]): Span {
  const [status] = messages(span, 15);
  const parentId = bytesOf(span, 4)?.toString("hex") ?? "";
  return {
    traceId: bytesOf(span, 1)?.toString("hex") ?? "",
    id: bytesOf(span, 2)?.toString("hex") ?? "",
    parentId: /^0*$/.test(parentId) ? undefined : parentId,
    name: textOf(span, 5),
    kind: Number(integerOf(span, 6) ?? 0n),
    start: Number(integerOf(span, 7) ?? 0n) / NANOS_PER_S,
    end: Number(integerOf(span, 8) ?? 0n) / NANOS_PER_S,
    attributes: readAttributes(messages(span, 9)),
    resource,
    failed: Number((status && integerOf(status, 3)) ?? 0n) === 2,
    statusMessage: status ? textOf(status, 2) : "",
    exceptions: messages(span, 11)
      .filter((event) => textOf(event, 2) === "exception")
      .map((event) => {
        const attributes = readAttributes(messages(event, 3));
        return {
          type: String(attributes["exception.type"] ?? "Error"),
          message: String(attributes["exception.message"] ?? ""),
        };
      }),
  };
}

function readAttributes(pairs: readonly Fields[]): Record<string, Attribute> {
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      const [value] = messages(pair, 2);
      return value ? [[textOf(pair, 1), readValue(value)]] : [];
    }),
  );
}

function readValue(value: Fields): Attribute {
  if (value.has(1)) return textOf(value, 1);
  const flag = integerOf(value, 2);
  if (flag !== undefined) return flag !== 0n;
  const integer = integerOf(value, 3);
  if (integer !== undefined) return Number(BigInt.asIntN(64, integer));
  const double = integerOf(value, 4);
  if (double !== undefined) {
    const bits = Buffer.alloc(8);
    bits.writeBigUInt64LE(double);
    return bits.readDoubleLE();
  }
  return messages(value, 5)
    .flatMap((list) => messages(list, 1))
    .map((one) => String(readValue(one)))
    .join(",");
}

const SERVER = 2;
const CLIENT = 3;

/**
 * A span as the segment that X-Ray makes of it: a server's span is a segment of its own, any other a subsegment; HTTP,
 * AWS and error attributes (old and new semantic conventions) go to their places, the rest are annotations.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-opentelemetry.html
 */
export function segmentOf(span: Span): Segment {
  const { attributes: a, resource, traceId } = span;
  const method = a["http.request.method"] ?? a["http.method"];
  const url = a["url.full"] ?? a["http.url"] ?? a["http.target"] ?? a["url.path"];
  const status = Number(a["http.response.status_code"] ?? a["http.status_code"] ?? Number.NaN);
  const aws = a["rpc.system"] === "aws-api";
  const clientOf = aws ? a["rpc.service"] : (a["peer.service"] ?? a["server.address"] ?? a["net.peer.name"]);
  const isClient = span.kind === CLIENT && clientOf !== undefined;
  const lambda = [resource["faas.name"], resource["cloud.platform"], a["faas.invocation_id"], a["faas.execution"]].some(
    (value) => value !== undefined && value !== "aws_ec2" && value !== "aws_ecs",
  );
  const isSubsegment = span.parentId !== undefined && (span.kind !== SERVER || lambda);
  const service = resource["service.name"];
  const failedHttp = status >= 400;
  return {
    id: span.id,
    trace_id: `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`,
    name: String(isClient ? clientOf : span.kind === SERVER && !lambda ? (service ?? span.name) : span.name),
    start_time: span.start,
    end_time: span.end,
    ...(span.parentId ? { parent_id: span.parentId } : {}),
    ...(isSubsegment ? { type: "subsegment" } : {}),
    ...(isClient ? { namespace: aws ? "aws" : "remote" } : {}),
    ...(method !== undefined || url !== undefined || !Number.isNaN(status)
      ? {
          http: {
            request: {
              ...(method === undefined ? {} : { method: String(method) }),
              ...(url === undefined ? {} : { url: String(url) }),
            },
            ...(Number.isNaN(status) ? {} : { response: { status } }),
          },
        }
      : {}),
    ...(aws ? { aws: { operation: String(a["rpc.method"] ?? ""), ...awsFields(a) } } : {}),
    ...(failedHttp && status < 500 ? { error: true, ...(status === 429 ? { throttle: true } : {}) } : {}),
    ...((span.failed && !(failedHttp && status < 500)) || status >= 500 ? { fault: true } : {}),
    ...(span.failed && span.exceptions.length + span.statusMessage.length > 0
      ? { cause: { exceptions: causes(span) } }
      : {}),
    annotations: Object.fromEntries(
      Object.entries({ ...(service === undefined ? {} : { "service.name": service }), ...a }).map(([key, value]) => [
        key.replaceAll(/[^A-Za-z0-9_]/g, "_"),
        value,
      ]),
    ),
  };
}

const causes = (span: Span) =>
  span.exceptions.length > 0 ? [...span.exceptions] : [{ type: "Error", message: span.statusMessage }];

function awsFields(attributes: Span["attributes"]): Record<string, string> {
  const [requestId, table, region] = [
    attributes["aws.request_id"] ?? attributes["aws.request.id"],
    attributes["aws.dynamodb.table_names"],
    attributes["cloud.region"],
  ];
  return {
    ...(requestId === undefined ? {} : { request_id: String(requestId) }),
    ...(table === undefined ? {} : { table_name: String(table) }),
    ...(region === undefined ? {} : { region: String(region) }),
  };
}

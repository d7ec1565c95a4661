import { CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Segment } from "./segments.ts";

const logGroupName = "aws/spans";
const logStreamName = "default";

/** Puts segments as spans into the account's span log group; a segment's subsegments are spans of their own. */
export async function putSpans(context: Context, segments: readonly Segment[]): Promise<void> {
  const logEvents = segments
    .filter(({ end_time }) => end_time !== undefined)
    .flatMap((segment) => spansOf(segment, segment, segment.parent_id))
    .sort((a, b) => a.timestamp - b.timestamp);
  if (logEvents.length === 0) return;
  const put = () => context.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
  try {
    await put();
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "ResourceNotFoundException") throw error;
    for (const make of [
      () => context.send(new CreateLogGroupCommand({ logGroupName })),
      () => context.send(new CreateLogStreamCommand({ logGroupName, logStreamName })),
    ]) {
      try {
        await make();
      } catch (refused) {
        if (!(refused instanceof AwsError) || refused.code !== "ResourceAlreadyExistsException") throw refused;
      }
    }
    await put();
  }
}

const nanos = (seconds: number) => Math.round(seconds * 1e6) * 1000;

/** A span as X-Ray writes it, in OpenTelemetry's words. */
function spansOf(
  segment: Segment,
  root: Segment,
  parentId: string | undefined,
): { timestamp: number; message: string }[] {
  const { start_time: start, end_time: end = start, http, aws, annotations } = segment;
  const isCall = segment.namespace === "aws" || segment.namespace === "remote";
  const attributes = {
    ...annotations,
    ...(http?.request?.method === undefined ? {} : { "http.request.method": http.request.method }),
    ...(http?.request?.url === undefined ? {} : { "url.full": http.request.url }),
    ...(http?.response?.status === undefined ? {} : { "http.response.status_code": http.response.status }),
    ...(segment.namespace === "aws" ? { "rpc.system": "aws-api", "rpc.service": segment.name } : {}),
    ...(typeof aws?.operation === "string" ? { "rpc.method": aws.operation } : {}),
    "aws.local.service": root.name,
    ...(isCall ? { "aws.remote.service": segment.name } : {}),
  };
  const span = {
    resource: {
      attributes: {
        "service.name": root.name,
        ...(root.origin === undefined ? {} : { "aws.xray.origin": root.origin }),
        ...(root.resource_arn === undefined ? {} : { "cloud.resource_id": root.resource_arn }),
      },
    },
    scope: { name: "xray" },
    traceId: segment.trace_id === undefined ? traceIdOf(root) : traceIdOf(segment),
    spanId: segment.id,
    ...(parentId === undefined ? {} : { parentSpanId: parentId }),
    name: segment.name,
    kind: isCall ? "CLIENT" : segment === root ? "SERVER" : "INTERNAL",
    startTimeUnixNano: nanos(start),
    endTimeUnixNano: nanos(end),
    durationNano: nanos(end - start),
    attributes,
    status: { code: segment.fault || segment.error ? "ERROR" : "UNSET" },
  };
  return [
    { timestamp: Math.round(start * 1000), message: JSON.stringify(span) },
    ...(segment.subsegments ?? []).flatMap((child) => spansOf(child, root, segment.id)),
  ];
}

/** `1-5759e988-bd86…` → `5759e988bd86…` */
const traceIdOf = ({ trace_id }: Segment) => trace_id.slice(2).replace("-", "");

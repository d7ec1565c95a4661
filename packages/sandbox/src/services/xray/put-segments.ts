import type * as sdk from "@aws-sdk/client-xray";
import type { UnprocessedTraceSegment } from "@aws-sdk/client-xray";
import type { Context } from "../../core/context.ts";
import type { Operation } from "../../core/service.ts";
import { readSpans, segmentOf } from "./otlp.ts";
import { type Segment, writeSegments } from "./segments.ts";
import { putSpans } from "./spans.ts";
import { routeSegments } from "./transaction-search.ts";

/** Before the base64 of an OTLP request, in what ADOT's exporter for Lambda sends. */
const OTLP_PREFIX = "T1S";

/** https://docs.aws.amazon.com/xray/latest/api/API_PutTraceSegments.html */
export const putTraceSegments: Operation<typeof sdk, "PutTraceSegments"> = async (
  context,
  { TraceSegmentDocuments = [] },
) => {
  const unprocessed: UnprocessedTraceSegment[] = [];
  const segments: Segment[] = [];
  for (const document of TraceSegmentDocuments) {
    const read = readDocument(document);
    if (Array.isArray(read)) segments.push(...read);
    else
      unprocessed.push({ ErrorCode: "ParseError", Message: `Invalid segment. ErrorCode: ParseError. ${read.problem}` });
  }
  await ingest(context, segments);
  return { UnprocessedTraceSegments: unprocessed };
};

/** Keeps segments where the account wants them: in X-Ray, or as spans in CloudWatch Logs. */
export async function ingest(context: Context, segments: readonly Segment[]): Promise<void> {
  const { kept, spans } = routeSegments(context, segments);
  context.store.transaction(() => writeSegments(context.store.sql, context, kept));
  if (spans.length > 0) await putSpans(context, spans);
}

/** The segments of a document, as JSON or as OTLP, or what is wrong with it. */
export function readDocument(document: string): Segment[] | { problem: string } {
  try {
    if (document.startsWith(OTLP_PREFIX)) {
      return readSpans(Buffer.from(document.slice(OTLP_PREFIX.length), "base64")).map(segmentOf);
    }
    const segment = JSON.parse(document) as Segment;
    const problem = problemOf(segment);
    return problem ? { problem } : [segment];
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

function problemOf(segment: Segment): string | undefined {
  if (!/^[0-9a-f]{16}$/.test(segment.id ?? "")) return "MissingId";
  if (!/^1-[0-9a-f]{8}-[0-9a-f]{24}$/.test(segment.trace_id ?? "")) return "InvalidTraceId";
  if (typeof segment.name !== "string" || segment.name === "") return "MissingName";
  if (typeof segment.start_time !== "number") return "MissingStartTime";
  if (typeof segment.end_time !== "number" && segment.in_progress !== true) return "MissingEndTime";
  return undefined;
}

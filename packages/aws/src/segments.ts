import type { Span, Trace } from "@turnpike/domain/telemetry";

/** A segment document. Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html */
interface Segment {
  readonly id: string;
  readonly name: string;
  readonly parent_id?: string;
  /** Seconds since the epoch. */
  readonly start_time: number;
  readonly end_time?: number;
  readonly in_progress?: boolean;
  readonly origin?: string;
  readonly namespace?: string;
  readonly error?: boolean;
  readonly fault?: boolean;
  readonly throttle?: boolean;
  readonly cause?: { readonly exceptions?: readonly { readonly message?: string; readonly type?: string }[] } | string;
  readonly http?: {
    readonly request?: { readonly method?: string; readonly url?: string };
    readonly response?: { readonly status?: number };
  };
  readonly annotations?: Readonly<Record<string, string | number | boolean>>;
  readonly aws?: Readonly<Record<string, unknown>>;
  readonly subsegments?: readonly Segment[];
}

function statusOf(segment: Segment): Span["status"] {
  if (segment.throttle) return "throttled";
  if (segment.fault) return "fault";
  if (segment.error) return "error";
  return segment.in_progress ? "in-progress" : "ok";
}

function attributesOf(segment: Segment): Span["attributes"] {
  const { request, response } = segment.http ?? {};
  return {
    ...(request?.method ? { "http.method": request.method } : {}),
    ...(request?.url ? { "http.url": request.url } : {}),
    ...(response?.status ? { "http.status": response.status } : {}),
    ...(typeof segment.aws?.request_id === "string" ? { "aws.request_id": segment.aws.request_id } : {}),
    ...(typeof segment.aws?.cold_start === "boolean" ? { "aws.cold_start": segment.aws.cold_start } : {}),
    ...segment.annotations,
  };
}

function errorOf({ cause }: Segment): string | undefined {
  if (typeof cause !== "object") return undefined;
  const exception = cause.exceptions?.[0];
  return exception ? [exception.type, exception.message].filter(Boolean).join(": ") : undefined;
}

/**
 * A trace from its segment documents, as a flat list in waterfall order: parents before children, siblings by start.
 * A span whose parent didn't arrive (it was sampled out, or is late) stands at the top.
 */
export function traceOf(id: string, documents: readonly string[]): Trace {
  const flat: { segment: Segment; parentId: string | undefined; service: string }[] = [];
  const collect = (segment: Segment, parentId: string | undefined, service: string) => {
    flat.push({ segment, parentId, service });
    for (const child of segment.subsegments ?? []) collect(child, segment.id, service);
  };
  for (const document of documents) {
    const segment = JSON.parse(document) as Segment;
    collect(segment, segment.parent_id, segment.origin ? `${segment.name} (${segment.origin})` : segment.name);
  }
  const start = Math.min(...flat.map(({ segment }) => segment.start_time));
  const end = Math.max(...flat.map(({ segment }) => segment.end_time ?? segment.start_time));
  const ids = new Set(flat.map(({ segment }) => segment.id));
  const children = new Map<string | undefined, typeof flat>();
  for (const entry of flat) {
    const parent = entry.parentId !== undefined && ids.has(entry.parentId) ? entry.parentId : undefined;
    children.set(parent, [...(children.get(parent) ?? []), entry]);
  }
  const spans: Span[] = [];
  const seen = new Set<string>();
  const walk = (parent: string | undefined) => {
    const siblings = children.get(parent) ?? [];
    for (const { segment, service } of siblings.sort((a, b) => a.segment.start_time - b.segment.start_time)) {
      if (seen.has(segment.id)) continue;
      seen.add(segment.id);
      spans.push({
        id: segment.id,
        parentId: parent,
        name: segment.name,
        service,
        offsetMs: (segment.start_time - start) * 1000,
        durationMs: Math.max(0, (segment.end_time ?? end) - segment.start_time) * 1000,
        status: statusOf(segment),
        error: errorOf(segment),
        attributes: attributesOf(segment),
      });
      walk(segment.id);
    }
  };
  walk(undefined);
  const worst = (["fault", "throttled", "error"] as const).find((status) =>
    spans.some((span) => span.status === status),
  );
  return { id, at: new Date(start * 1000), durationMs: (end - start) * 1000, status: worst ?? "ok", spans };
}

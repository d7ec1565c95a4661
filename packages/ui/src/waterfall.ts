/** A span as the waterfall draws it. Times in milliseconds from the start of the trace. */
export interface WaterfallSpan {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly service: string;
  readonly offsetMs: number;
  readonly durationMs: number;
  readonly status: "ok" | "error" | "fault" | "throttled" | "in-progress";
  readonly error: string | undefined;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

const endOf = (span: WaterfallSpan) => span.offsetMs + span.durationMs;

/** How deep each span is; a span whose parent is missing stands at the top. */
export function depths(spans: readonly WaterfallSpan[]): Map<string, number> {
  const parents = new Map(spans.map(({ id, parentId }) => [id, parentId]));
  const depthOf = (id: string): number => {
    let depth = 0;
    const seen = new Set<string>([id]);
    for (let up = parents.get(id); up !== undefined && parents.has(up) && !seen.has(up); up = parents.get(up)) {
      seen.add(up);
      depth++;
    }
    return depth;
  };
  return new Map(spans.map(({ id }) => [id, depthOf(id)]));
}

/** The spans that decided when the trace ended: from each one, the child that ended last. */
export function criticalPath(spans: readonly WaterfallSpan[]): Set<string> {
  const known = new Set(spans.map(({ id }) => id));
  const children = Map.groupBy(spans, ({ parentId }) => (parentId && known.has(parentId) ? parentId : ""));
  const path = new Set<string>();
  for (let next = children.get(""); next; ) {
    const last = next.reduce((a, b) => (endOf(b) > endOf(a) ? b : a));
    if (path.has(last.id)) break;
    path.add(last.id);
    next = children.get(last.id);
  }
  return path;
}

/** Where the time went: what each service did itself, without what it waited for, the longest first. */
export function selfTimes(spans: readonly WaterfallSpan[]): { service: string; ms: number }[] {
  const children = Map.groupBy(spans, ({ parentId }) => parentId ?? "");
  const totals = new Map<string, number>();
  for (const span of spans) {
    const self = span.durationMs - covered(span, children.get(span.id) ?? []);
    totals.set(span.service, (totals.get(span.service) ?? 0) + self);
  }
  return [...totals].map(([service, ms]) => ({ service, ms })).sort((a, b) => b.ms - a.ms);
}

/** Milliseconds of `span` during which at least one child ran: children may overlap, and may outlive it. */
function covered(span: WaterfallSpan, children: readonly WaterfallSpan[]): number {
  let total = 0;
  let reached = span.offsetMs;
  for (const child of children.toSorted((a, b) => a.offsetMs - b.offsetMs)) {
    const from = Math.max(child.offsetMs, reached);
    const to = Math.min(endOf(child), endOf(span));
    if (to <= from) continue;
    total += to - from;
    reached = to;
  }
  return total;
}

import { clsx } from "clsx";
import { ChevronRight } from "lucide-react";
import { StateIcon } from "./state-mark.tsx";
import { durationWords } from "./time-words.ts";
import { criticalPath, depths, selfTimes, type WaterfallSpan } from "./waterfall.ts";

const bands = ["bg-accent-fill", "bg-progress", "bg-person", "bg-healthy", "bg-attention", "bg-unknown"];

const statusWords = {
  ok: "OK",
  error: "Client error",
  fault: "Fault",
  throttled: "Throttled",
  "in-progress": "In progress",
} as const;

/**
 * Spans on one time axis. A service has a colour and its name beside it; spans on the critical path are solid, the
 * others hollow; a span with an error is open from the start.
 */
export function TraceWaterfall({ spans, durationMs }: { spans: readonly WaterfallSpan[]; durationMs: number }) {
  const total = Math.max(durationMs, ...spans.map((span) => span.offsetMs + span.durationMs), 0.001);
  const depth = depths(spans);
  const critical = criticalPath(spans);
  const services = [...new Set(spans.map(({ service }) => service))];
  const band = (service: string) => bands[services.indexOf(service) % bands.length] ?? "bg-unknown";
  return (
    <div className="flex flex-col">
      <ul
        aria-label="Where the time went"
        className="flex flex-wrap gap-x-5 gap-y-1 border-line border-b px-4 py-3 text-sm"
      >
        {selfTimes(spans).map(({ service, ms }) => (
          <li key={service} className="flex min-w-0 items-center gap-2">
            <span aria-hidden className={clsx("size-2.5 shrink-0 rounded-full", band(service))} />
            <span className="truncate">{service}</span>
            <span className="whitespace-nowrap text-muted tabular-nums">
              {durationWords(ms)} ({Math.round((ms / total) * 100)} %)
            </span>
          </li>
        ))}
      </ul>
      <ol aria-label="Spans">
        {spans.map((span) => (
          <li key={span.id} className="border-line border-b last:border-b-0">
            <details className="group" {...(span.error ? { open: true } : {})}>
              <summary className="grid min-h-9 list-none grid-cols-[minmax(0,1fr)_4.5rem] items-center gap-x-3 px-4 py-1 hover:bg-hover md:grid-cols-[minmax(12rem,22rem)_minmax(0,1fr)_5rem]">
                <span
                  className="flex min-w-0 items-center gap-1.5 md:col-start-1"
                  style={{ paddingLeft: (depth.get(span.id) ?? 0) * 14 }}
                >
                  <ChevronRight size={14} aria-hidden className="shrink-0 text-muted group-open:rotate-90" />
                  {span.status === "ok" ? (
                    <span aria-hidden className={clsx("h-4 w-1 shrink-0 rounded-full", band(span.service))} />
                  ) : (
                    <StateIcon
                      state={
                        span.status === "in-progress"
                          ? "in-progress"
                          : span.status === "fault"
                            ? "failing"
                            : "attention"
                      }
                      label={statusWords[span.status]}
                    />
                  )}
                  <span className="truncate font-medium" title={span.name}>
                    {span.name}
                  </span>
                </span>
                <span className="col-span-2 row-start-2 h-3 md:col-span-1 md:col-start-2 md:row-start-1" aria-hidden>
                  <span className="relative block h-full rounded-mark bg-sunken">
                    <span
                      className={clsx(
                        "absolute inset-y-0 min-w-0.5 rounded-mark",
                        band(span.service),
                        !critical.has(span.id) && "opacity-40",
                      )}
                      style={{
                        left: `${(span.offsetMs / total) * 100}%`,
                        width: `${(span.durationMs / total) * 100}%`,
                      }}
                    />
                  </span>
                </span>
                <span className="text-right text-sm tabular-nums md:col-start-3">{durationWords(span.durationMs)}</span>
              </summary>
              <SpanFacts span={span} critical={critical.has(span.id)} />
            </details>
          </li>
        ))}
      </ol>
    </div>
  );
}

function SpanFacts({ span, critical }: { span: WaterfallSpan; critical: boolean }) {
  const facts: [string, string][] = [
    ["Ran in", span.service],
    ["Started", `+${durationWords(span.offsetMs)}`],
    ["On the critical path", critical ? "yes" : "no"],
    ...Object.entries(span.attributes).map(([name, value]): [string, string] => [name, String(value)]),
  ];
  return (
    <div className="bg-sunken px-4 py-3 pl-10 text-sm">
      {span.error && <p className="mb-2 break-words font-mono text-failing">{span.error}</p>}
      <dl className="grid grid-cols-[minmax(0,max-content)_minmax(0,1fr)] gap-x-4 gap-y-1">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="break-words text-muted">{name}</dt>
            <dd className="break-all font-mono">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

import type { LogEvent } from "@turnpike/domain/telemetry";
import { absoluteTime, Copyable } from "@turnpike/ui";
import { clsx } from "clsx";
import Link from "next/link";
import { plainLine } from "../present/log-text.ts";

/** The edge of a line: its level, in colour and in words. */
const edges = {
  error: "border-l-failing",
  warn: "border-l-attention",
  info: "border-l-progress",
  debug: "border-l-unknown",
} as const;

/** One line for each event; its fields open in place. */
export function LogLines({
  events,
  service,
  environment,
}: {
  events: readonly LogEvent[];
  service: string;
  environment: string;
}) {
  return (
    <ol className="font-mono text-sm">
      {events.map((event) => (
        <li key={event.id} className={clsx("border-l-4", event.level ? edges[event.level] : "border-l-line")}>
          <details>
            <summary
              data-row
              className="flex min-h-9 list-none items-start gap-3 px-3 py-2 hover:bg-hover focus-visible:-outline-offset-2"
            >
              <time dateTime={event.at.toISOString()} title={absoluteTime(event.at)} className="shrink-0 text-muted">
                {event.at.toISOString().slice(11, 23)}
              </time>
              <span className="w-11 shrink-0 text-muted">{event.level ?? ""}</span>
              <span className="line-clamp-2 min-w-0 break-words">
                {plainLine(event.message.split("\n", 1)[0] ?? "")}
              </span>
            </summary>
            <div className="flex flex-col gap-2 border-line border-y bg-sunken px-3 py-3">
              {event.requestId && <Copyable text={event.requestId} label="request id" />}
              {event.traceId && (
                <span>
                  <Link
                    href={`/services/${service}/traces/${encodeURIComponent(event.traceId)}?environment=${environment}`}
                    className="prose-link"
                  >
                    Trace {event.traceId}
                  </Link>
                </span>
              )}
              <pre className="overflow-x-auto whitespace-pre-wrap break-words">
                {event.fields
                  ? JSON.stringify(event.fields, null, 2)
                  : event.message.split("\n").map(plainLine).join("\n")}
              </pre>
            </div>
          </details>
        </li>
      ))}
    </ol>
  );
}

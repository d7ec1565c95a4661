import type { FilteredLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import type { LogEvent } from "@turnpike/domain/telemetry";

const levels: Record<string, NonNullable<LogEvent["level"]>> = {
  trace: "debug",
  debug: "debug",
  info: "info",
  notice: "info",
  warn: "warn",
  warning: "warn",
  error: "error",
  fatal: "error",
  critical: "error",
};

function parse(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // A line that only looks like JSON is text.
    return undefined;
  }
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/** What Lambda itself writes in JSON format (`platform.start`, `platform.report` …), in one readable line. */
function platformMessage(fields: Record<string, unknown>): string | undefined {
  const type = text(fields.type);
  if (!type?.startsWith("platform.")) return undefined;
  const record = fields.record as { metrics?: { durationMs?: number; initDurationMs?: number } } | undefined;
  const duration = record?.metrics?.durationMs;
  return duration === undefined ? type : `${type} · ${duration} ms`;
}

/**
 * A line of a function's log group. JSON lines are read as Lambda's JSON format and as Powertools writes them: level,
 * message, request id and trace id from the fields both use; any other line is its own message.
 */
export function logEvent(event: FilteredLogEvent): LogEvent {
  const raw = event.message?.replace(/\n$/, "") ?? "";
  const fields = parse(raw);
  const record = fields?.record as Record<string, unknown> | undefined;
  const traceId = text(fields?.xray_trace_id) ?? text(fields?.traceId);
  return {
    id: event.eventId ?? `${event.logStreamName}/${event.timestamp}`,
    at: new Date(event.timestamp ?? 0),
    level: levels[text(fields?.level)?.toLowerCase() ?? ""],
    message: (fields && (text(fields.message) ?? platformMessage(fields))) ?? raw,
    requestId:
      text(fields?.function_request_id) ??
      text(fields?.requestId) ??
      text(fields?.AWSRequestId) ??
      text(record?.requestId) ??
      /RequestId: ([0-9a-f-]{36})/.exec(raw)?.[1],
    traceId,
    fields,
  };
}

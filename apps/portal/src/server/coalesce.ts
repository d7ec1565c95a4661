import type { TelemetryReader } from "@turnpike/domain/telemetry";
import type { Clock } from "@turnpike/kernel";

const FRESH_MS = 4000;
const KEPT = 500;

/**
 * Asks an account once for what several people look at: the same question within four seconds gets the same answer,
 * also while it is still being asked. A failed question is forgotten at once.
 */
export function coalesce(reader: TelemetryReader, clock: Clock): TelemetryReader {
  const answers = new Map<string, { at: number; answer: Promise<unknown> }>();

  function ask<T>(key: readonly unknown[], question: () => Promise<T>): Promise<T> {
    const id = JSON.stringify(key);
    const now = clock.now().getTime();
    const known = answers.get(id);
    if (known && now - known.at < FRESH_MS) return known.answer as Promise<T>;
    const answer = question();
    answers.delete(id);
    answers.set(id, { at: now, answer });
    answer.catch(() => answers.delete(id));
    const oldest = answers.size > KEPT ? answers.keys().next().value : undefined;
    if (oldest !== undefined) answers.delete(oldest);
    return answer;
  }

  // "The last hour" is one question, whenever in these seconds it is asked.
  const span = ({ from, to }: { from: Date; to: Date }) => Math.round((to.getTime() - from.getTime()) / 1000);

  return {
    metrics: (deployment, range, period) =>
      ask(["metrics", deployment, span(range), period], () => reader.metrics(deployment, range, period)),
    logs: (deployment, range, filter, limit) =>
      ask(["logs", deployment, span(range), filter, limit], () => reader.logs(deployment, range, filter, limit)),
    traces: (deployment, range) => ask(["traces", deployment, span(range)], () => reader.traces(deployment, range)),
    trace: (deployment, traceId) => ask(["trace", deployment, traceId], () => reader.trace(deployment, traceId)),
  };
}

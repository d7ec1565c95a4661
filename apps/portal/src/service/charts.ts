import type { MetricsView, Series } from "@turnpike/domain/telemetry";
import type { Chart } from "@turnpike/ui";

/** The charts of an environment, in the order in which one looks at them. */
export function chartsOf({ series }: MetricsView): Chart[] {
  const lines = (metric: Series["metric"], label: string, dashed = false) =>
    series
      .filter((each) => each.metric === metric)
      .map(({ points }) => ({ label, dashed, points: points.map(({ at, value }) => ({ at: at.getTime(), value })) }));
  const charts: Chart[] = [
    { title: "Invocations", unit: "count", marks: "bars", tone: "neutral", lines: lines("invocations", "invocations") },
    { title: "Errors", unit: "count", marks: "bars", tone: "failing", lines: lines("errors", "errors") },
    {
      title: "Duration",
      unit: "ms",
      marks: "lines",
      tone: "neutral",
      lines: [...lines("duration-p50", "p50"), ...lines("duration-p95", "p95", true)],
    },
    { title: "Throttles", unit: "count", marks: "bars", tone: "failing", lines: lines("throttles", "throttles") },
  ];
  return charts.filter((chart) => chart.lines.length > 0);
}

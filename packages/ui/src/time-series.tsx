"use client";

import { clsx } from "clsx";
import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { type ChartPoint, niceCeiling, pointAt, runs, timeTicks } from "./chart-scale.ts";
import { ScrollRegion } from "./scroll-region.tsx";
import { durationWords } from "./time-words.ts";

export interface ChartLine {
  readonly label: string;
  readonly points: readonly ChartPoint[];
  /** The second line of a chart is dashed, so that it reads without colour. */
  readonly dashed?: boolean;
}

export interface Chart {
  readonly title: string;
  readonly unit: "count" | "ms";
  /** Counts are bars (nothing there is nothing counted), durations are lines. */
  readonly marks: "bars" | "lines";
  readonly tone: "neutral" | "failing";
  readonly lines: readonly ChartLine[];
}

const HEIGHT = 96;
const WIDTH = 1000;
const tones = { neutral: "text-accent", failing: "text-failing" };

function formatValue(value: number, unit: Chart["unit"]): string {
  return unit === "ms" ? durationWords(value) : new Intl.NumberFormat("en", { maximumFractionDigits: 1 }).format(value);
}

const clock = (at: number) => new Date(at).toISOString().slice(11, 16);

/**
 * Small multiples on one shared time axis (UTC) with one cursor across all of them. Move it with the mouse, or focus
 * the axis and use the arrow keys. Each chart has its last value at the right and its numbers as a table.
 */
export function TimeSeries({
  charts,
  from,
  to,
  periodMs,
  label,
}: {
  charts: readonly Chart[];
  from: number;
  to: number;
  periodMs: number;
  label: string;
}) {
  const [cursor, setCursor] = useState<number>();
  const span = Math.max(1, to - from);
  const snap = (at: number) => Math.min(to, Math.max(from, from + Math.round((at - from) / periodMs) * periodMs));
  const point = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setCursor(snap(from + ((event.clientX - box.left) / box.width) * span));
  };
  const key = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };
    const step = steps[event.key];
    if (event.key === "Escape") setCursor(undefined);
    if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      setCursor(event.key === "Home" ? from : to);
    }
    if (step === undefined) return;
    event.preventDefault();
    setCursor(snap((cursor ?? to) + step * periodMs));
  };
  return (
    <section aria-label={label} className="flex flex-col">
      {charts.map((chart) => (
        <Multiple
          key={chart.title}
          chart={chart}
          cursor={cursor}
          periodMs={periodMs}
          from={from}
          span={span}
          onPoint={point}
          onLeave={() => setCursor(undefined)}
        />
      ))}
      <div
        role="slider"
        tabIndex={0}
        aria-label={`Time cursor of ${label}`}
        aria-valuemin={from}
        aria-valuemax={to}
        aria-valuenow={cursor ?? to}
        aria-valuetext={cursor ? spoken(charts, cursor, periodMs) : "No time chosen; use the arrow keys"}
        onKeyDown={key}
        className="relative mx-4 h-6 text-muted text-xs tabular-nums"
      >
        {timeTicks(from, to).map((tick) => (
          <span
            key={tick}
            aria-hidden
            className="absolute -translate-x-1/2 whitespace-nowrap"
            style={{ left: `${((tick - from) / span) * 100}%` }}
          >
            {clock(tick)}
          </span>
        ))}
      </div>
    </section>
  );
}

function spoken(charts: readonly Chart[], cursor: number, periodMs: number): string {
  const values = charts.flatMap((chart) =>
    chart.lines.map((line) => {
      const found = pointAt(line.points, cursor, periodMs);
      return `${line.label} ${found ? formatValue(found.value, chart.unit) : "no data"}`;
    }),
  );
  return `${clock(cursor)} UTC: ${values.join(", ")}`;
}

function Multiple({
  chart,
  cursor,
  periodMs,
  from,
  span,
  onPoint,
  onLeave,
}: {
  chart: Chart;
  cursor: number | undefined;
  periodMs: number;
  from: number;
  span: number;
  onPoint: (event: PointerEvent<HTMLElement>) => void;
  onLeave: () => void;
}) {
  const top = niceCeiling(Math.max(0, ...chart.lines.flatMap((line) => line.points.map(({ value }) => value))));
  const x = (at: number) => ((at - from) / span) * WIDTH;
  const y = (value: number) => HEIGHT - (value / top) * HEIGHT;
  return (
    <figure className="border-line border-b py-3 last:border-b-0">
      <figcaption className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 pb-2">
        <h3 className="font-medium">{chart.title}</h3>
        <span className="text-muted text-xs">max {formatValue(top, chart.unit)}</span>
        <span className="ml-auto flex flex-wrap gap-x-4 text-sm tabular-nums">
          {chart.lines.map((line) => {
            const shown =
              cursor === undefined ? line.points[line.points.length - 1] : pointAt(line.points, cursor, periodMs);
            return (
              <span key={line.label} className="flex items-center gap-1.5">
                <svg width="14" height="4" aria-hidden className={tones[chart.tone]}>
                  <path
                    d="M0 2H14"
                    stroke="currentColor"
                    strokeWidth="2"
                    strokeDasharray={line.dashed ? "4 3" : undefined}
                  />
                </svg>
                <span className="text-muted">{line.label}</span>
                <span className="font-medium">{shown ? formatValue(shown.value, chart.unit) : "no data"}</span>
              </span>
            );
          })}
          <span className="w-20 text-right text-muted">
            {cursor === undefined ? "last value" : `${clock(cursor)} UTC`}
          </span>
        </span>
      </figcaption>
      <div
        className="relative mx-4 touch-pan-y"
        onPointerMove={onPoint}
        onPointerDown={onPoint}
        onPointerLeave={onLeave}
      >
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          className={clsx("block h-24 w-full", tones[chart.tone])}
          aria-hidden
        >
          {[0.5, 1].map((share) => (
            <path
              key={share}
              d={`M0 ${HEIGHT * share}H${WIDTH}`}
              className="text-line"
              stroke="currentColor"
              strokeWidth="1"
              vectorEffect="non-scaling-stroke"
            />
          ))}
          {chart.lines.map((line) =>
            chart.marks === "bars" ? (
              <Bars
                key={line.label}
                points={line.points}
                width={Math.max(2, (periodMs / span) * WIDTH * 0.7)}
                x={x}
                y={y}
              />
            ) : (
              <Line key={line.label} line={line} periodMs={periodMs} x={x} y={y} />
            ),
          )}
        </svg>
        {cursor !== undefined && (
          <span
            aria-hidden
            className="pointer-events-none absolute inset-y-0 w-px bg-text"
            style={{ left: `${((cursor - from) / span) * 100}%` }}
          />
        )}
      </div>
      <details className="px-4 pt-2 text-sm">
        <summary className="w-fit text-muted hover:text-text">Numbers of {chart.title.toLowerCase()}</summary>
        <NumbersTable chart={chart} />
      </details>
    </figure>
  );
}

type Scale = (value: number) => number;

function Bars({ points, width, x, y }: { points: readonly ChartPoint[]; width: number; x: Scale; y: Scale }) {
  return points
    .filter(({ value }) => value > 0)
    .map((point) => (
      <rect
        key={point.at}
        x={x(point.at) - width / 2}
        width={width}
        y={y(point.value)}
        height={HEIGHT - y(point.value)}
        fill="currentColor"
      />
    ));
}

function Line({ line, periodMs, x, y }: { line: ChartLine; periodMs: number; x: Scale; y: Scale }) {
  return runs(line.points, periodMs).map((run) => (
    <path
      key={run[0]?.at}
      // A point alone is a stroke of no length; its round ends make it a dot.
      d={
        run.map((point, index) => `${index === 0 ? "M" : "L"}${x(point.at)} ${y(point.value)}`).join("") +
        (run.length === 1 ? "h0.01" : "")
      }
      fill="none"
      stroke="currentColor"
      strokeWidth={run.length === 1 ? 5 : 2}
      strokeLinecap="round"
      strokeLinejoin="round"
      strokeDasharray={line.dashed && run.length > 1 ? "6 4" : undefined}
      vectorEffect="non-scaling-stroke"
    />
  ));
}

function NumbersTable({ chart }: { chart: Chart }) {
  const times = [...new Set(chart.lines.flatMap((line) => line.points.map(({ at }) => at)))].sort((a, b) => b - a);
  return (
    <ScrollRegion label={`Numbers of ${chart.title}`} className="mt-2 max-h-56 overflow-auto">
      <table className="w-full text-left">
        <thead>
          <tr>
            <th scope="col" className="font-medium text-muted">
              Time (UTC)
            </th>
            {chart.lines.map((line) => (
              <th key={line.label} scope="col" className="text-right font-medium text-muted">
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((at) => (
            <tr key={at}>
              <td>{clock(at)}</td>
              {chart.lines.map((line) => {
                const found = line.points.find((point) => point.at === at);
                return (
                  <td key={line.label} className="text-right">
                    {found ? formatValue(found.value, chart.unit) : ""}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

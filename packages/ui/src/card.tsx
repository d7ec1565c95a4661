import { clsx } from "clsx";
import type { ComponentProps, ReactNode } from "react";

export function Card({ className, ...props }: ComponentProps<"section">) {
  return <section className={clsx("min-w-0 rounded-card border border-line bg-card", className)} {...props} />;
}

/** The head of a card: a heading, what it counts, and what can be done. */
export function CardHeader({
  title,
  id,
  count,
  actions,
  level = 2,
}: {
  title: ReactNode;
  id?: string | undefined;
  count?: ReactNode;
  actions?: ReactNode;
  level?: 2 | 3;
}) {
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <div className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 border-line border-b px-4 py-2">
      <Heading id={id} className="font-semibold text-base">
        {title}
      </Heading>
      {count !== undefined && <span className="text-muted text-sm tabular-nums">{count}</span>}
      {actions && <div className="ml-auto flex items-center gap-2">{actions}</div>}
    </div>
  );
}

/** Name and value pairs, side by side where there is room. */
export function Facts({ facts, className }: { facts: readonly (readonly [string, ReactNode])[]; className?: string }) {
  return (
    <dl className={clsx("grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm", className)}>
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

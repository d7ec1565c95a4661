import { clsx } from "clsx";
import type { ReactNode } from "react";

/** A small neutral label: a role, a tag, an action of a change set. */
export function Badge({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <span
      className={clsx(
        "inline-flex items-center gap-1 whitespace-nowrap rounded-mark border border-line bg-sunken px-1.5 font-medium text-muted text-xs leading-5",
        className,
      )}
    >
      {children}
    </span>
  );
}

/** A number that waits for someone. Nothing when it is zero. */
export function CountBadge({ count, label }: { count: number; label: string }) {
  if (count === 0) return null;
  return (
    <span className="inline-flex min-w-5 items-center justify-center rounded-full bg-person-soft px-1.5 font-semibold text-person text-xs leading-5 tabular-nums">
      <span aria-hidden>{count > 99 ? "99+" : count}</span>
      <span className="sr-only">{`, ${count} ${label}`}</span>
    </span>
  );
}

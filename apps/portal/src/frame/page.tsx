import { clsx } from "clsx";
import type { ReactNode } from "react";

/** A page: its heading, what can be done, and the rest. `reading` keeps lines short; `wide` is for tables and boards. */
export function Page({
  title,
  lead,
  actions,
  width = "reading",
  children,
}: {
  title: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  width?: "reading" | "wide";
  children: ReactNode;
}) {
  return (
    <div className={clsx("mx-auto flex flex-col gap-6", width === "reading" ? "max-w-[1280px]" : "max-w-[1800px]")}>
      <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1">
          <h1 className="break-words font-semibold text-2xl tracking-tight">{title}</h1>
          {lead && <p className="mt-1 max-w-prose text-muted">{lead}</p>}
        </div>
        {actions}
      </div>
      {children}
    </div>
  );
}

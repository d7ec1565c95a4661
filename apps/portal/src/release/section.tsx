import { type State, StateIcon } from "@turnpike/ui";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

/** One kind of evidence: a line with its count, open from the start where it needs eyes. */
export function Section({
  title,
  line,
  state,
  open,
  children,
}: {
  title: string;
  line: ReactNode;
  state?: State | undefined;
  open: boolean;
  children: ReactNode;
}) {
  return (
    <details open={open} className="group min-w-0 rounded-card border border-line bg-card">
      <summary data-row className="flex min-h-12 list-none items-center gap-3 rounded-card px-4 py-2 hover:bg-hover">
        <ChevronRight size={16} aria-hidden className="shrink-0 text-muted group-open:rotate-90" />
        <h2 className="font-semibold">{title}</h2>
        <span className="ml-auto flex min-w-0 items-center gap-2 text-right text-muted text-sm">
          {state && <StateIcon state={state} label="" />}
          <span className="min-w-0">{line}</span>
        </span>
      </summary>
      <div className="border-line border-t">{children}</div>
    </details>
  );
}

import { clsx } from "clsx";
import type { ReactNode } from "react";
import type { State } from "./state.ts";
import { StateIcon, stateSoft } from "./state-mark.tsx";

/** Something the person should know now. Failures are announced at once, the rest when the reader pauses. */
export function Notice({
  state,
  title,
  children,
  actions,
  className,
}: {
  state: State;
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  className?: string;
}) {
  return (
    <div
      role={state === "failing" ? "alert" : "status"}
      className={clsx("flex gap-3 rounded-card border border-line px-4 py-3", stateSoft(state), className)}
    >
      <StateIcon state={state} label="" className="mt-0.5" />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p className="break-words font-medium">{title}</p>
        {children && <div className="break-words text-sm">{children}</div>}
        {actions && <div className="mt-2 flex flex-wrap gap-2">{actions}</div>}
      </div>
    </div>
  );
}

/** An error in three parts. */
export function ErrorNotice({
  happened,
  untouched,
  next,
  reference,
  actions,
  className,
}: {
  happened: ReactNode;
  untouched?: ReactNode;
  next?: ReactNode;
  /** What support needs to find it in the log. */
  reference?: string | undefined;
  actions?: ReactNode;
  className?: string;
}) {
  return (
    <Notice state="failing" title={happened} actions={actions} {...(className ? { className } : {})}>
      {untouched && <p>{untouched}</p>}
      {next && <p>{next}</p>}
      {reference && (
        <p className="text-muted">
          Reference <code className="font-mono">{reference}</code>
        </p>
      )}
    </Notice>
  );
}

import { clsx } from "clsx";
import type { ComponentProps, ReactNode } from "react";

/** Ids that a control needs to be tied to what `Field` says about it. */
export function describedBy(id: string, { help, error }: { help?: unknown; error?: unknown }): string | undefined {
  const ids = [help ? `${id}-help` : "", error ? `${id}-error` : ""].filter(Boolean);
  return ids.length > 0 ? ids.join(" ") : undefined;
}

/** A control with its label, why it is asked, and what is wrong with the answer. */
export function Field({
  id,
  label,
  help,
  error,
  optional = false,
  children,
}: {
  id: string;
  label: string;
  help?: ReactNode;
  error?: string | undefined;
  optional?: boolean;
  children: ReactNode;
}) {
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium text-base">
        {label}
        {optional && <span className="font-normal text-muted"> (optional)</span>}
      </label>
      {help && (
        <p id={`${id}-help`} className="text-muted text-sm">
          {help}
        </p>
      )}
      {children}
      {error && (
        <p id={`${id}-error`} className="text-failing text-sm">
          {error}
        </p>
      )}
    </div>
  );
}

const control =
  "w-full min-w-0 rounded-card border border-control bg-card px-3 text-base text-text placeholder:text-muted " +
  "aria-invalid:border-failing disabled:opacity-60 focus-visible:outline-offset-0";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input className={clsx(control, "h-9", className)} {...props} />;
}

export function Select({ className, ...props }: ComponentProps<"select">) {
  return <select className={clsx(control, "h-9 appearance-auto", className)} {...props} />;
}

export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return <textarea className={clsx(control, "min-h-20 py-2", className)} {...props} />;
}

export function Checkbox({ label, className, ...props }: Omit<ComponentProps<"input">, "type"> & { label: ReactNode }) {
  return (
    <label className={clsx("inline-flex min-h-9 items-center gap-2 text-base", className)}>
      <input type="checkbox" className="size-4 accent-accent-fill" {...props} />
      <span>{label}</span>
    </label>
  );
}

import { clsx } from "clsx";
import type { ReactNode } from "react";
import { CopyButton } from "./copy-button.tsx";

export function Mono({ children, className }: { children: ReactNode; className?: string }) {
  return <span className={clsx("break-all font-mono text-sm", className)}>{children}</span>;
}

/** An id, ARN, URL or command in full, with its copy button. */
export function Copyable({ text, label, className }: { text: string; label: string; className?: string }) {
  return (
    <span className={clsx("inline-flex min-w-0 max-w-full items-center gap-1", className)}>
      <span className="min-w-0 truncate font-mono text-sm" title={text}>
        {text}
      </span>
      <CopyButton text={text} label={label} />
    </span>
  );
}

/** A commit or digest, short on screen and whole in the copy. `sha256:` stays out of the short form. */
export function Hash({ value, label, length = 7 }: { value: string; label: string; length?: number }) {
  return (
    <span className="inline-flex items-center gap-0.5 whitespace-nowrap">
      <code className="font-mono text-sm" title={value}>
        {value.replace(/^sha256:/, "").slice(0, length)}
      </code>
      <CopyButton text={value} label={label} />
    </span>
  );
}

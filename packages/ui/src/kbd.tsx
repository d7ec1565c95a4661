import type { ReactNode } from "react";

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-flex min-w-5 items-center justify-center rounded-mark border border-line bg-sunken px-1 font-mono text-muted text-xs leading-5">
      {children}
    </kbd>
  );
}

import type { ReactNode } from "react";

/** There is nothing here, why that is, and the way on. */
export function EmptyState({
  title,
  children,
  actions,
  heading: Heading = "p",
}: {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  /** `h1` when the page is nothing else. */
  heading?: "p" | "h1";
}) {
  return (
    <div className="flex flex-col items-start gap-2 px-4 py-8 sm:items-center sm:text-center">
      <Heading className="font-medium text-lg">{title}</Heading>
      {children && <div className="max-w-prose text-muted">{children}</div>}
      {actions && <div className="mt-2 flex flex-wrap gap-2">{actions}</div>}
    </div>
  );
}

import type { ReactNode } from "react";

/** What scrolls inside itself. It can be focused, because what scrolls must scroll without a mouse (WCAG 2.1.1). */
export function ScrollRegion({
  label,
  className,
  children,
}: {
  label: string;
  className: string;
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be focusable
    <section aria-label={label} tabIndex={0} className={className}>
      {children}
    </section>
  );
}

import type { ReactNode, Ref, UIEventHandler } from "react";

/** What scrolls inside itself. It can be focused, because what scrolls must scroll without a mouse (WCAG 2.1.1). */
export function ScrollRegion({
  label,
  className,
  children,
  ref,
  onScroll,
}: {
  label: string;
  className: string;
  children: ReactNode;
  ref?: Ref<HTMLElement>;
  onScroll?: UIEventHandler<HTMLElement>;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be focusable
    <section ref={ref} aria-label={label} tabIndex={0} className={className} onScroll={onScroll}>
      {children}
    </section>
  );
}

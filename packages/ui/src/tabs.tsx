"use client";

import { clsx } from "clsx";
import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

const tab =
  "relative inline-flex h-10 outline-offset-[-2px] shrink-0 items-center gap-2 whitespace-nowrap border-transparent border-b-2 px-1 font-medium text-muted hover:text-text";

/** Panes that share one place. Which one is open is part of the view, not of the address; see `TabNav` otherwise. */
export function Tabs({
  label,
  tabs,
  value,
  onChange,
  className,
}: {
  label: string;
  tabs: readonly { value: string; label: ReactNode; content: ReactNode }[];
  value: string;
  onChange: (value: string) => void;
  className?: string;
}) {
  return (
    <Radix.Root value={value} onValueChange={onChange} className={clsx("flex min-h-0 min-w-0 flex-col", className)}>
      <Radix.List aria-label={label} className="flex gap-5 overflow-x-auto border-line border-b px-4">
        {tabs.map(({ value: each, label: name }) => (
          <Radix.Trigger
            key={each}
            value={each}
            className={clsx(tab, "data-[state=active]:border-accent data-[state=active]:text-text")}
          >
            {name}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map(({ value: each, content }) => (
        <Radix.Content key={each} value={each} className="min-h-0 min-w-0 flex-1">
          {content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}

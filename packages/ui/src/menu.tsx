"use client";

import { clsx } from "clsx";
import { Check } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";

const item =
  "flex min-h-9 cursor-pointer select-none items-center gap-2 rounded-mark px-2 text-base outline-none data-[highlighted]:bg-hover";

/** A button that opens a list of actions. The list stays where the button is in the page, so in its landmark too. */
export function Menu({
  trigger,
  children,
  align = "start",
  side = "bottom",
}: {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "end";
  side?: "top" | "bottom" | "right";
}) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Content
        align={align}
        side={side}
        sideOffset={6}
        collisionPadding={8}
        className="z-50 min-w-52 max-w-[min(24rem,calc(100vw-1rem))] animate-appear rounded-card border border-line bg-popover p-1 text-text shadow-float"
      >
        {children}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="px-2 py-1.5 text-muted text-sm">{children}</DropdownMenu.Label>;
}

export function MenuSeparator() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />;
}

export function MenuItem({
  onSelect,
  asChild,
  children,
}: {
  onSelect?: () => void;
  asChild?: boolean;
  children: ReactNode;
}) {
  return (
    <DropdownMenu.Item className={item} {...(onSelect ? { onSelect } : {})} {...(asChild ? { asChild } : {})}>
      {children}
    </DropdownMenu.Item>
  );
}

/** One of several, with a tick at the one that holds. */
export function MenuChoice<V extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: V;
  options: readonly { value: V; label: ReactNode }[];
  onChange: (value: V) => void;
}) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={(next) => onChange(next as V)} aria-label={label}>
      {options.map(({ value: each, label: name }) => (
        <DropdownMenu.RadioItem key={each} value={each} className={clsx(item, "justify-between")}>
          <span className="inline-flex items-center gap-2">{name}</span>
          <DropdownMenu.ItemIndicator>
            <Check size={16} aria-hidden />
          </DropdownMenu.ItemIndicator>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}

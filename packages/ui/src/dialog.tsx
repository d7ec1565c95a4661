"use client";

import { clsx } from "clsx";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";

/** A window over the page. Esc closes it, focus stays in it and returns to where it was. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  bare = false,
  className,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  /** Without a visible heading, for a palette; the title is still read out. */
  bare?: boolean;
  className?: string;
}) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          {...(description ? {} : { "aria-describedby": undefined })}
          className={clsx(
            "fixed z-50 flex max-h-[85dvh] w-[min(34rem,calc(100vw-2rem))] animate-appear flex-col overflow-hidden rounded-card border border-line bg-popover text-text shadow-float",
            "top-[12dvh] left-1/2 -translate-x-1/2",
            className,
          )}
        >
          {bare ? (
            <Radix.Title className="sr-only">{title}</Radix.Title>
          ) : (
            <Radix.Title className="break-words border-line border-b py-4 pr-14 pl-5 font-semibold text-lg">
              {title}
            </Radix.Title>
          )}
          {description && !bare && (
            <Radix.Description className="px-5 pt-4 text-muted text-sm">{description}</Radix.Description>
          )}
          {children}
          {/* Last, so that focus begins with what the dialog is about. */}
          {!bare && (
            <Radix.Close
              aria-label="Close"
              className="absolute top-3 right-3 inline-flex size-8 items-center justify-center rounded-card text-muted hover:bg-hover hover:text-text"
            >
              <X size={16} aria-hidden />
            </Radix.Close>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** The row of buttons at the end of a dialog. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap justify-end gap-2 border-line border-t px-5 py-3">{children}</div>;
}

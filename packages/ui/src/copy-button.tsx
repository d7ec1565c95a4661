"use client";

import { clsx } from "clsx";
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";

/** Copies `text`; says so for a moment, to eyes and to screen readers. */
export function CopyButton({ text, label, className }: { text: string; label: string; className?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button
      type="button"
      title={`Copy ${label}`}
      aria-label={copied ? `Copied ${label}` : `Copy ${label}`}
      aria-live="polite"
      onClick={() => {
        void navigator.clipboard.writeText(text).then(() => setCopied(true));
      }}
      className={clsx(
        "inline-flex size-6 shrink-0 items-center justify-center rounded-mark align-middle text-muted hover:bg-hover hover:text-text",
        className,
      )}
    >
      {copied ? <Check size={14} className="text-healthy" aria-hidden /> : <Copy size={14} aria-hidden />}
    </button>
  );
}

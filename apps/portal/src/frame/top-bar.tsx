"use client";

import { Breadcrumbs, Kbd } from "@turnpike/ui";
import { Search } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useState } from "react";
import { crumbsOf } from "./crumbs.ts";
import { LazyPalette } from "./lazy.tsx";
import { Shortcuts } from "./shortcuts.tsx";

/** Where one is, and the way to anywhere else. */
export function TopBar() {
  const [open, setOpen] = useState(false);
  const path = usePathname();
  return (
    <header className="sticky top-0 z-20 flex h-14 shrink-0 items-center gap-3 border-line border-b bg-page px-4 sm:px-6">
      <Breadcrumbs crumbs={crumbsOf(path)} link={Link} />
      <button
        type="button"
        onClick={() => setOpen(true)}
        aria-keyshortcuts="Meta+K Control+K /"
        className="ml-auto inline-flex h-9 shrink-0 items-center gap-2 rounded-card border border-control bg-card px-2.5 text-muted text-sm hover:bg-hover hover:text-text sm:w-56"
      >
        <Search size={16} aria-hidden />
        <span className="sr-only flex-1 text-left sm:not-sr-only">Search or go to</span>
        <span className="hidden sm:inline">
          <Kbd>/</Kbd>
        </span>
      </button>
      <Shortcuts onSearch={() => setOpen(true)} />
      {open && <LazyPalette onClose={() => setOpen(false)} />}
    </header>
  );
}

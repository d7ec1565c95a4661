"use client";

import { CountBadge } from "@turnpike/ui";
import { Hand, House, LayoutTemplate, Scale, Server } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { type Destination, destinations, isWithin } from "./destinations.ts";

const icons = {
  Home: House,
  Services: Server,
  Approvals: Hand,
  Standards: Scale,
  Templates: LayoutTemplate,
} as const satisfies Record<Destination["label"], unknown>;

/**
 * Where one can go. A column with words on a wide screen, of icons on a narrower one, and a bar at the bottom of a
 * phone.
 */
export function Rail({ waiting, person }: { waiting: number; person: ReactNode }) {
  const path = usePathname();
  return (
    <aside
      aria-label="Places and account"
      className="fixed inset-x-0 bottom-0 z-30 flex border-line border-t bg-card sm:sticky sm:inset-auto sm:top-0 sm:h-dvh sm:w-14 sm:flex-col sm:border-t-0 sm:border-r lg:w-56"
    >
      <nav aria-label="Main" className="flex-1">
        <Link
          href="/"
          aria-label="Turnpike, home"
          className="hidden h-14 shrink-0 items-center gap-2.5 px-4 font-semibold text-lg sm:flex"
        >
          <Logo />
          <span className="hidden lg:inline">Turnpike</span>
        </Link>
        <ul className="flex justify-around sm:flex-col sm:gap-1 sm:px-2 sm:py-1">
          {destinations.map(({ href, label }) => {
            const Icon = icons[label];
            const here = isWithin(href, path);
            return (
              <li key={href} className="flex-1 sm:flex-none">
                <Link
                  href={href}
                  title={label}
                  aria-current={here ? "page" : undefined}
                  className={`relative flex h-14 flex-col items-center justify-center gap-0.5 rounded-card text-xs sm:h-10 sm:flex-row sm:justify-center sm:gap-3 lg:justify-start lg:px-3 lg:text-base ${
                    here ? "font-medium text-accent sm:bg-accent-soft" : "text-muted hover:bg-hover hover:text-text"
                  }`}
                >
                  <Icon size={18} aria-hidden />
                  <span className="sm:sr-only lg:not-sr-only">{label}</span>
                  {label === "Approvals" && (
                    <span className="absolute top-1.5 left-1/2 ml-2 sm:-top-1 sm:ml-0.5 lg:static lg:ml-auto">
                      <CountBadge count={waiting} label="waiting for a decision" />
                    </span>
                  )}
                </Link>
              </li>
            );
          })}
        </ul>
      </nav>
      <div className="flex w-16 items-center justify-center sm:w-auto sm:p-2 lg:justify-stretch">{person}</div>
    </aside>
  );
}

export function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden className="shrink-0">
      <rect width="32" height="32" rx="8" className="fill-accent-fill" />
      <path d="M7 12h18M16 12v13" className="stroke-on-fill" strokeWidth="3.5" strokeLinecap="round" />
      <circle cx="16" cy="12" r="3.6" className="fill-accent-fill stroke-on-fill" strokeWidth="2.6" />
    </svg>
  );
}

import { ChevronRight } from "lucide-react";
import type { LinkComponent } from "./link.ts";

export interface Crumb {
  readonly label: string;
  /** Absent for a step that has no page of its own. */
  readonly href?: string;
}

/** Where this page is. The last one is the page itself. */
export function Breadcrumbs({ crumbs, link: Link }: { crumbs: readonly Crumb[]; link: LinkComponent }) {
  return (
    <nav aria-label="Breadcrumb" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-1 text-sm">
        {crumbs.map(({ label, href }, index) => {
          const last = index === crumbs.length - 1;
          return (
            <li
              key={href ?? label}
              className={last ? "flex min-w-0 items-center gap-1" : "flex shrink-0 items-center gap-1"}
            >
              {index > 0 && <ChevronRight size={14} className="shrink-0 text-muted" aria-hidden />}
              {href && !last ? (
                <Link href={href} className="rounded-mark text-muted hover:text-text hover:underline">
                  {label}
                </Link>
              ) : (
                <span
                  className={last ? "truncate font-medium" : "text-muted"}
                  {...(last ? { "aria-current": "page" as const } : {})}
                >
                  {label}
                </span>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

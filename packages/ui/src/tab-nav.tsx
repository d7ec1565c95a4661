import { clsx } from "clsx";
import type { LinkComponent } from "./link.ts";

/** Tabs that are pages: links, so that each has an address and opens in a new window. */
export function TabNav({
  label,
  tabs,
  current,
  link: Link,
}: {
  label: string;
  tabs: readonly { href: string; label: string }[];
  /** The `href` of the page that is open. */
  current: string;
  link: LinkComponent;
}) {
  return (
    <nav aria-label={label} className="overflow-x-auto border-line border-b">
      <ul className="flex gap-5">
        {tabs.map(({ href, label: name }) => (
          <li key={href}>
            <Link
              href={href}
              aria-current={href === current ? "page" : undefined}
              className={clsx(
                "inline-flex h-10 items-center whitespace-nowrap border-b-2 px-1 font-medium focus-visible:-outline-offset-2",
                href === current ? "border-accent text-text" : "border-transparent text-muted hover:text-text",
              )}
            >
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

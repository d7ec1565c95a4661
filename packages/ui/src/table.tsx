import { clsx } from "clsx";
import type { ComponentProps } from "react";
import { ScrollRegion } from "./scroll-region.tsx";

/**
 * A table that scrolls sideways inside itself, never the page. The frame can be reached with the keyboard, because what
 * scrolls must be scrollable without a mouse.
 */
export function Table({ label, className, children, ...props }: ComponentProps<"table"> & { label: string }) {
  return (
    <ScrollRegion label={label} className="overflow-x-auto">
      <table aria-label={label} className={clsx("w-full border-collapse text-left text-base", className)} {...props}>
        {children}
      </table>
    </ScrollRegion>
  );
}

export function Th({ className, ...props }: ComponentProps<"th">) {
  return (
    <th
      scope="col"
      className={clsx("h-9 whitespace-nowrap border-line border-b px-4 font-medium text-muted text-sm", className)}
      {...props}
    />
  );
}

export function Tr({ className, ...props }: ComponentProps<"tr">) {
  return <tr className={clsx("border-line border-b last:border-b-0 hover:bg-hover/60", className)} {...props} />;
}

export function Td({ className, ...props }: ComponentProps<"td">) {
  return <td className={clsx("h-11 px-4 py-2 align-middle", className)} {...props} />;
}

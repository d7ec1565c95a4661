import type { ComponentType, ReactNode } from "react";

/** What the frame gives for a link, so that this package needs no router. */
export interface LinkProps {
  href: string;
  className?: string;
  title?: string;
  "aria-current"?: "page" | "true" | undefined;
  "aria-label"?: string;
  children?: ReactNode;
}

export type LinkComponent = ComponentType<LinkProps>;

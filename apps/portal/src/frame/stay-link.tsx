"use client";

import type { LinkProps } from "@turnpike/ui";
import Link from "next/link";

/** A link that changes what a page shows without moving the page. */
export function StayLink(props: LinkProps) {
  return <Link scroll={false} prefetch={false} {...props} />;
}

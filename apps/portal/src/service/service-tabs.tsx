"use client";

import { TabNav } from "@turnpike/ui";
import Link from "next/link";
import { usePathname } from "next/navigation";

export function ServiceTabs({ service }: { service: string }) {
  const path = usePathname();
  const base = `/services/${encodeURIComponent(service)}`;
  const tabs = [
    { href: base, label: "Overview" },
    { href: `${base}/pipeline`, label: "Pipeline" },
    { href: `${base}/standards`, label: "Standards" },
    { href: `${base}/metrics`, label: "Metrics" },
    { href: `${base}/logs`, label: "Logs" },
    { href: `${base}/traces`, label: "Traces" },
  ];
  const current = tabs.findLast(({ href }) => path === href || path.startsWith(`${href}/`))?.href ?? base;
  return <TabNav label={`Pages of ${service}`} tabs={tabs} current={current} link={Link} />;
}

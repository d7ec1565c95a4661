import type { Crumb } from "@turnpike/ui";

const words: Readonly<Record<string, string>> = {
  services: "Services",
  approvals: "Approvals",
  standards: "Standards",
  templates: "Templates",
  pipeline: "Pipeline",
  metrics: "Metrics",
  logs: "Logs",
  traces: "Traces",
};

/** The way to a page, from its address. A release is reached through the approvals. */
export function crumbsOf(path: string): Crumb[] {
  const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  if (parts.length === 0) return [{ label: "Home" }];
  if (parts[0] === "releases") {
    return [
      { label: "Approvals", href: "/approvals" },
      ...(parts[1] ? [{ label: parts[1].startsWith("rel_") ? `Release ${parts[1].slice(-6)}` : "Release" }] : []),
    ];
  }
  return parts.map((part, index) => {
    const named = index === 1 ? part : (words[part] ?? part);
    const href = `/${parts
      .slice(0, index + 1)
      .map(encodeURIComponent)
      .join("/")}`;
    return { label: named.length > 24 && index > 1 ? `${named.slice(0, 12)}…` : named, href };
  });
}

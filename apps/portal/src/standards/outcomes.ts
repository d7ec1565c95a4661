import type { Standing } from "@turnpike/domain/scorecards";
import type { RuleView } from "@turnpike/domain/standards";
import type { State } from "@turnpike/ui";

/** How an outcome looks, and what it is called. */
export const outcomes: Record<RuleView["outcome"], { state: State; label: string }> = {
  block: { state: "failing", label: "Must be mended" },
  warn: { state: "attention", label: "Should be mended" },
  waived: { state: "idle", label: "Waived" },
  "not-decided": { state: "unknown", label: "Not decided" },
  pass: { state: "healthy", label: "Kept" },
  "not-applicable": { state: "idle", label: "Not applicable" },
};

/** The parts of a standing in the order in which they matter, each with how it looks. */
export const parts = [
  { key: "block", outcome: "block", word: "block" },
  { key: "warn", outcome: "warn", word: "warn" },
  { key: "notDecided", outcome: "not-decided", word: "not decided" },
  { key: "waived", outcome: "waived", word: "waived" },
  { key: "pass", outcome: "pass", word: "kept" },
] as const satisfies readonly { key: keyof Standing; outcome: RuleView["outcome"]; word: string }[];

/** `2 block, 1 warn, 20 kept`; what there is none of is left out. */
export function standingWords(standing: Standing): string {
  const said = parts.filter(({ key }) => standing[key] > 0).map(({ key, word }) => `${standing[key]} ${word}`);
  return said.join(", ") || "No rule applies";
}

export const pillarWords: Readonly<Record<string, string>> = {
  security: "Security",
  reliability: "Reliability",
  performance: "Performance",
  cost: "Cost",
  operations: "Operations",
  sustainability: "Sustainability",
};

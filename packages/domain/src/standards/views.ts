import type { RuleResult, StandardsFinding } from "./evaluate.ts";

/** Where a rule isn't kept, as the portal shows it. */
export interface FindingView {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
  /** What would mend it, where reading tells. */
  readonly fix: string | undefined;
}

/** How a service stands to one rule. */
export interface RuleView {
  /** `SEC-5` */
  readonly id: string;
  readonly pillar: string;
  readonly title: string;
  readonly reason: string;
  readonly outcome: RuleResult["outcome"];
  /** What a person should look at, where it isn't decided. */
  readonly look: string | undefined;
  readonly findings: readonly FindingView[];
}

/** The worst first; of those that are as bad the order of the rules stays. */
const order: readonly RuleResult["outcome"][] = ["block", "warn", "waived", "not-decided", "pass"];

const viewOf = ({ file, line, message, fix }: StandardsFinding): FindingView => ({
  file,
  line,
  message,
  fix: fix?.summary,
});

/** Results as a page shows them: the worst first, and nothing of rules that don't apply. */
export function standardsView(results: readonly RuleResult[]): RuleView[] {
  return order.flatMap((outcome) =>
    results
      .filter((result) => result.outcome === outcome)
      .map(({ rule, look, findings }) => ({ ...rule, outcome, look, findings: findings.map(viewOf) })),
  );
}

import type { FindingView, RuleView } from "@turnpike/domain/standards";
import { Badge, StateIcon } from "@turnpike/ui";
import type { ReactNode } from "react";
import { outcomes } from "./outcomes.ts";

/** Rules with what isn't kept in each, and where. */
export function RuleList({
  rules,
  place,
  action,
}: {
  rules: readonly RuleView[];
  /** The place of a finding, as something that leads there. */
  place: (finding: FindingView) => ReactNode;
  /** What can be done about a rule. */
  action?: (rule: RuleView) => ReactNode;
}) {
  return (
    <ul className="divide-y divide-line">
      {rules.map((rule) => (
        <li key={rule.id} className="flex min-w-0 gap-3 px-4 py-3">
          <StateIcon state={outcomes[rule.outcome].state} label={outcomes[rule.outcome].label} className="mt-0.5" />
          <div className="min-w-0 flex-1">
            <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <span className="font-medium">{rule.title}</span>
              <Badge>{rule.id}</Badge>
              {action && <span className="ml-auto">{action(rule)}</span>}
            </div>
            {rule.outcome !== "pass" && (
              <p className="mt-1 max-w-prose text-muted text-sm">{rule.look ?? rule.reason}</p>
            )}
            {rule.findings.length > 0 && (
              <ul className="mt-2 flex flex-col gap-2">
                {rule.findings.map((finding) => (
                  <li key={`${finding.file}:${finding.line} ${finding.message}`} className="text-sm">
                    <p className="break-words">{finding.message}</p>
                    <p className="flex flex-wrap gap-x-3 text-muted">
                      {place(finding)}
                      {finding.fix && <span>Fix: {finding.fix}</span>}
                    </p>
                  </li>
                ))}
              </ul>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

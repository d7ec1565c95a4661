import type { FindingView, RuleView } from "@turnpike/domain/standards";
import { Badge, EmptyState, ScrollRegion, type State, StateIcon } from "@turnpike/ui";

const states: Record<RuleView["outcome"], { state: State; label: string }> = {
  block: { state: "failing", label: "Must be mended" },
  warn: { state: "attention", label: "Should be mended" },
  waived: { state: "idle", label: "Waived" },
  "not-decided": { state: "unknown", label: "Not decided" },
  pass: { state: "healthy", label: "Kept" },
  "not-applicable": { state: "idle", label: "Not applicable" },
};

const count = (rules: readonly RuleView[], outcome: RuleView["outcome"]) =>
  rules.filter((rule) => rule.outcome === outcome).length;

/** ` (2 to mend)`: what a tab says of what is in it; nothing where nothing is wrong. */
export function standingOf(rules: readonly RuleView[] | undefined): string {
  const wrong = count(rules ?? [], "block") + count(rules ?? [], "warn");
  return wrong > 0 ? ` (${wrong} to mend)` : "";
}

/** How a service would stand to the platform's standards, the worst first. */
export function StandardsPane({
  rules,
  onOpen,
}: {
  rules: readonly RuleView[] | undefined;
  /** Shows a file. */
  onOpen: (file: string) => void;
}) {
  if (!rules) {
    return (
      <EmptyState title="The standards can't be checked">
        The template that was rendered can't be deployed as it is. Nothing was created.
      </EmptyState>
    );
  }
  return (
    <ScrollRegion label="Standards" className="h-full overflow-auto focus-visible:-outline-offset-2">
      <p className="px-4 py-3 text-muted">
        {count(rules, "pass")} of {rules.length} rules that apply are kept.
      </p>
      <ul className="divide-y divide-line border-line border-t">
        {rules.map((rule) => (
          <li key={rule.id} className="flex min-w-0 gap-3 px-4 py-3">
            <StateIcon state={states[rule.outcome].state} label={states[rule.outcome].label} className="mt-0.5" />
            <div className="min-w-0 flex-1">
              <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <span className="font-medium">{rule.title}</span>
                <Badge>{rule.id}</Badge>
              </div>
              {rule.outcome !== "pass" && <p className="mt-1 text-muted text-sm">{rule.look ?? rule.reason}</p>}
              {rule.findings.length > 0 && (
                <ul className="mt-2 flex flex-col gap-2">
                  {rule.findings.map((finding) => (
                    <Finding
                      key={`${finding.file}:${finding.line} ${finding.message}`}
                      finding={finding}
                      onOpen={onOpen}
                    />
                  ))}
                </ul>
              )}
            </div>
          </li>
        ))}
      </ul>
    </ScrollRegion>
  );
}

function Finding({ finding, onOpen }: { finding: FindingView; onOpen: (file: string) => void }) {
  return (
    <li className="text-sm">
      <p className="break-words">{finding.message}</p>
      <p className="flex flex-wrap gap-x-3 text-muted">
        <button type="button" className="prose-link rounded-mark font-mono" onClick={() => onOpen(finding.file)}>
          {finding.file}:{finding.line}
        </button>
        {finding.fix && <span>Fix: {finding.fix}</span>}
      </p>
    </li>
  );
}

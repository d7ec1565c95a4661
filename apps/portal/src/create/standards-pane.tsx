import type { RuleView } from "@turnpike/domain/standards";
import { EmptyState, ScrollRegion } from "@turnpike/ui";
import { RuleList } from "../standards/rule-list.tsx";

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
      <div className="border-line border-t">
        <RuleList
          rules={rules}
          place={({ file, line }) => (
            <button type="button" className="prose-link rounded-mark font-mono" onClick={() => onOpen(file)}>
              {file}:{line}
            </button>
          )}
        />
      </div>
    </ScrollRegion>
  );
}

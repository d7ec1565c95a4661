import type { TestReport } from "@turnpike/domain/pipelines";
import { type State, StateIcon } from "@turnpike/ui";
import { plainLine } from "../present/log-text.ts";

type Case = TestReport["cases"][number];

/** How the verifier's report says what became of a rule that neither is kept nor blocks. */
const outcomes: Record<string, { state: State; label: string }> = {
  warn: { state: "attention", label: "Should be mended" },
  waived: { state: "idle", label: "Waived" },
  "not-decided": { state: "unknown", label: "Not decided" },
};
const kept = { state: "healthy", label: "Kept" } as const;
const broken = { state: "failing", label: "Must be mended" } as const;
const rank: Partial<Record<State, number>> = { failing: 0, attention: 1, unknown: 2, idle: 3 };

/** The report of Turnpike's own action, among those of a candidate's builds. */
export function standardsReport(service: string, reports: readonly TestReport[]): TestReport | undefined {
  return reports.find(({ name }) => name === `${service}-verify-standards`);
}

function standingOf({ status, message = "" }: Case): { state: State; label: string; message: string } {
  if (status === "passed") return { ...kept, message: "" };
  if (status === "failed") return { ...broken, message };
  const [, outcome = "", rest = message] = /^([a-z-]+): ([\s\S]*)$/.exec(message) ?? [];
  return { ...(outcomes[outcome] ?? { state: "unknown", label: "Not judged" }), message: rest };
}

/** How many rules are kept, and what there is beside. */
export function standardsLine({ passed, failed, skipped }: TestReport): string {
  const further = [failed > 0 && `${failed} to mend`, skipped > 0 && `${skipped} to look at`];
  return [`${passed} kept`, ...further].filter(Boolean).join(", ");
}

/** Each rule as it stood when the candidate was built, what isn't kept first. */
export function StandardsResults({ report }: { report: TestReport }) {
  const rows = report.cases.map((found) => ({ ...standingOf(found), name: found.name }));
  return (
    <ul className="flex flex-col gap-2 p-4">
      {rows
        .toSorted((a, b) => (rank[a.state] ?? 4) - (rank[b.state] ?? 4))
        .map(({ name, state, label, message }) => (
          <li key={name} className="flex min-w-0 items-start gap-2 text-sm">
            <StateIcon state={state} label={label} className="mt-0.5" />
            <span className="min-w-0 flex-1 break-words">
              {name}
              {message && (
                <span className="block whitespace-pre-wrap text-muted">
                  {message.split("\n").map(plainLine).join("\n")}
                </span>
              )}
            </span>
          </li>
        ))}
    </ul>
  );
}

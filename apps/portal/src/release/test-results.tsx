import type { TestReport } from "@turnpike/domain/pipelines";
import { durationWords, EmptyState, StateIcon } from "@turnpike/ui";
import { plainLine } from "../present/log-text.ts";

const states = { passed: "healthy", failed: "failing", skipped: "idle" } as const;
const order = { failed: 0, skipped: 1, passed: 2 } as const;

/** Every test that ran, failures first. */
export function TestResults({ reports }: { reports: readonly TestReport[] }) {
  if (reports.length === 0) {
    return <EmptyState title="No test reports">The builds of this candidate published none.</EmptyState>;
  }
  return (
    <div className="divide-y divide-line">
      {reports.map((report) => (
        <div key={report.name} className="px-4 py-3">
          <h3 className="mb-2 break-words font-medium">
            {report.name}{" "}
            <span className="font-normal text-muted text-sm">
              {report.passed} passed, {report.failed} failed, {report.skipped} skipped
            </span>
          </h3>
          <ul className="flex flex-col gap-1">
            {report.cases
              .toSorted((a, b) => order[a.status] - order[b.status])
              .map((test) => (
                <li key={`${test.suite} ${test.name}`} className="flex min-w-0 items-start gap-2 text-sm">
                  <StateIcon state={states[test.status]} label={test.status} className="mt-0.5" />
                  <span className="min-w-0 flex-1 break-words">
                    {test.suite && <span className="text-muted">{test.suite} › </span>}
                    {test.name}
                    {test.message && (
                      <span className="block whitespace-pre-wrap font-mono text-failing">
                        {test.message.split("\n").map(plainLine).join("\n")}
                      </span>
                    )}
                  </span>
                  {test.durationMs !== undefined && (
                    <span className="shrink-0 text-muted tabular-nums">{durationWords(test.durationMs)}</span>
                  )}
                </li>
              ))}
          </ul>
        </div>
      ))}
    </div>
  );
}

import type { TestReport } from "@turnpike/domain/pipelines";
import { Card, CardHeader, StateIcon } from "@turnpike/ui";
import { plainLine } from "../present/log-text.ts";

const SHOWN = 20;

/** The tests that failed, with what they said. Nothing when none did. */
export function FailedTests({ reports }: { reports: readonly TestReport[] }) {
  const failures = reports.flatMap((report) =>
    report.cases.filter(({ status }) => status === "failed").map((test) => ({ report: report.name, ...test })),
  );
  if (failures.length === 0) return null;
  return (
    <Card aria-labelledby="failed-tests" className="border-failing">
      <CardHeader
        id="failed-tests"
        title={failures.length === 1 ? "This test failed" : "These tests failed"}
        count={failures.length}
      />
      <ul className="divide-y divide-line">
        {failures.slice(0, SHOWN).map((test) => (
          <li key={`${test.report} ${test.suite} ${test.name}`} className="flex gap-3 px-4 py-3">
            <StateIcon state="failing" label="" className="mt-0.5" />
            <div className="min-w-0 flex-1">
              <p className="break-words font-medium">
                {test.suite && <span className="text-muted">{test.suite} › </span>}
                {test.name}
              </p>
              <p className="text-muted text-sm">{test.report}</p>
              {test.message && (
                <pre className="mt-2 max-h-64 overflow-auto whitespace-pre-wrap break-words rounded-mark bg-sunken p-3 font-mono text-sm">
                  {test.message.split("\n").map(plainLine).join("\n")}
                </pre>
              )}
            </div>
          </li>
        ))}
      </ul>
      {failures.length > SHOWN && (
        <p className="px-4 py-3 text-muted">And {failures.length - SHOWN} more; see the log.</p>
      )}
    </Card>
  );
}

import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { StandardsResults, standardsLine, standardsReport } from "./standards-results.tsx";

const found = (name: string, status: "passed" | "failed" | "skipped", message?: string) => ({
  ...{ name, status, message, suite: "security", durationMs: 0 },
});

const report = {
  ...{ name: "orders-verify-standards", passed: 1, failed: 1, skipped: 3 },
  cases: [
    found("SEC-1 Kept", "passed"),
    found("SEC-4 Undecided", "skipped", "not-decided: Whether a key is rotated."),
    found("OPS-5 Waived", "skipped", "waived: template.yaml:3 All at once."),
    found("SEC-6 Warned", "skipped", "warn: template.yaml:7 Anyone may call GET /."),
    found("OPS-2 Broken", "failed", "template.yaml:9 Orders isn't traced."),
  ],
};

test("what must be mended comes first, then what should be, what isn't decided, what is waived, what is kept", () => {
  const text = renderToStaticMarkup(<StandardsResults report={report} />);
  const order = ["OPS-2 Broken", "SEC-6 Warned", "SEC-4 Undecided", "OPS-5 Waived", "SEC-1 Kept"];
  expect(order.map((name) => text.indexOf(name))).toEqual(
    order.map((name) => text.indexOf(name)).toSorted((a, b) => a - b),
  );
  for (const label of ["Must be mended", "Should be mended", "Not decided", "Waived", "Kept"])
    expect(text).toContain(label);
  expect(text).toContain("template.yaml:7 Anyone may call GET /.");
  expect(text).not.toContain("warn: ");
});

test("the report of Turnpike's own action is told from the service's own tests", () => {
  const own = { ...report, name: "orders-build-standards" };
  expect(standardsReport("orders", [own, report])).toBe(report);
  expect(standardsReport("orders", [own])).toBeUndefined();
  expect(standardsLine(report)).toBe("1 kept, 1 to mend, 3 to look at");
});

import { expect, test } from "vitest";
import { judgeStandards, type Standards, type Waiver } from "./evaluate.ts";
import { openSubject } from "./subject.ts";
import { standardsView } from "./views.ts";

const text = `Resources:
  First:
    Type: AWS::Lambda::Permission
    Properties: { FunctionName: a, Action: "lambda:InvokeFunction", Principal: s3.amazonaws.com }
  Second:
    Type: AWS::Lambda::Permission
    Properties: { FunctionName: a, Action: "lambda:InvokeFunction", Principal: sns.amazonaws.com }
`;

const waiver: Waiver = { rule: "SEC-5", service: "orders", reason: "Until the bucket is ours", until: "2026-12-31" };

function judge(standards: Partial<Standards>, today = "2026-11-24") {
  const given = { effects: {}, waivers: [], ...standards };
  const results = judgeStandards(openSubject({ file: "template.yaml", text }), {
    service: "orders",
    standards: given,
    today,
  });
  const found = results.find(({ rule }) => rule.id === "SEC-5");
  if (!found) throw new Error("SEC-5 wasn't judged.");
  return found;
}

test("a finding names its resource, file and line, and a change that mends it", () => {
  const { outcome, findings } = judge({});
  expect(outcome).toBe("block");
  expect(findings).toMatchObject([
    { resource: "First", file: "template.yaml", line: 4, fix: { summary: "Allow callers of this account only" } },
    { resource: "Second", file: "template.yaml", line: 7 },
  ]);
});

test("the platform's standards change what a finding does", () => {
  expect(judge({ effects: { "SEC-5": "warn" } }).outcome).toBe("warn");
  expect(judge({ effects: { "OPS-1": "warn" } }).outcome).toBe("block");
});

test("a waiver holds for its service, its resource and to the end of its last day, and no longer", () => {
  expect(judge({ waivers: [waiver] }).outcome).toBe("waived");
  expect(judge({ waivers: [{ ...waiver, service: "billing" }] }).outcome).toBe("block");
  expect(judge({ waivers: [{ ...waiver, resource: "First" }] })).toMatchObject({
    outcome: "block",
    findings: [{ waiver: { resource: "First" } }, { waiver: undefined }],
  });
  expect(judge({ waivers: [waiver] }, "2026-12-31").outcome).toBe("waived");
  const ended = judge({ waivers: [waiver] }, "2027-01-01");
  expect(ended.outcome).toBe("block");
  expect(ended.findings[0]?.expired).toEqual(waiver);
});

test("a rule about things that a template hasn't is neither kept nor broken", () => {
  const results = judgeStandards(openSubject({ file: "template.yaml", text }), {
    service: "orders",
    today: "2026-11-24",
  });
  expect(results.find(({ rule }) => rule.id === "PERF-1")?.outcome).toBe("not-applicable");
});

test("what is shown begins with the worst, and leaves out what doesn't apply", () => {
  const fn = "  Fn:\n    Type: AWS::Lambda::Function\n    Properties: { Runtime: nodejs24.x, Handler: a.b }\n";
  const subject = openSubject({ file: "template.yaml", text: text + fn });
  const views = standardsView(judgeStandards(subject, { service: "orders", today: "2026-11-24" }));
  const outcomes = [...new Set(views.map(({ outcome }) => outcome))];
  expect(outcomes).toEqual(["block", "warn", "not-decided", "pass"]);
  const [first] = views.filter(({ id }) => id === "SEC-5");
  expect(first?.findings[0]).toMatchObject({ line: 4, fix: "Allow callers of this account only" });
});

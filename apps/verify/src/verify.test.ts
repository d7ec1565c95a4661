import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { XMLParser } from "fast-xml-parser";
import { expect, onTestFinished, test } from "vitest";
import { readTexts } from "./read-service.ts";
import { junitOf } from "./report.ts";
import { verify } from "./verify.ts";

const table = "Resources:\n  Orders:\n    Type: AWS::SQS::Queue\n";
const standards = { effects: {}, waivers: [] };
const importing = `${table}    Properties: { QueueName: !ImportValue "shared<&>" }\n`;
const given = { service: "orders", standards, today: "2026-11-24" };

const resultOf = (id: string, input: Partial<Parameters<typeof verify>[0]>) =>
  verify({ ...given, built: new Map(), repository: new Map(), ...input }).find(({ rule }) => rule.id === id);

test("what is judged is the template that the build hands on, not the one in the repository", () => {
  const built = new Map([["template.yaml", importing]]);
  const repository = new Map([["template.yaml", table]]);
  expect(resultOf("OPS-8", { built, repository })?.outcome).toBe("block");
  expect(resultOf("OPS-8", { built: repository, repository: built })?.outcome).toBe("pass");
});

test("a waiver lets it through until its day, and then says that it ended", () => {
  const built = new Map([["template.yaml", importing]]);
  const waiver = { rule: "OPS-8", service: "orders", reason: "Leaves in spring", until: "2026-11-24" };
  const waived = { ...standards, waivers: [waiver] };
  expect(resultOf("OPS-8", { built, standards: waived })?.outcome).toBe("waived");
  const later = verify({ ...given, built, repository: new Map(), standards: waived, today: "2026-11-25" });
  expect(later.find(({ rule }) => rule.id === "OPS-8")?.outcome).toBe("block");
  expect(junitOf(later)).toContain("A waiver for it ended on 2026-11-24.");
});

test("the report has what blocks as failed, what warns or isn't decided as skipped with its reason, and is XML whatever names say", () => {
  const built = new Map([["template.yaml", importing]]);
  const results = verify({ ...given, built, repository: new Map() });
  const parser = new XMLParser({ ignoreAttributes: false, isArray: (name) => name === "testcase" });
  const { testsuite } = parser.parse(junitOf(results)).testsuites;
  const cases = testsuite.testcase as { "@_name": string; failure?: { "#text": string }; skipped?: object }[];
  const failed = cases.filter(({ failure }) => failure);
  expect(failed.map((each) => each["@_name"].split(" ")[0])).toContain("OPS-8");
  expect(failed.map(({ failure }) => failure?.["#text"]).join("\n")).toContain("shared<&>");
  expect(Number(testsuite["@_tests"])).toBe(results.filter(({ outcome }) => outcome !== "not-applicable").length);
});

test("of a folder every text is read: not what git or a package manager keeps, no link, nothing binary or huge", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-read-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, content: string | Uint8Array) => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  };
  write("template.yaml", table);
  write("src/é.ts", "export {};\n");
  write(".github/x.yaml", "a: 1\n");
  write(".git/config", "[core]\n");
  write("src/node_modules/a/index.js", "x");
  write("logo.png", new Uint8Array([137, 80, 78, 71, 0]));
  write("latin1.txt", new Uint8Array([0xe9]));
  write("huge.txt", "x".repeat(1_000_001));
  symlinkSync("/etc/hostname", path.join(folder, "link"));
  symlinkSync(folder, path.join(folder, "loop"));
  expect([...readTexts(folder).keys()].sort()).toEqual([".github/x.yaml", "src/é.ts", "template.yaml"]);
});

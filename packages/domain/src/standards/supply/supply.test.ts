import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { describe, expect, test } from "vitest";
import { advisory, indexAdvisories, vulnerabilitiesOf } from "./advisories.ts";
import { bomOf } from "./bom.ts";
import { type Component, inventoryOf, purlOf } from "./components.ts";
import { problemOfLicence } from "./licences.ts";

const component = (ecosystem: Component["ecosystem"], version: string): Component => ({
  ecosystem,
  name: "x",
  version,
  licence: undefined,
  file: "lock",
  line: 1,
});

const hits = (ecosystem: Component["ecosystem"], version: string, events: object[]) =>
  vulnerabilitiesOf(
    [component(ecosystem, version)],
    indexAdvisories([
      advisory.parse({
        id: "A",
        affected: [{ package: { ecosystem, name: "x" }, ranges: [{ type: "ECOSYSTEM", events }] }],
      }),
    ]),
  ).length > 0;

describe("versions that are hit", () => {
  const cases: [Component["ecosystem"], object[], string[], string[]][] = [
    ["npm", [{ introduced: "0" }, { fixed: "1.2.0" }], ["0.0.1", "1.1.9", "1.2.0-rc.1"], ["1.2.0", "2.0.0"]],
    [
      "npm",
      [{ introduced: "1.0.0" }, { fixed: "1.2.0" }, { introduced: "2.0.0" }, { fixed: "2.1.0" }],
      ["1.1.0", "2.0.5"],
      ["0.9.0", "1.5.0", "2.1.0"],
    ],
    ["npm", [{ introduced: "1.0.0" }, { last_affected: "1.10.0" }], ["1.9.0", "1.10.0"], ["1.10.1", "0.1.0"]],
    [
      "Go",
      [{ introduced: "0.0.0-20200101000000-abcdef" }, { fixed: "0.5.0" }],
      ["0.0.0-20210101000000-abcdef", "0.4.9"],
      ["0.5.0"],
    ],
    [
      "PyPI",
      [{ introduced: "0" }, { fixed: "2.10" }],
      ["2.9", "2.9.1", "2.10rc1", "2.10.dev1"],
      ["2.10", "2.10.post1", "2.11"],
    ],
    ["PyPI", [{ introduced: "1.0b2" }, { fixed: "1.0" }], ["1.0b2", "1.0rc1"], ["1.0a9", "1.0b1", "1.0"]],
    ["PyPI", [{ introduced: "1!0.1" }], ["1!0.1", "1!2"], ["2024.1"]],
  ];
  test.each(cases)("%s %j", (ecosystem, events, affected, safe) => {
    for (const version of affected) expect(hits(ecosystem, version, events), version).toBe(true);
    for (const version of safe) expect(hits(ecosystem, version, events), version).toBe(false);
  });

  test("the least version without it is named, also where the same hole was opened again", () => {
    const events = [{ introduced: "2.0.0" }, { fixed: "2.1.0" }, { introduced: "0" }, { fixed: "1.2.0" }];
    const index = indexAdvisories([
      advisory.parse({
        id: "A",
        affected: [{ package: { ecosystem: "npm", name: "x" }, ranges: [{ type: "SEMVER", events }] }],
      }),
    ]);
    const fixed = (version: string) => vulnerabilitiesOf([component("npm", version)], index)[0]?.fixed;
    expect([fixed("1.0.0"), fixed("2.0.1")]).toEqual(["1.2.0", "2.1.0"]);
  });
});

test.each([
  ["MIT", true],
  ["(MIT OR GPL-3.0-or-later)", true],
  ["MIT AND AGPL-3.0-only", false],
  ["GPL-2.0-only WITH Classpath-exception-2.0", true],
  ["LGPL-3.0-only", true],
  ["SSPL-1.0", false],
  ["UNLICENSED", false],
  ["whatever", false],
])("under %s a component may be shipped: %s", (licence, isAllowed) => {
  expect(problemOfLicence(licence) === undefined).toBe(isAllowed);
});

test("what can't be read is said to be, never left out in silence", () => {
  const files = { "package.json": '{ "dependencies": { "a": "1" } }', "web/yarn.lock": "", "b/package-lock.json": "{" };
  expect([...inventoryOf(new Map(Object.entries(files))).unread].sort()).toEqual([
    "b/package-lock.json",
    "package.json",
    "web/yarn.lock",
  ]);
  expect(inventoryOf(new Map([["package.json", '{ "dependencies": {} }']])).unread).toEqual([]);
});

test("a package's URL is as purl says", () => {
  expect(purlOf({ ecosystem: "npm", name: "@scope/name", version: "1.0.0+build" })).toBe(
    "pkg:npm/%40scope/name@1.0.0%2Bbuild",
  );
  expect(purlOf({ ecosystem: "Go", name: "example.com/x", version: "1.0.0" })).toBe("pkg:golang/example.com/x@v1.0.0");
});

test("a bill of materials is CycloneDX, names each component once, and the same artifact by one number", async () => {
  const lock = JSON.stringify({
    packages: {
      "node_modules/b": { version: "1.0.0", license: "MIT" },
      "node_modules/a/node_modules/b": { version: "1.0.0", license: "MIT" },
      "node_modules/a": { version: "2.0.0", license: "(MIT OR Apache-2.0)" },
      "node_modules/c": { version: "1.0.0", license: "SEE LICENSE IN <file>" },
    },
  });
  const input = {
    service: "orders",
    commit: "1".repeat(40),
    digest: "a".repeat(64),
    at: new Date("2026-11-24T10:00:00Z"),
    files: new Map([["package-lock.json", lock]]),
  };
  const bom = bomOf(input);
  const { JsonStrictValidator } = Validation;
  expect(await new JsonStrictValidator(Spec.Version.v1dot6).validate(JSON.stringify(bom))).toBeNull();
  expect(bom.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(bomOf({ ...input, at: new Date() }).serialNumber).toBe(bom.serialNumber);
  expect(bomOf({ ...input, digest: "b".repeat(64) }).serialNumber).not.toBe(bom.serialNumber);
  expect(bom.components).toMatchObject([
    { purl: "pkg:npm/a@2.0.0", licenses: [{ expression: "(MIT OR Apache-2.0)" }] },
    { purl: "pkg:npm/b@1.0.0", licenses: [{ license: { name: "MIT" } }] },
    { purl: "pkg:npm/c@1.0.0" },
  ]);
});

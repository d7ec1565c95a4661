import { readFileSync } from "node:fs";
import { silentLogger } from "@turnpike/kernel";
import { expect, test } from "vitest";
import { createMemoryAws } from "../../test/memory-hosts.ts";
import { createMemoryPlatformRepository } from "../../test/memory-platform-repository.ts";
import { createMemoryStore, steppedClock } from "../../test/memory-store.ts";
import { platformFiles } from "../../test/samples.ts";
import { parseDocument } from "./parse-document.ts";
import { publishStandards } from "./standards.ts";
import { syncPlatform } from "./sync-platform.ts";

const standards = (spec: string) =>
  `apiVersion: turnpike.dev/v1\nkind: Standards\nmetadata:\n  name: standards\nspec:\n${spec}`;

const waiver = (more: string) => standards(`  waivers:\n    - service: orders\n      reason: Moved in spring\n${more}`);

async function setup(files: Record<string, string>) {
  const store = createMemoryStore();
  const aws = createMemoryAws();
  const { repository } = createMemoryPlatformRepository({ ...platformFiles, ...files });
  const deps = { ...store, verifier: aws.verifier, repository, clock: steppedClock(), log: silentLogger };
  await syncPlatform(deps, { fetch: true });
  return { published: aws.published, publish: () => publishStandards(deps) };
}

test("pipelines judge by the platform's standards: its effects and its waivers", async () => {
  const text = standards(
    "  effects: { SEC-6: block }\n  waivers:\n    - { rule: OPS-5, service: orders, reason: Moved in spring, until: 2027-03-31 }\n",
  );
  const { publish, published } = await setup({ "standards.yaml": text });
  await publish();
  expect(published).toMatchObject([
    {
      bucket: "artifacts",
      standards: {
        effects: { "SEC-6": "block" },
        waivers: [{ rule: "OPS-5", service: "orders", reason: "Moved in spring", until: "2027-03-31" }],
      },
    },
  ]);
});

test("without standards of its own a platform has those that the rules have themselves", async () => {
  const { publish, published } = await setup({});
  await publish();
  expect(published).toMatchObject([{ standards: { effects: {}, waivers: [] } }]);
});

test("before a tooling account is named there is no place for them, and nothing happens", async () => {
  const { publish, published } = await setup({ "accounts/tooling.yaml": "" });
  await publish();
  expect(published).toEqual([]);
});

test("the example of docs/standards.md is valid", () => {
  const page = readFileSync(new URL("../../../../docs/standards.md", import.meta.url), "utf8");
  const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  expect(parseDocument("standards.yaml", example)).toMatchObject({ kind: "valid" });
});

test.each([
  ["a rule that isn't there", standards("  effects: { SEC-99: warn }\n"), 6, "There is no rule SEC-99."],
  ["an effect that isn't one", standards("  effects: { SEC-6: shout }\n"), 6, "SEC-6"],
  ["a waiver of no rule", waiver("      rule: OPS-55\n      until: 2027-01-31\n"), 9, "There is no rule OPS-55."],
  ["a waiver without an end", waiver("      rule: OPS-5\n"), 7, "until"],
  ["a waiver until no day", waiver("      rule: OPS-5\n      until: 2027-02-30\n"), 10, "until"],
  [
    "a waiver without a reason",
    standards("  waivers: [{ rule: OPS-5, service: a, reason: no, until: 2027-01-31 }]\n"),
    6,
    "reason",
  ],
])("%s is a problem on its line", (_what, text, line, message) => {
  const parsed = parseDocument("standards.yaml", text);
  const problems = parsed.kind === "invalid" ? parsed.problems : [];
  expect(problems).toEqual([{ path: "standards.yaml", line, message: expect.stringContaining(message) }]);
});

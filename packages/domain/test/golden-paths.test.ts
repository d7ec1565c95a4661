import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createTemplates } from "@turnpike/templating";
import { expect, onTestFinished, test } from "vitest";
import { indexAdvisories, judgeStandards, openSubject } from "../src/standards/index.ts";

const directory = path.resolve(import.meta.dirname, "../../../templates");

/** A golden path as it is given to a service that answers nothing but what it must. */
async function render(name: string) {
  const cacheDir = mkdtempSync(path.join(tmpdir(), "turnpike-paths-"));
  onTestFinished(() => rmSync(cacheDir, { recursive: true, force: true }));
  const templates = createTemplates({ directory, cacheDir });
  onTestFinished(() => templates.close());
  const asked = await templates.validate(name, {});
  if (asked.kind !== "valid") throw new Error(JSON.stringify(asked));
  const files = await templates.render(name, {
    ...{ name: "orders", owner: "payments", description: "Orders of our shops" },
    ...{ serviceId: "svc_0001", repository: "acme/orders", environments: ["dev", "prod"] },
    parameters: asked.parameters,
  });
  return new Map(files.map(({ path: file, content }) => [file, new TextDecoder().decode(content)]));
}

test.each(readdirSync(directory))("%s keeps every rule, without a waiver", async (name) => {
  const files = await render(name);
  const text = files.get("template.yaml") ?? "";
  const delivery = { byTurnpike: true, served: null, advisories: indexAdvisories([]) };
  const results = judgeStandards(openSubject({ file: "template.yaml", text, files, delivery }), {
    ...{ service: "orders", today: "2026-11-24" },
  });
  const open = results.filter(({ outcome }) => outcome !== "pass" && outcome !== "not-applicable");
  expect(
    open.map(({ rule, outcome, look, findings }) => [rule.id, outcome, look, findings.map((each) => each.message)]),
  ).toEqual([]);
});

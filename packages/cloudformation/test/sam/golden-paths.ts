import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createTemplates } from "../../../templating/src/index.ts";
import { parseTemplate } from "../../src/index.ts";
import type { Case } from "./oracle.ts";

const root = path.resolve(import.meta.dirname, "../../../..");
const directory = path.join(root, "templates");

/** The templates by which the platform itself runs on AWS. They use no transform, and none may change them. */
export function platformTemplates(): Case[] {
  const infra = path.join(root, "infra");
  const files = readdirSync(infra).filter((name) => name.endsWith(".yaml"));
  return files.map((name) => {
    const text = readFileSync(path.join(infra, name), "utf8");
    return { name, text, parameters: someParameters(text) };
  });
}

/** What each golden path deploys: its `template.yaml`, rendered with its own defaults. */
export async function goldenPaths(): Promise<Case[]> {
  const cacheDir = mkdtempSync(path.join(tmpdir(), "turnpike-sam-"));
  const templates = createTemplates({ directory, cacheDir });
  try {
    const { templates: offered } = await templates.list();
    return await Promise.all(
      offered.map(async ({ name }) => {
        const valid = await templates.validate(name, {});
        if (valid.kind !== "valid") throw new Error(`${name} has parameters without defaults.`);
        const files = await templates.render(name, {
          name: "orders",
          owner: "payments",
          description: "Orders of our shops",
          serviceId: "svc_0001",
          repository: "acme/orders",
          environments: ["dev", "prod"],
          parameters: valid.parameters,
        });
        const file = files.find((each) => each.path === "template.yaml");
        if (!file) throw new Error(`${name} has no template.yaml.`);
        const text = new TextDecoder().decode(file.content);
        return { name, text, parameters: someParameters(text) };
      }),
    );
  } finally {
    await templates.close();
    rmSync(cacheDir, { recursive: true, force: true });
  }
}

/** A value for every parameter: its default, the first that is allowed, or any text. */
function someParameters(text: string): Record<string, string> {
  const { parameters } = parseTemplate(text);
  const values = [...parameters].map(([name, { defaultValue, allowedValues, type }]) => {
    return [name, defaultValue ?? allowedValues?.[0] ?? (type === "Number" ? "1" : `value-of-${name}`)];
  });
  return Object.fromEntries(values);
}

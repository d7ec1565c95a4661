import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { expandTemplate, isObject, type Json, parseTemplate, type Template } from "../src/index.ts";

const folder = fileURLToPath(new URL("../../../infra/", import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

const load = (name: string): Template =>
  expandTemplate(parseTemplate(readFileSync(`${folder}${name}`, "utf8"), { file: name }), new Map());

describe("the platform's own templates", () => {
  it("are the ones that are named", () => {
    expect(files.sort()).toEqual(["service-pipeline.yaml", "target-account.yaml", "tooling-account.yaml"]);
  });

  it.each(files)("%s refers only to what is there", (name) => {
    expect(load(name).resources.size).toBeGreaterThan(3);
  });

  it.each(files)("%s allows no action by a bare star, nor all of a service", (name) => {
    const template = load(name);
    const wide: string[] = [];
    for (const [id, resource] of template.resources) {
      for (const statement of statementsIn(resource.properties)) {
        if (statement.Effect !== "Allow") continue;
        for (const action of [statement.Action ?? []].flat()) {
          if (action === "*" || /^[a-z0-9-]+:\*$/.test(String(action))) wide.push(`${id}: ${String(action)}`);
        }
      }
    }
    expect(wide).toEqual([]);
  });
});

interface Statement {
  readonly Effect?: Json;
  readonly Action?: Json;
}

function statementsIn(value: Json): Statement[] {
  if (Array.isArray(value)) return value.flatMap(statementsIn);
  if (!isObject(value)) return [];
  const own = value.Effect !== undefined ? [value] : [];
  return [...own, ...Object.values(value).flatMap(statementsIn)];
}

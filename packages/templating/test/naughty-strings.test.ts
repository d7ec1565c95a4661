import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import naughtyStrings from "big-list-of-naughty-strings/blns.json" with { type: "json" };
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { createTemplates, type RenderedFile } from "../src/index.ts";

/** The Big List of Naughty Strings, in every field of every golden path: https://github.com/minimaxir/big-list-of-naughty-strings */
const directory = path.resolve(import.meta.dirname, "../../../templates");
const strings = [...new Set(naughtyStrings)];

const plain = {
  name: "orders",
  owner: "payments",
  description: "Orders",
  serviceId: "svc_1",
  repository: "acme/orders",
  environments: ["dev", "prod"],
};

let cacheDir: string;
let templates: ReturnType<typeof createTemplates>;

beforeAll(() => {
  cacheDir = mkdtempSync(path.join(tmpdir(), "turnpike-naughty-"));
  templates = createTemplates({ directory, cacheDir });
});

afterAll(async () => {
  await templates.close();
  rmSync(cacheDir, { recursive: true, force: true });
});

/** Every document of YAML or JSON that the service has, but for the lockfile: it holds nothing but the name. */
function documentsOf(files: readonly RenderedFile[]): Map<string, unknown[]> {
  const texts = files
    .filter(({ path: file }) => /\.(ya?ml|json)$/.test(file) && file !== "package-lock.json")
    .map(({ path: file, content }) => [file, new TextDecoder("utf-8", { fatal: true }).decode(content)] as const);
  return new Map(
    texts.map(([file, text]) => {
      if (file.endsWith(".json")) return [file, [JSON.parse(text) as unknown]];
      const parsed = parseAllDocuments(text, { logLevel: "silent" });
      expect(parsed.flatMap(({ errors }) => errors)).toEqual([]);
      return [file, parsed.map((document) => document.toJS() as unknown)];
    }),
  );
}

/** Where values are, each as `a.b.0`, with what they are; the same for a string as for any other, if it is one scalar. */
function placesOf(value: unknown, place = ""): string[] {
  if (value === null || typeof value !== "object") return [place];
  return [place, ...Object.entries(value).flatMap(([key, item]) => placesOf(item, `${place}.${key}`))];
}

async function shapeOf(name: string, description: string, parameters: Readonly<Record<string, unknown>>) {
  const documents = documentsOf(await templates.render(name, { ...plain, parameters, description }));
  return { documents, shape: [...documents].map(([file, each]) => `${file} ${placesOf(each).sort()}`) };
}

/** What is right without anyone's answer. */
async function defaultsOf(name: string) {
  const asked = await templates.validate(name, {});
  if (asked.kind !== "valid") throw new Error(JSON.stringify(asked));
  return asked.parameters;
}

describe.each(readdirSync(directory))("%s", (name) => {
  it("is the same document with any description, but for the description", async () => {
    const parameters = await defaultsOf(name);
    const expected = await shapeOf(name, plain.description, parameters);
    for (const description of strings) {
      const { documents, shape } = await shapeOf(name, description, parameters);
      expect(shape, description).toEqual(expected.shape);
      const [component] = documents.get("catalog-info.yaml") as [{ metadata: { description: string } }];
      expect(component.metadata.description).toBe(description.toWellFormed());
    }
  });

  it("refuses them for a parameter, and says which, or is the same document but for its value", async () => {
    const found = await templates.find(name);
    const keys = found?.sections.flatMap(({ schema }) => Object.keys(schema.properties as object)) ?? [];
    expect(keys).toContain("memorySize");
    const expected = await shapeOf(name, plain.description, await defaultsOf(name));
    for (const key of keys) {
      for (const value of strings) {
        const result = await templates.validate(name, { [key]: value });
        if (result.kind === "invalid") expect(result.problems.map(({ field }) => field)).toContain(`/${key}`);
        else expect(await shapeOf(name, plain.description, result.parameters)).toMatchObject({ shape: expected.shape });
      }
    }
  });
});

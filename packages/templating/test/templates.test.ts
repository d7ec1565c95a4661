import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { createTemplates } from "../src/index.ts";

const values = {
  name: "orders",
  owner: "payments",
  description: "Orders",
  serviceId: "svc_1",
  repository: "acme/orders",
  environments: ["dev", "prod"],
  parameters: {},
};

let folder: string;
let templates: ReturnType<typeof createTemplates>;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "turnpike-templating-"));
  templates = createTemplates({ directory: path.join(folder, "templates"), cacheDir: path.join(folder, "cache") });
});

afterEach(async () => {
  await templates.close();
  rmSync(folder, { recursive: true, force: true });
});

function write(file: string, content: string | Buffer, mode = 0o644) {
  const target = path.join(folder, "templates", file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, content, { mode });
  chmodSync(target, mode);
}

function template(name: string, skeleton: Record<string, string>, extra = "") {
  write(
    `${name}/template.yaml`,
    `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: ${name}
  title: A template
  description: For tests
  annotations: { turnpike.dev/version: 1.2.3 }
spec:
  owner: platform
  type: service
  parameters:
    - title: Size
      required: [memory]
      properties:
        memory: { title: Memory, type: integer, enum: [128, 256], default: 256, "ui:help": "MB" }
        label: { title: Label, type: string, maxLength: 100 }
  steps:
    - id: fetch
      action: fetch:template
      input: { url: ./skeleton${extra} }
    - id: publish
      action: publish:github
`,
  );
  for (const [file, content] of Object.entries(skeleton)) write(`${name}/skeleton/${file}`, content);
}

const text = (files: readonly { path: string; content: Uint8Array }[], file: string) =>
  new TextDecoder().decode(files.find((found) => found.path === file)?.content);

test("contents and paths are rendered, modes and binary files are kept", async () => {
  template("plain", { "${{ values.name }}/readme.md": "# ${{ values.name | md }} ${{ values.template.version }}" });
  write("plain/skeleton/script/build", "#!/bin/sh\n", 0o755);
  write("plain/skeleton/logo.png", Buffer.from([0x89, 0, 1, 2]));
  const files = await templates.render("plain", values);
  expect(files.map(({ path: file, mode }) => [file, mode])).toEqual([
    ["logo.png", 0o644],
    ["orders/readme.md", 0o644],
    ["script/build", 0o755],
  ]);
  expect(text(files, "orders/readme.md")).toBe("# orders 1.2.3");
  expect([...(files[0]?.content ?? [])]).toEqual([0x89, 0, 1, 2]);
});

test("files that are named are copied without templating", async () => {
  template("verbatim", { "workflow.yml": "${{ secrets.X }}", "a.txt": "${{ values.name }}" }, ", copyWithoutTemplating: ['*.yml']");
  const files = await templates.render("verbatim", values);
  expect(text(files, "workflow.yml")).toBe("${{ secrets.X }}");
  expect(text(files, "a.txt")).toBe("orders");
});

const nasty = [
  "${{ 7*7 }}",
  "{% raw %}{{ 7*7 }}",
  "!Ref Secret",
  '": \n- injected: true\n#',
  "$(touch pwned)",
  '"; curl evil #',
  "${AWS::AccountId}",
  "-1e3",
  "yes",
  "~",
  "ünï ✓ \u2028",
  "'\\",
];

test.each(nasty)("the value %j comes out as one scalar of YAML and JSON", async (description) => {
  template("nasty", {
    "a.yaml": "before: 1\nvalue: ${{ values.description | yaml }}\nafter: 2\n",
    "a.json": '{"value": ${{ values.description | json }}}',
  });
  const files = await templates.render("nasty", { ...values, description });
  expect(parse(text(files, "a.yaml"))).toEqual({ before: 1, value: description, after: 2 });
  expect(JSON.parse(text(files, "a.json"))).toEqual({ value: description });
});

const attacks = {
  "the function constructor": "${{ ({}).constructor.constructor('return process')() }}",
  "a global's constructor": "${{ range.constructor('return process')() }}",
  "a computed name": "${{ 'a'['con'+'structor']['con'+'structor']('return process')() }}",
  "a filter's prototype": "${{ [].map.constructor('return process')() }}",
};

test.each(Object.entries(attacks))("%s is out of a template's reach", async (_name, source) => {
  template("attack", { "a.txt": source });
  await expect(templates.render("attack", values)).rejects.toThrow(/Unable to call|undefined value|attempted to output/);
});

test("a template that never ends is stopped, and the next one renders", async () => {
  template("endless", { "a.txt": "{% for i in range(1000000000) %}{% for j in range(1000000000) %}{% endfor %}{% endfor %}" });
  template("fine", { "a.txt": "${{ values.name }}" });
  await expect(templates.render("endless", values)).rejects.toThrow(/could not be rendered/);
  expect(text(await templates.render("fine", values), "a.txt")).toBe("orders");
});

test("a path that leaves the repository, or is git's own, is refused", async () => {
  template("leaving", { "${{ values.description }}": "x" });
  for (const description of ["../x", "/etc/x", "a/../../x", ".git/hooks/x", ".GIT/config"]) {
    await expect(templates.render("leaving", { ...values, description })).rejects.toThrow(/the path/);
  }
});

test("a link in a skeleton is refused", async () => {
  template("linked", { "a.txt": "x" });
  symlinkSync("/etc/passwd", path.join(folder, "templates/linked/skeleton/passwd"));
  const { broken } = await templates.list();
  expect(broken).toMatchObject([{ name: "linked", problems: [expect.stringContaining("Links are refused")] }]);
});

test("a template that doesn't parse is told with file and line and hides no other", async () => {
  template("good", { "a.txt": "x" });
  write("bad/template.yaml", "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata:\n  name: bad\n   title: x\n");
  write("odd/template.yaml", "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Thing\n");
  const { templates: good, broken } = await templates.list();
  expect(good.map(({ name }) => name)).toEqual(["good"]);
  expect(broken.find(({ name }) => name === "bad")?.problems[0]).toMatch(/^template\.yaml:[45] /);
  expect(broken.find(({ name }) => name === "odd")?.problems.join()).toContain("template.yaml:2 kind");
});

test("parameters are checked by their schema, defaults applied, and unknown ones refused", async () => {
  template("checked", { "a.txt": "x" });
  expect(await templates.validate("checked", {})).toEqual({ kind: "valid", parameters: { memory: 256 } });
  expect(await templates.validate("checked", { memory: 300, other: 1, __proto__: { x: 1 } })).toEqual({
    kind: "invalid",
    problems: [
      { field: "/other", message: "The template has no such parameter." },
      { field: "/memory", message: "Choose one of 128, 256." },
    ],
  });
});

import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
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
  vi.useRealTimers();
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

test("a step's values are rendered with the parameters, keep their type, and replace nothing that Turnpike says", async () => {
  const mapped = `, values: {size: "\${{ parameters.memory }}", both: "\${{ parameters.name }}-\${{ parameters.memory }}",
           list: [1, "\${{ parameters.missing }}"], owner: intruder, serviceId: other }`;
  template(
    "mapped",
    {
      "a.json": '{"v": [${{ values.size | json }}, ${{ values.both | json }}, ${{ values.list | json }}]}',
      "b.txt": "${{ values.owner }} ${{ values.serviceId }}",
    },
    mapped,
  );
  const files = await templates.render("mapped", { ...values, parameters: { memory: 256, owner: "intruder" } });
  expect(JSON.parse(text(files, "a.json"))).toEqual({ v: [256, "orders-256", [1, null]] });
  expect(text(files, "b.txt")).toBe("payments svc_1");
});

test("a value that isn't there is nothing in text, as in Backstage, and an error where a scalar must be", async () => {
  template("absent", { "a.txt": "[${{ values.label }}]" });
  template("required", { "a.yaml": "label: ${{ values.label | yaml }}" });
  expect(text(await templates.render("absent", values), "a.txt")).toBe("[]");
  await expect(templates.render("required", values)).rejects.toThrow("a.yaml: Error: a value is missing");
});

test("only files with the template's extension are templates, when it names one", async () => {
  template(
    "suffixed",
    { "a.txt.njk": "${{ values.name }}", "b.txt": "${{ values.name }}" },
    ", templateFileExtension: true, targetPath: ./sub",
  );
  const files = await templates.render("suffixed", values);
  expect([text(files, "sub/a.txt"), text(files, "sub/b.txt")]).toEqual(["orders", "${{ values.name }}"]);
});

test("files that are named are copied without templating", async () => {
  template(
    "verbatim",
    { ".github/workflow.yml": "${{ secrets.X }}", "a.txt": "${{ values.name }}" },
    ", copyWithoutTemplating: ['.github/**']",
  );
  const files = await templates.render("verbatim", values);
  expect(text(files, ".github/workflow.yml")).toBe("${{ secrets.X }}");
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
  "ünï ✓ \u2028\u0085\u007f\ufeff",
  "two\nlines\r\n\t- and a list",
  "---",
  "",
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
  await expect(templates.render("attack", values)).rejects.toThrow(
    /Unable to call|undefined value|attempted to output/,
  );
});

const limits = {
  "never ends": "{% for i in range(50000) %}{% for j in range(50000) %}{% endfor %}{% endfor %}",
  "takes all memory": "{% for i in range(1000000000) %}{% endfor %}",
};

test.each(Object.entries(limits))("a template that %s is stopped, and the next one renders", async (_name, source) => {
  template("endless", { "a.txt": source });
  template("fine", { "a.txt": "${{ values.name }}" });
  const failing = templates.render("endless", values);
  const waiting = templates.render("fine", values);
  await expect(failing).rejects.toThrow(/went past 2 s or 64 MB.*Nothing was created/);
  expect(text(await waiting, "a.txt")).toBe("orders");
});

test("a render that is under way, or waits, is refused when Turnpike stops", async () => {
  template("endless", { "a.txt": limits["never ends"] });
  const results = Promise.allSettled([templates.render("endless", values), templates.render("endless", values)]);
  await templates.close();
  expect((await results).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(templates.render("endless", values)).rejects.toThrow(/stopping/);
});

test("a path that leaves the repository, or is git's own, is refused", async () => {
  template("leaving", { "${{ values.description }}": "x" });
  for (const description of ["../x", "a/../../x", ".git/hooks/x", ".GIT/config", "a/.git./x", "a\0b", "a\\b"]) {
    await expect(templates.render("leaving", { ...values, description })).rejects.toThrow(/the path/);
  }
});

test("two files at one path, and a file where a folder is, are refused", async () => {
  template("twice", { "${{ values.name }}": "x", orders: "y" });
  template("both", { "${{ values.name }}": "x", "orders/a": "y" });
  await expect(templates.render("twice", values)).rejects.toThrow("two files would be orders");
  await expect(templates.render("both", values)).rejects.toThrow("orders would be a file and a folder");
});

test("what a template makes is limited", async () => {
  template("large", { "a.txt": "{% for i in range(600) %}${{ values.description }}{% endfor %}" });
  const rendering = templates.render("large", { ...values, description: "x".repeat(10_000) });
  await expect(rendering).rejects.toThrow("it makes more than 5 MB");
});

test("a link in a skeleton is refused", async () => {
  template("linked", { "a.txt": "x" });
  symlinkSync("/etc/passwd", path.join(folder, "templates/linked/skeleton/passwd"));
  const { broken } = await templates.list();
  expect(broken).toMatchObject([{ name: "linked", problems: [expect.stringContaining("Links are refused")] }]);
});

test("a template that doesn't parse is told with file and line and hides no other", async () => {
  template("good", { "a.txt": "x" });
  write(
    "bad/template.yaml",
    "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata:\n  name: bad\n   title: x\n",
  );
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

test("name, owner and description aren't asked again, and are checked by what the template says of them", async () => {
  const own = `name: { type: string, pattern: "^x-" }, owner: { type: string }`;
  template("own", { "a.txt": "${{ values.name }}" });
  const file = path.join(folder, "templates/own/template.yaml");
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace(
      "properties:\n",
      `properties:\n        ${own.replace(", owner", "\n        owner")}\n`,
    ),
  );
  const found = await templates.find("own");
  expect(Object.keys(found?.sections[0]?.schema.properties ?? {})).toEqual(["memory", "label"]);
  await expect(templates.render("own", values)).rejects.toThrow("name: This must have the form ^x-");
  expect(await templates.render("own", { ...values, name: "x-1" })).toHaveLength(1);
});

const unsupported: [string, string, string, RegExp][] = [
  [
    "an unknown action",
    "action: publish:github",
    "action: fetch:cookiecutter",
    /^template.yaml:\d+ The action fetch:cookiecutter/,
  ],
  ["an unknown input", "url: ./skeleton", "url: ./skeleton, token: x", /^template.yaml:\d+ .*token/],
  ["a folder outside", "url: ./skeleton", "url: ./../good/skeleton", /is not below the template's folder/],
  [
    "a condition between parameters",
    "required: [memory]",
    "dependencies: {}",
    /^template.yaml:\d+ dependencies isn't supported/,
  ],
  ["a schema that is none", "maxLength: 100", "maxLength: many", /maxLength/],
  ["an alias", "title: Size", "title: &a Size\n      description: *a", /alias/i],
];

test.each(unsupported)("%s is refused by name and line", async (_name, before, after, message) => {
  template("good", { "a.txt": "x" });
  template("odd", { "a.txt": "x" });
  const file = path.join(folder, "templates/odd/template.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace(before, after));
  const { templates: good, broken } = await templates.list();
  expect(good.map(({ name }) => name)).toEqual(["good"]);
  expect(broken.flatMap(({ problems }) => problems)).toEqual([expect.stringMatching(message)]);
});

test("a template that is edited, gains a file, loses one or changes a mode is seen without a restart", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const paths = async () => {
    vi.advanceTimersByTime(2000);
    const files = await templates.render("plain", values);
    return files.map(({ path: file, content, mode }) => `${file} ${new TextDecoder().decode(content)} ${mode}`);
  };
  template("plain", { "a.txt": "one" });
  expect(await paths()).toEqual(["a.txt one 420"]);
  // As long as before, and with the time of before: only the change time differs.
  const file = path.join(folder, "templates/plain/skeleton/a.txt");
  const { atime, mtime } = statSync(file);
  writeFileSync(file, "two");
  utimesSync(file, atime, mtime);
  expect(await paths()).toEqual(["a.txt two 420"]);
  write("plain/skeleton/b.txt", "new", 0o755);
  expect(await paths()).toEqual(["a.txt two 420", "b.txt new 493"]);
  chmodSync(path.join(folder, "templates/plain/skeleton/b.txt"), 0o644);
  rmSync(file);
  expect(await paths()).toEqual(["b.txt new 420"]);
  rmSync(path.join(folder, "templates"), { recursive: true });
  await expect(paths()).rejects.toThrow("there is no such template");
});

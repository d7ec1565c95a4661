import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { createTemplates } from "../src/index.ts";

/** Templates as they are written for Backstage, with what its documentation names and its users use. */
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

const open = () => createTemplates({ directory: path.join(folder, "templates"), cacheDir: path.join(folder, "cache") });

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "turnpike-backstage-"));
  templates = open();
});

/** Changes are looked for every two seconds only: a new look sees them at once. */
async function reload() {
  await templates.close();
  templates = open();
}

afterEach(async () => {
  await templates.close();
  rmSync(folder, { recursive: true, force: true });
});

const inTemplate = (file: string) => path.join(folder, "templates/wild", file);

/** A template named wild of these steps and files. */
function wild(steps: string, files: Record<string, string> = {}, parameters = "[]") {
  const text = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: wild
  title: Wild
  description: From elsewhere
  links: [{ url: https://example.com, title: More }]
  annotations: { turnpike.dev/version: 1.0.0 }
spec:
  owner: group:default/platform
  type: service
  lifecycle: experimental
  parameters: ${parameters.replaceAll("\n", "\n  ")}
  steps:
${steps.replace(/^/gm, "    ")}
  output:
    links: [{ title: Repository, url: "\${{ steps.publish.output.remoteUrl }}" }]
`;
  for (const [file, content] of Object.entries({ "template.yaml": text, ...files })) {
    mkdirSync(path.dirname(inTemplate(file)), { recursive: true });
    writeFileSync(inTemplate(file), content);
  }
}

async function render(parameters: Record<string, unknown> = {}): Promise<Record<string, string>> {
  const { broken } = await templates.list();
  expect(broken).toEqual([]);
  const files = await templates.render("wild", { ...values, parameters });
  return Object.fromEntries(files.map(({ path: file, content }) => [file, new TextDecoder().decode(content)]));
}

const problems = async () => (await templates.list()).broken.flatMap((each) => each.problems);

describe("actions", () => {
  test("fetch:plain and fetch:plain:file copy without templating", async () => {
    wild(
      `- action: fetch:plain
  input: { url: ./docs, targetPath: ./docs }
- action: fetch:plain:file
  input: { url: ./LICENSE, targetPath: "\${{ parameters.name }}/LICENSE" }`,
      { "docs/a.md": "${{ values.name }}", LICENSE: "MIT ${{ 1 }}" },
    );
    expect(await render()).toEqual({ "docs/a.md": "${{ values.name }}", "orders/LICENSE": "MIT ${{ 1 }}" });
  });

  test("fs:rename moves files and folders, fs:delete removes what its patterns name", async () => {
    wild(
      `- action: fetch:plain
  input: { url: ./all }
- action: fs:rename
  input:
    files:
      - { from: a.txt, to: "\${{ parameters.name }}.txt" }
      - { from: src, to: lib }
      - { from: b.txt, to: c.txt, overwrite: true }
- action: fs:delete
  input: { files: ["*.tmp", scratch, "**/*.bak"] }`,
      {
        "all/a.txt": "a",
        "all/b.txt": "b",
        "all/c.txt": "c",
        "all/src/x/y.ts": "y",
        "all/x.tmp": "",
        "all/scratch/deep/z": "",
        "all/lib.d/q.bak": "",
      },
    );
    expect(await render()).toEqual({ "orders.txt": "a", "c.txt": "b", "lib/x/y.ts": "y" });
  });

  test("renaming what isn't there, and onto what is, is refused with the path", async () => {
    const files = { "all/a.txt": "a", "all/b.txt": "b" };
    const step = (from: string, to: string) =>
      `- action: fetch:plain\n  input: { url: ./all }\n- action: fs:rename\n  input: { files: [{ from: ${from}, to: ${to} }] }`;
    wild(step("missing", "x"), files);
    await expect(render()).rejects.toThrow('there is no "missing" to rename');
    wild(step("a.txt", "b.txt"), files);
    await reload();
    await expect(render()).rejects.toThrow("b.txt is there already");
  });

  test("catalog:write writes the entity as YAML", async () => {
    wild(`- action: catalog:write
  input:
    entity:
      apiVersion: backstage.io/v1alpha1
      kind: Component
      metadata: { name: "\${{ parameters.name }}", tags: "\${{ parameters.tags }}" }`);
    expect(parse((await render({ tags: ["a", "b: c"] }))["catalog-info.yaml"] ?? "")).toEqual({
      apiVersion: "backstage.io/v1alpha1",
      kind: "Component",
      metadata: { name: "orders", tags: ["a", "b: c"] },
    });
  });

  test("what Turnpike does itself, debug:log and debug:wait come to nothing, but their outputs are known", async () => {
    wild(
      `- { id: log, action: debug:log, input: { message: "\${{ parameters.name }}", listWorkspace: true } }
- { action: debug:wait, input: { minutes: 10 } }
- { id: publish, action: publish:github, input: { repoUrl: "\${{ parameters.repoUrl }}", token: "\${{ secrets.USER_OAUTH_TOKEN }}" } }
- { id: register, action: catalog:register, input: { repoContentsUrl: "\${{ steps.publish.output.repoContentsUrl }}" } }`,
    );
    expect(await render()).toEqual({});
  });

  test("an output of a step is a later one's input", async () => {
    wild(
      `- { id: publish, action: catalog:register, input: {} }
- { action: fetch:template, input: { url: ./s, values: { ref: "\${{ steps.publish.output.entityRef }}" } } }`,
      { "s/ref": "${{ values.ref }}" },
    );
    expect(await render()).toEqual({ ref: "component:default/orders" });
  });
});

describe("steps", () => {
  const skeletons = { "node/a": "node ${{ values.each }}", "python/a": "python ${{ values.each }}" };

  test.each([
    [{ language: "node" }, ["a"]],
    [{ language: "python" }, []],
    [{}, []],
  ])("if: %j", async (parameters, expected) => {
    wild(`- if: \${{ parameters.language === 'node' }}\n  action: fetch:plain\n  input: { url: ./node }`, skeletons);
    expect(Object.keys(await render(parameters))).toEqual(expected);
  });

  test("if: an empty list is false, a text is true, false is false", async () => {
    const step = (condition: string) =>
      `- if: ${condition}\n  action: fetch:plain:file\n  input: { url: ./node/a, targetPath: x }`;
    for (const [condition, expected] of [
      ["${{ parameters.list }}", 0],
      ["${{ parameters.text }}", 1],
      ["false", 0],
      ["${{ not parameters.list.length }}", 1],
    ] as const) {
      wild(step(condition), skeletons);
      await reload();
      expect(Object.keys(await render({ list: [], text: "false" })).length, condition).toBe(expected);
    }
  });

  test("each runs a step for each item of a list or an object", async () => {
    wild(
      `- each: \${{ parameters.modules }}
  action: fetch:template
  input: { url: ./s, targetPath: "\${{ each.key }}-\${{ each.value.name }}", values: { item: "\${{ each.value }}" } }
- each: { one: 1, two: 2 }
  if: \${{ each.key !== 'one' }}
  action: fetch:plain:file
  input: { url: ./s/a, targetPath: "\${{ each.key }}" }`,
      { "s/a": "${{ values.item.name | upper }}" },
    );
    expect(await render({ modules: [{ name: "x" }, { name: "y" }] })).toEqual({
      "0-x/a": "X",
      "1-y/a": "Y",
      two: "${{ values.item.name | upper }}",
    });
  });

  test("a url with an expression means the folder that it comes to, and never one outside", async () => {
    wild(`- action: fetch:template\n  input: { url: "./\${{ parameters.language }}", values: { each: 1 } }`, skeletons);
    expect(await render({ language: "python" })).toEqual({ a: "python 1" });
    for (const language of ["rust", "../../etc", ".", "node/../../x"]) {
      await expect(render({ language })).rejects.toThrow(/there is no .* in the template/);
    }
  });

  test("a later step leaves what is there, unless it replaces it", async () => {
    const two = (more: string) =>
      `- { action: fetch:plain, input: { url: ./one } }\n- { action: fetch:template, input: { url: ./two${more} } }`;
    wild(two(""), { "one/a": "1", "two/a": "2", "two/b": "2" });
    expect(await render()).toEqual({ a: "1", b: "2" });
    wild(two(", replace: true"));
    await reload();
    expect(await render()).toEqual({ a: "2", b: "2" });
  });

  test("a name that comes to nothing leaves its file out", async () => {
    wild(`- action: fetch:template\n  input: { url: ./s, values: { docs: "\${{ parameters.docs }}" } }`, {
      "s/{% if values.docs %}docs{% endif %}/a.md": "a",
      "s/{% if values.docs %}b.md{% endif %}": "b",
      "s/c.md": "c",
    });
    expect(Object.keys(await render({ docs: false }))).toEqual(["c.md"]);
    expect(Object.keys(await render({ docs: true }))).toEqual(["b.md", "c.md", "docs/a.md"]);
  });
});

describe("filters", () => {
  const cases: [string, string][] = [
    ["parameters.repoUrl | parseRepoUrl | pick('owner')", "acme"],
    ["(parameters.repoUrl | parseRepoUrl).repo", "orders"],
    ["parameters.repoUrl | projectSlug", "acme/orders"],
    ["parameters.group | parseEntityRef | pick('name')", "payments"],
    [
      "'payments' | parseEntityRef({ defaultKind: 'group', defaultNamespace: 'x' }) | dump",
      '{"kind":"group","namespace":"x","name":"payments"}',
    ],
    ["'user:guest' | parseEntityRef | pick('namespace')", "default"],
    ["parameters.name | upper", "ORDERS"],
    ["(parameters.group | parseEntityRef) | pick('constructor')", ""],
  ];

  test.each(cases)("%s", async (expression, expected) => {
    wild(
      `- action: fetch:template\n  input: { url: ./s, values: { x: ${JSON.stringify(`-\${{ ${expression} }}-`)} } }`,
      { "s/a": "${{ values.x }}" },
      `
- title: Where
  properties:
    repoUrl: { title: Repository, type: string, ui:field: RepoUrlPicker, ui:options: { allowedHosts: [github.com] } }
    group: { title: Owner, type: string, ui:field: OwnerPicker, ui:options: { catalogFilter: { kind: Group } } }`,
    );
    expect(await render()).toEqual({ a: `-${expected}-` });
  });
});

test("cookiecutterCompat reads cookiecutter's expressions and names", async () => {
  wild(
    `- action: fetch:template
  input:
    url: ./s
    cookiecutterCompat: true
    copyWithoutRender: ["{{keep}}.txt"]
    values: { name: "\${{ parameters.name }}", list: [1, 2] }`,
    {
      "s/{{cookiecutter.name}}/a": "{{ cookiecutter.name }} {{ cookiecutter.list | jsonify }} ${{ x }}",
      "s/{{keep}}.txt": "{{ cookiecutter.name }}",
    },
  );
  expect(await render()).toEqual({ "orders/a": "orders [1,2] $", "{{keep}}.txt": "{{ cookiecutter.name }}" });
});

test("pickers that Turnpike knows the answer of are asked nobody, and secrets are refused by name", async () => {
  const parameters = `
- title: Where
  required: [repoUrl, owner]
  properties:
    repoUrl: { title: Repository, type: string, ui:field: RepoUrlPicker }
    owner: { title: Owner, type: string, ui:field: OwnerPicker }
    system: { title: System, type: string, ui:field: EntityPicker }
    ports: { title: Ports, type: array, items: { type: integer } }`;
  const step = `- { action: fetch:template, input: { url: ./s } }`;
  wild(step, { "s/a": "${{ values.system }} ${{ values.ports | dump }} ${{ values.owner }}" }, parameters);
  const [template] = (await templates.list()).templates;
  expect(Object.keys((template?.sections[0]?.schema.properties ?? {}) as object)).toEqual(["system", "ports"]);
  expect(await templates.validate("wild", { ports: [1, "x"] })).toMatchObject({ kind: "invalid" });
  expect(await render({ system: "shop", ports: [80] })).toEqual({ a: "shop [80] payments" });
  wild(step, {}, `${parameters}\n    key: { title: Key, type: string, ui:field: Secret }`);
  await reload();
  expect(await problems()).toEqual([expect.stringMatching(/^template\.yaml:\d+ key: a secret would end in Git/)]);
});

describe("refused by name before anything is made", () => {
  test.each([
    ["fetch:cookiecutter", "{ url: ./s }"],
    ["publish:gitlab", "{}"],
    ["http:backstage:request", "{ path: /x }"],
    ["constructor", "{}"],
  ])("the action %s", async (action, input) => {
    wild(`- { action: ${action}, input: ${input} }`);
    expect(await problems()).toEqual([expect.stringContaining(`The action ${action} isn't supported`)]);
  });

  test.each(["backstage.io/v1beta2", "scaffolder.backstage.io/v1beta4"])("the version %s", async (version) => {
    wild("- { action: debug:log, input: {} }");
    writeFileSync(inTemplate("template.yaml"), `apiVersion: ${version}\nkind: Template\nmetadata: { name: wild }\n`);
    expect(await problems()).toContainEqual(
      `template.yaml:1 apiVersion: "${version}" isn't supported: scaffolder.backstage.io/v1beta3 is.`,
    );
  });

  test.each([
    [
      "a skeleton in another repository",
      "https://github.com/acme/skeleton/tree/main",
      /must be below the template's own folder/,
    ],
    ["a folder above", "./../other", /There is no folder|is not below/],
    ["an absolute folder", "/etc", /must be below/],
  ])("%s", async (_name, url, message) => {
    wild(`- { action: fetch:plain, input: { url: "${url}" } }`);
    expect(await problems()).toEqual([expect.stringMatching(message)]);
  });

  test("files that come after the repository was published", async () => {
    wild("- { action: publish:github, input: {} }\n- { action: fetch:plain, input: { url: ./s } }", { "s/a": "" });
    expect(await problems()).toEqual([expect.stringContaining("comes after publish:github")]);
  });
});

describe("bad input", () => {
  const plain = "- { action: fetch:plain, input: { url: ./s } }";

  test.each([
    ["directly", () => symlinkSync("/etc/passwd", inTemplate("s/link"))],
    ["by a chain", () => symlinkSync("../up/passwd", inTemplate("s/link"))],
    ["that leads nowhere", () => symlinkSync("nowhere", inTemplate("s/link"))],
    ["to a folder", () => symlinkSync("/etc", inTemplate("s/link"))],
  ])("a link %s is refused and not read", async (_name, make) => {
    wild(plain, { "s/a": "" });
    symlinkSync("/etc", inTemplate("up"));
    make();
    expect(await problems()).toEqual([
      expect.stringContaining("link is neither a file nor a folder. Links are refused"),
    ]);
  });

  test("a skeleton that is itself a link out of the template is refused", async () => {
    wild(plain);
    symlinkSync("/etc", inTemplate("s"));
    expect(await problems()).toEqual([expect.stringContaining("There is no folder ./s")]);
  });

  test("a file of 1 GB is refused without being read", async () => {
    wild(plain, { "s/big": "" });
    // Sparse: it takes no place on the disk, and reading it would take 1 GB of memory.
    truncateSync(inTemplate("s/big"), 2 ** 30);
    const before = process.memoryUsage().rss;
    expect(await problems()).toEqual([expect.stringContaining("The skeleton has more than 5 MB.")]);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
  });

  test("more files than a skeleton may have are refused", async () => {
    wild(plain, Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`s/${index % 7}/${index}`, ""])));
    expect(await problems()).toEqual([expect.stringContaining("The skeleton has more than 500 files.")]);
  });

  test("files that are made over and over are counted", async () => {
    wild(
      `- each: \${{ range(100) }}\n  action: fetch:plain\n  input: { url: ./s, targetPath: "\${{ each.key }}" }`,
      Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`s/${index}`, ""])),
    );
    await expect(render()).rejects.toThrow("it makes more than 5000 files");
  });

  const targets = [
    "../x",
    "/etc/cron.d/x",
    "a/../../x",
    ".git/hooks/post-checkout",
    "a\\b",
    "c\u0000d",
    "CON/../../x",
    "docs/nul.md",
    "a:b",
    "a. ",
  ];
  test.each(targets)("the target %j is refused by every action that writes", async (target) => {
    const said = JSON.stringify(target);
    for (const step of [
      `- { action: fetch:plain, input: { url: ./s, targetPath: ${said} } }`,
      `- { action: fetch:plain:file, input: { url: ./s/a, targetPath: ${said} } }`,
      `- { action: fetch:template, input: { url: ./s, targetPath: ${said} } }`,
      `${plain}\n- { action: fs:rename, input: { files: [{ from: a, to: ${said} }] } }`,
      `${plain}\n- { action: fs:rename, input: { files: [{ from: ${said}, to: b }] } }`,
      `- { action: catalog:write, input: { filePath: ${said}, entity: {} } }`,
    ]) {
      wild(step, { "s/a": "a" });
      await reload();
      await expect(templates.render("wild", values), step).rejects.toThrow(
        /the path .*(leaves|is no|is git's|can't be)/,
      );
    }
  });

  test.each([
    ["aliases that multiply", `a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]`],
    ["brackets without end", "[".repeat(200_000)],
    ["mappings without end", "{a: ".repeat(100_000)],
    ["lists below lists", "- ".repeat(50_000)],
    ["a text that is too large", `a: ${"x".repeat(1024 * 1024)}`],
  ])("a template.yaml of %s is refused at once", async (_name, text) => {
    wild(plain);
    writeFileSync(inTemplate("template.yaml"), text);
    const [problem] = await problems();
    expect(problem).toMatch(/^template\.yaml:1/);
    expect((await templates.list()).templates).toEqual([]);
  });
});

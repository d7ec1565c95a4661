import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createTemplates } from "@turnpike/templating";
import { median, print } from "./figure.ts";

const ROUNDS = 20;
const BURST = 20;

const values = {
  name: "orders",
  owner: "payments",
  description: "Orders of our shops",
  serviceId: "svc_1",
  repository: "acme/orders",
  environments: ["dev", "prod"],
  parameters: {},
};

/** A template of `count` files, each with some forty lines of text and a few expressions. */
function writeTemplate(directory: string, count: number): string {
  const name = `files${count}`;
  const skeleton = path.join(directory, name, "skeleton");
  const line =
    "- the service ${{ values.name }} of ${{ values.owner }} does what it says here, and no more than that\n";
  const body = `{% if values.name %}# \${{ values.name | md }}{% endif %}\n${line.repeat(40)}`;
  for (let index = 0; index < count; index++) {
    const folder = path.join(skeleton, `part-${index % 20}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `\${{ values.name }}-${index}.md`), body);
  }
  writeFileSync(
    path.join(directory, name, "template.yaml"),
    `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: { name: ${name}, title: Bench, description: Bench, annotations: { turnpike.dev/version: 1.0.0 } }
spec:
  owner: platform
  type: service
  steps: [{ action: fetch:template, input: { url: ./skeleton } }]
`,
  );
  return name;
}

/**
 * `render.files15.p50_ms` and `render.files500.p50_ms`: from values to a repository's files, in the warm restricted
 * process; `render.burst20.per_second`: twenty of the small one asked for at once.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-bench-render-"));
  const directory = path.join(folder, "templates");
  const names = [15, 500].map((count) => writeTemplate(directory, count));
  const templates = createTemplates({ directory, cacheDir: path.join(folder, "cache") });
  try {
    const [small = ""] = names;
    for (const name of names) {
      await templates.render(name, values);
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const started = performance.now();
        await templates.render(name, values);
        times.push(performance.now() - started);
      }
      print(`render.${name}.p50_ms`, median(times), ROUNDS);
    }
    const started = performance.now();
    await Promise.all(Array.from({ length: BURST }, () => templates.render(small, values)));
    print("render.burst20.per_second", BURST / ((performance.now() - started) / 1000), BURST);
  } finally {
    await templates.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const config = createRequire(import.meta.url)(path.join(root, ".dependency-cruiser.cjs")) as {
  forbidden: { name: string }[];
};

/** One import that breaks each rule: [the file that imports, what it imports]. */
const planted: Record<string, [from: string, to: string]> = {
  "domain-is-pure": ["packages/domain/src/catalog/pure.ts", "packages/config/src/index.ts"],
  "slices-meet-at-the-front-door": ["packages/domain/src/catalog/door.ts", "packages/domain/src/releases/release.ts"],
  "one-composition-root": ["apps/portal/src/app/page.ts", "packages/store/src/index.ts"],
  "adapters-do-not-know-each-other": ["packages/aws/src/index.ts", "packages/github/src/index.ts"],
  "the-sandbox-is-not-the-product": ["apps/worker/src/main.ts", "packages/sandbox/src/index.ts"],
  "the-sandbox-knows-only-pure-packages": ["packages/sandbox/src/sandbox.ts", "packages/templating/src/index.ts"],
  "pure-packages-import-kernel": ["packages/cloudformation/src/index.ts", "packages/domain/src/catalog/index.ts"],
  "leaves-import-no-sibling": ["packages/ui/src/index.ts", "packages/kernel/src/index.ts"],
  "nothing-imports-apps": ["packages/templating/src/index.ts", "apps/worker/src/job.ts"],
  "no-cycles": ["packages/kernel/src/a.ts", "packages/kernel/src/b.ts"],
  "no-unresolvable": ["packages/kernel/src/lost.ts", "packages/kernel/src/not-there.ts"],
};

let folder: string;
let fired: Set<string>;

function write(file: string, content: string) {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, content);
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "turnpike-architecture-"));
  const sources = new Map<string, string[]>();
  for (const [rule, [from, to]] of Object.entries(planted)) {
    const specifier = path.relative(path.dirname(from), to);
    sources.set(from, [
      ...(sources.get(from) ?? []),
      `import "${specifier.startsWith(".") ? specifier : `./${specifier}`}";`,
    ]);
    if (rule !== "no-unresolvable" && !sources.has(to)) sources.set(to, []);
  }
  sources.set("packages/kernel/src/b.ts", ['import "./a.ts";']);
  for (const [file, lines] of sources) write(file, `${lines.join("\n")}\nexport {};\n`);
  cpSync(path.join(root, ".dependency-cruiser.cjs"), path.join(folder, ".dependency-cruiser.cjs"));
  write(
    "tsconfig.json",
    JSON.stringify({ compilerOptions: { module: "nodenext", allowImportingTsExtensions: true, noEmit: true } }),
  );
  const result = spawnSync(
    path.join(root, "node_modules/.bin/depcruise"),
    ["--config", ".dependency-cruiser.cjs", "--output-type", "json", "apps", "packages"],
    { cwd: folder, encoding: "utf8" },
  );
  const report = JSON.parse(result.stdout) as { summary: { violations: { rule: { name: string } }[] } };
  fired = new Set(report.summary.violations.map((violation) => violation.rule.name));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("every architecture rule has a planted violation", () => {
  expect(Object.keys(planted).sort()).toEqual(config.forbidden.map((rule) => rule.name).sort());
});

test.each(Object.keys(planted))("the rule %s fires on its planted violation", (rule) => {
  expect([...fired]).toContain(rule);
});

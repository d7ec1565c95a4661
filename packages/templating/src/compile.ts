import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import nunjucks from "nunjucks";
import type { LoadedTemplate } from "./template.ts";

/** Backstage's dialect: `${{ value }}`. */
const tags = { variableStart: "${{", variableEnd: "}}" };

/** A template that nunjucks can't compile: names the file and nunjucks's own reason. */
export class TemplateSyntaxError extends Error {}

function precompile(name: string, source: string): string {
  try {
    const body = nunjucks.precompileString(source, {
      name,
      env: new nunjucks.Environment(null, { autoescape: false, tags }),
      // Its type says one template, its code gives a list of them.
      wrapper: (compiled) => (compiled as unknown as { template: string }[])[0]?.template ?? "",
    });
    return `(() => {${body}\n})()`;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n").at(-1)?.trim() : String(error);
    throw new TemplateSyntaxError(`${name}: ${reason}`, { cause: error });
  }
}

/**
 * Compiles a template to one module in `cacheDir`, named by its content, and returns the module's path. The restricted
 * process that renders can't compile: code from strings is off there.
 *
 * @throws TemplateSyntaxError
 */
export function compileTemplate(template: LoadedTemplate, cacheDir: string): string {
  const hash = createHash("sha256");
  for (const file of template.files) hash.update(`${file.path}\0${file.templated}\0`).update(file.content).update("\0");
  const module = path.join(cacheDir, `${template.name}-${hash.digest("hex").slice(0, 24)}.mjs`);
  if (existsSync(module)) return module;
  const entries = template.files.map((file) => {
    const body = file.templated ? precompile(file.path, file.content.toString("utf8")) : "undefined";
    return `{ path: ${precompile(file.path, file.path)}, body: ${body} }`;
  });
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  writeFileSync(`${module}.${process.pid}`, `export default [\n${entries.join(",\n")}\n];\n`, { mode: 0o600 });
  renameSync(`${module}.${process.pid}`, module);
  return module;
}

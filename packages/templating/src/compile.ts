import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import nunjucks from "nunjucks";
import type { SourceFile } from "./skeleton.ts";
import type { Dialect, TemplateStep } from "./steps.ts";
import type { LoadedTemplate } from "./template.ts";

/** Backstage's dialect: `${{ value }}`. */
const BACKSTAGE = { variableStart: "${{", variableEnd: "}}" };
const COOKIECUTTER = { variableStart: "{{", variableEnd: "}}" };

/** Part of a module's name: raised when what a module looks like changes, so that an old one isn't taken for a new one. */
const FORMAT = 3;

/** A template that nunjucks can't compile: names the file and nunjucks's own reason. */
export class TemplateSyntaxError extends Error {}

/** One text as an expression of JavaScript: nunjucks's compiled form. */
function precompile(name: string, source: string, dialect?: Dialect): string {
  const tags = dialect?.cookiecutterCompat ? COOKIECUTTER : BACKSTAGE;
  const { trimBlocks = false, lstripBlocks = false } = dialect ?? {};
  try {
    const body = nunjucks.precompileString(source, {
      name,
      env: new nunjucks.Environment(null, { trimBlocks, lstripBlocks, autoescape: false, tags }),
      // Its type says one template, its code gives a list of them.
      wrapper: (compiled) => (compiled as unknown as { template: string }[])[0]?.template ?? "",
    });
    return `(() => {${body}\n})()`;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n").at(-1)?.trim() : String(error);
    throw new TemplateSyntaxError(`${name}: ${reason}`, { cause: error });
  }
}

/** The whole text is one expression: its value keeps its type, as in Backstage. */
const WHOLE = /^\s*\$\{\{((?:(?!\}\}|\$\{\{)[\s\S])*)\}\}\s*$/;

/** A value of a step as an expression of JavaScript, in which `native` and `text` render what is a template. */
function compileValue(name: string, value: unknown): string {
  if (typeof value === "string" && value.includes("{")) {
    const [, expression] = WHOLE.exec(value) ?? [];
    if (expression !== undefined) return `native(${precompile(name, `\${{ (${expression}) | dump }}`)})`;
    return `text(${precompile(name, value)})`;
  }
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => compileValue(`${name}.${index}`, item)).join(", ")}]`;
  }
  if (value === undefined) return "undefined";
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  // Computed keys: a plain `__proto__` would set the prototype.
  const entries = Object.entries(value).map(
    ([key, item]) => `[${JSON.stringify(key)}]: ${compileValue(`${name}.${key}`, item)}`,
  );
  return `{ ${entries.join(", ")} }`;
}

function compileFile(file: SourceFile, dialect: Dialect): string {
  const body = file.templated ? precompile(file.path, file.content.toString("utf8"), dialect) : "undefined";
  const name = file.named ? precompile(file.path, file.path, dialect) : "undefined";
  return `{ name: ${JSON.stringify(file.path)}, path: ${name}, body: ${body} }`;
}

function compileStep({ id, action, input, dialect, sources, ...step }: TemplateStep, index: number): string {
  const name = `template.yaml steps.${id ?? index}`;
  const lazily = (member: string, value: unknown) =>
    `${member}: (native, text) => (${compileValue(`${name}.${member}`, value)})`;
  const compiled = [...(dialect ? sources : [])].map(
    ([url, files]) =>
      `[${JSON.stringify(url)}]: [\n${files.map((file) => compileFile(file, dialect as Dialect)).join(",\n")}\n]`,
  );
  return `{ ${[
    `id: ${JSON.stringify(id)}`,
    `action: ${JSON.stringify(action)}`,
    `context: ${JSON.stringify(dialect?.cookiecutterCompat ? "cookiecutter" : "values")}`,
    `repeated: ${step.each !== undefined}`,
    lazily("if", step.if ?? true),
    lazily("each", step.each),
    lazily("input", input),
    `sources: { ${compiled.join(",\n")} }`,
  ].join(", ")} }`;
}

/**
 * Compiles a template to one module in `cacheDir`, named by its content, and returns the module's path. The restricted
 * process that renders can't compile: code from strings is off there.
 *
 * @throws TemplateSyntaxError
 */
export function compileTemplate({ name, steps }: LoadedTemplate, cacheDir: string): string {
  const hash = createHash("sha256").update(`${FORMAT}`);
  for (const { sources, ...step } of steps) {
    hash.update(`\0${JSON.stringify(step)}`);
    for (const [url, files] of sources) {
      hash.update(`\0${url}`);
      for (const file of files) {
        hash.update(`\0${file.path}\0${file.templated}\0${file.named}\0`);
        if (file.templated) hash.update(`${file.content.length}\0`).update(file.content);
      }
    }
  }
  const module = path.join(cacheDir, `${name}-${hash.digest("hex").slice(0, 32)}.mjs`);
  if (existsSync(module)) return module;
  const text = `export default [\n${steps.map(compileStep).join(",\n")}\n];\n`;
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  // Whole or not at all: several processes may share the folder.
  writeFileSync(`${module}.${process.pid}`, text, { mode: 0o600 });
  renameSync(`${module}.${process.pid}`, module);
  return module;
}

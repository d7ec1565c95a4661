import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import nunjucks from "nunjucks";
import type { Skeleton } from "./skeleton.ts";
import type { LoadedTemplate } from "./template.ts";

/** Backstage's dialect: `${{ value }}`. */
const tags = { variableStart: "${{", variableEnd: "}}" };

/** Part of a module's name: raised when what a module looks like changes, so that an old one isn't taken for a new one. */
const FORMAT = 2;

/** A template that nunjucks can't compile: names the file and nunjucks's own reason. */
export class TemplateSyntaxError extends Error {}

type Lexing = Pick<Skeleton, "trimBlocks" | "lstripBlocks">;

/** One text as an expression of JavaScript: nunjucks's compiled form. */
function precompile(name: string, source: string, lexing?: Lexing): string {
  try {
    const body = nunjucks.precompileString(source, {
      name,
      env: new nunjucks.Environment(null, { ...lexing, autoescape: false, tags }),
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

/** A step's `values` as an expression of JavaScript, in which `native` and `text` render what is a template. */
function compileValues(name: string, value: unknown): string {
  if (typeof value === "string" && value.includes("{")) {
    const [, expression] = WHOLE.exec(value) ?? [];
    if (expression !== undefined) return `native(${precompile(name, `\${{ (${expression}) | dump }}`)})`;
    return `text(${precompile(name, value)})`;
  }
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => compileValues(`${name}.${index}`, item)).join(", ")}]`;
  }
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  // Computed keys: a plain `__proto__` would set the prototype.
  const entries = Object.entries(value).map(
    ([key, item]) => `[${JSON.stringify(key)}]: ${compileValues(`${name}.${key}`, item)}`,
  );
  return `{ ${entries.join(", ")} }`;
}

function compileSkeleton(skeleton: Skeleton): string {
  const files = skeleton.files.map((file) => {
    const body = file.templated ? precompile(file.path, file.content.toString("utf8"), skeleton) : "undefined";
    return `{ name: ${JSON.stringify(file.path)}, path: ${precompile(file.path, file.path)}, body: ${body} }`;
  });
  const values = compileValues("template.yaml values", skeleton.values);
  return `{ values: (native, text) => (${values}), files: [\n${files.join(",\n")}\n] }`;
}

/**
 * Compiles a template to one module in `cacheDir`, named by its content, and returns the module's path. The restricted
 * process that renders can't compile: code from strings is off there.
 *
 * @throws TemplateSyntaxError
 */
export function compileTemplate({ name, skeletons }: LoadedTemplate, cacheDir: string): string {
  const hash = createHash("sha256").update(`${FORMAT}`);
  for (const { files, ...how } of skeletons) {
    hash.update(`\0${JSON.stringify(how)}`);
    for (const file of files) {
      hash.update(`\0${file.path}\0${file.templated}\0`);
      if (file.templated) hash.update(`${file.content.length}\0`).update(file.content);
    }
  }
  const module = path.join(cacheDir, `${name}-${hash.digest("hex").slice(0, 32)}.mjs`);
  if (existsSync(module)) return module;
  const text = `export default [\n${skeletons.map(compileSkeleton).join(",\n")}\n];\n`;
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  // Whole or not at all: several processes may share the folder.
  writeFileSync(`${module}.${process.pid}`, text, { mode: 0o600 });
  renameSync(`${module}.${process.pid}`, module);
  return module;
}

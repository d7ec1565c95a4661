/**
 * Runs in a restricted process: no environment, no network, no child processes, no code from strings, and of the file
 * system only this file, nunjucks's runtime and the compiled templates. One JSON request a line on standard input, one
 * JSON answer a line on standard output.
 */
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [runtimePath] = process.argv.slice(2);
const nunjucks = createRequire(import.meta.url)(runtimePath);

/** The second wall: nothing but an object's own members and an array's or string's plain ones can be looked up. */
const forbidden = new Set([
  "constructor",
  "__proto__",
  "prototype",
  "caller",
  "callee",
  "arguments",
  "__defineGetter__",
  "__defineSetter__",
  "__lookupGetter__",
  "__lookupSetter__",
]);
const lookup = nunjucks.runtime.memberLookup;
nunjucks.runtime.memberLookup = (object, name) => {
  if (forbidden.has(String(name))) return undefined;
  if (object === undefined || object === null) return undefined;
  if (typeof object === "string" || Array.isArray(object) || Object.hasOwn(object, name)) return lookup(object, name);
  return undefined;
};

const environment = new nunjucks.Environment([], { autoescape: false, throwOnUndefined: true });
const scalar = (value) => JSON.stringify(value) ?? "null";
/** A value as one scalar of YAML: JSON's strings are YAML's, whatever is in them. */
environment.addFilter("yaml", scalar);
environment.addFilter("json", scalar);
/** A value as text inside Markdown or a comment: one line, with nothing that Markdown would read. */
environment.addFilter("md", (value) =>
  String(value ?? "")
    .replace(/\s+/g, " ")
    .replace(/[\\`*_{}[\]<>#|!~]/g, "\\$&"),
);

const load = (compiled) => new nunjucks.Template({ type: "code", obj: compiled }, environment, undefined, true);
const modules = new Map();

async function render({ module, values }) {
  let files = modules.get(module);
  if (!files) {
    const compiled = (await import(module)).default;
    files = compiled.map(({ path, body }) => ({ path: load(path), body: body && load(body) }));
    modules.set(module, files);
  }
  return files.map(({ path, body }) => ({ path: path.render({ values }), body: body?.render({ values }) }));
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = { id: request.id, files: await render(request) };
  } catch (error) {
    answer = { id: request.id, error: String(error?.message ?? error) };
  }
  // U+2028 and U+2029 would end the line for whoever reads it.
  const text = JSON.stringify(answer).replace(/[\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
  process.stdout.write(`${text}\n`);
}

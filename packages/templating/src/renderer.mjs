/**
 * Runs in a restricted process: no environment, no network, no child processes, no code from strings, and of the file
 * system only this file, nunjucks's runtime and the compiled templates. One JSON request a line on standard input, one
 * JSON answer a line on standard output; the first line says that it is ready.
 */
import { createRequire, syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { createInterface } from "node:readline";

// The permission model leaves signals open: to any process of the same user, and SIGUSR1 opens a debugger in one.
for (const name of ["kill", "_kill", "_debugProcess", "_debugEnd", "binding", "_linkedBinding", "dlopen"]) {
  delete process[name];
}
delete os.setPriority;
syncBuiltinESMExports();

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

// As in Backstage, a value that isn't there is an empty text; the filters below refuse it instead.
const environment = new nunjucks.Environment([], { autoescape: false });

function given(value) {
  if (value === undefined || typeof value === "function") throw new Error("a value is missing");
  return typeof value === "string" ? value.toWellFormed() : value;
}

const toEscape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/**
 * A value as one scalar (a list or an object: one flow collection) of YAML, JSON and JavaScript alike. JSON's strings
 * are YAML's, but for what YAML 1.1 takes for a line's end or doesn't allow: that is escaped.
 */
function scalar(value) {
  const text = JSON.stringify(given(value), (_key, item) => (typeof item === "string" ? item.toWellFormed() : item));
  return text.replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, toEscape);
}
environment.addFilter("yaml", scalar);
environment.addFilter("json", scalar);

/** A value as plain text of Markdown, on one line. */
environment.addFilter("md", (value) =>
  String(given(value) ?? "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .replace(/[\\`*_{}[\]<>#|!~&]/g, "\\$&")
    // What begins a list or underlines a heading, where a line begins with it.
    .replace(/^([-+=]|\d+(?=[.)]))/, (start) => (/\d/.test(start) ? `${start}\\` : `\\${start}`)),
);

/** A value as one word of a POSIX shell. */
environment.addFilter("sh", (value) => {
  const text = String(given(value) ?? "");
  if (text.includes("\0")) throw new Error("a shell knows no NUL");
  return `'${text.replaceAll("'", "'\\''")}'`;
});

const load = (compiled, name) => new nunjucks.Template({ type: "code", obj: compiled }, environment, name, true);
const modules = new Map();

/** What a step's values say, from what was asked and what Turnpike knows; the latter is never replaced. */
function valuesOf(values, { parameters, own }) {
  const text = (compiled) => load(compiled, "template.yaml").render({ parameters });
  const native = (compiled) => {
    const dumped = text(compiled);
    return dumped === "" ? undefined : JSON.parse(dumped);
  };
  return { ...parameters, ...values(native, text), ...own };
}

async function render({ module, input }) {
  let skeletons = modules.get(module);
  if (!skeletons) {
    const compiled = (await import(module)).default;
    skeletons = compiled.map(({ values, files }) => ({
      values,
      files: files.map(({ name, path, body }) => ({ path: load(path, name), body: body && load(body, name) })),
    }));
    modules.set(module, skeletons);
  }
  return skeletons.flatMap((skeleton) => {
    const values = valuesOf(skeleton.values, input);
    return skeleton.files.map(({ path, body }) => ({ path: path.render({ values }), body: body?.render({ values }) }));
  });
}

// U+2028 and U+2029 would end the line for whoever reads it.
const send = (answer) => process.stdout.write(`${JSON.stringify(answer).replace(/[\u2028\u2029]/g, toEscape)}\n`);

send({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    send({ files: await render(JSON.parse(line)) });
  } catch (error) {
    // nunjucks puts the file's name on a line of its own before the reason.
    const reason = String(error?.message ?? error).replace(/^\((.*?)\)[^\n]*\n\s*/, "$1: ");
    send({ error: reason });
  }
}

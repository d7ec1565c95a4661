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

environment.addFilter("jsonify", environment.getFilter("dump"));

/** A repository as Backstage's picker writes it, such as `github.com?owner=acme&repo=orders`. */
function repositoryOf(written) {
  const { host, searchParams } = new URL(`https://${given(written)}`);
  const members = ["owner", "repo", "organization", "workspace", "project"];
  return { host, ...Object.fromEntries(members.map((name) => [name, searchParams.get(name) ?? undefined])) };
}
environment.addFilter("parseRepoUrl", repositoryOf);
environment.addFilter("projectSlug", (written) => {
  const { owner, repo } = repositoryOf(written);
  return `${owner}/${repo}`;
});

/** `kind:namespace/name`, of which kind and namespace may be left out where the template says what they are. */
environment.addFilter("parseEntityRef", (written, { defaultKind, defaultNamespace } = {}) => {
  const [, kind = defaultKind, namespace = defaultNamespace ?? "default", name] =
    /^(?:([^:/]+):)?(?:([^:/]+)\/)?([^:/]+)$/.exec(String(given(written))) ?? [];
  if (!kind || !name) throw new Error(`${JSON.stringify(written)} is no reference of an entity with a kind`);
  return { kind, namespace, name };
});

environment.addFilter("pick", (object, name) => nunjucks.runtime.memberLookup(object, name));

const load = (compiled, name) => new nunjucks.Template({ type: "code", obj: compiled }, environment, name, true);
const modules = new Map();

/** What an expression of a step sees. Nobody's secrets and no user: a template makes the same for everybody. */
const contextOf = (parameters, steps, each) => ({ parameters, steps, each, user: {}, secrets: {}, context: {} });

/** Renders one of a step's values: `native` keeps the type of what a whole expression comes to. */
function evaluate(value, context) {
  const text = (compiled) => load(compiled, "template.yaml").render(context);
  const native = (compiled) => {
    const dumped = text(compiled);
    return dumped === "" ? undefined : JSON.parse(dumped);
  };
  return value(native, text);
}

const isTruthy = (value) => (Array.isArray(value) ? value.length > 0 : Boolean(value));

/** What later steps may ask of one: of what Turnpike does itself, what it will come to. */
function outputOf(action, { repository, name }) {
  const url = `https://github.com/${repository}`;
  if (action === "publish:github") return { remoteUrl: `${url}.git`, repoContentsUrl: `${url}/blob/main` };
  if (action === "catalog:register") {
    return { entityRef: `component:default/${name}`, catalogInfoUrl: `${url}/blob/main/catalog-info.yaml` };
  }
  return {};
}

async function stepsOf(module) {
  const known = modules.get(module);
  if (known) return known;
  const { default: compiled } = await import(module);
  const loadFile = ({ name, path, body }) => ({ name, path: path && load(path, name), body: body && load(body, name) });
  const steps = compiled.map(({ sources, ...step }) => ({
    ...step,
    sources: new Map(Object.entries(sources).map(([url, files]) => [url, files.map(loadFile)])),
  }));
  modules.set(module, steps);
  return steps;
}

/** The files of a `fetch:template`, rendered. What Turnpike knows is never replaced, by a person or by a template. */
function renderFiles({ sources, context: name }, { url, values }, { parameters, own }) {
  const files = sources.get(url) ?? sources.get(`./${url.replace(/^\.\//, "").replace(/\/$/, "")}`);
  const context = { [name]: { ...parameters, ...values, ...own } };
  return files?.map(({ name, path, body }) => ({
    path: path ? path.render(context) : name,
    body: body?.render(context),
  }));
}

/** What each step comes to, in order: one operation for each time that it is run. */
async function render({ module, input }) {
  const outputs = {};
  const operations = [];
  for (const [step, compiled] of (await stepsOf(module)).entries()) {
    const each = evaluate(compiled.each, contextOf(input.parameters, outputs));
    const rounds = compiled.repeated ? Object.entries(each ?? {}) : [undefined];
    for (const round of rounds) {
      const context = contextOf(input.parameters, outputs, round && { key: round[0], value: round[1] });
      if (!isTruthy(evaluate(compiled.if, context))) continue;
      const { values, ...rest } = evaluate(compiled.input, context);
      const files =
        compiled.action === "fetch:template" ? renderFiles(compiled, { ...rest, values }, input) : undefined;
      operations.push({ step, input: rest, files });
      if (compiled.id) outputs[compiled.id] = { output: outputOf(compiled.action, input.own) };
    }
  }
  return operations;
}

// U+2028 and U+2029 would end the line for whoever reads it.
const send = (answer) => process.stdout.write(`${JSON.stringify(answer).replace(/[\u2028\u2029]/g, toEscape)}\n`);

send({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    send({ operations: await render(JSON.parse(line)) });
  } catch (error) {
    // nunjucks puts the file's name on a line of its own before the reason.
    const reason = String(error?.message ?? error).replace(/^\((.*?)\)[^\n]*\n\s*/, "$1: ");
    send({ error: reason });
  }
}

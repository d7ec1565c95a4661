import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRenderPool } from "../src/pool.ts";

/**
 * What a template could do if it broke out of nunjucks: these modules are plain JavaScript, run where compiled
 * templates run, with the first wall (the guard on member lookup) already behind them.
 */
const attempts = {
  "read a file": `(await import("node:fs")).readFileSync("/etc/passwd", "utf8")`,
  "read Turnpike's own code": `(await import("node:fs")).readFileSync(${JSON.stringify(import.meta.filename)}, "utf8")`,
  "list a folder": `(await import("node:fs")).readdirSync("/").join()`,
  "write a file": `(await import("node:fs")).writeFileSync(OUT, "x")`,
  "start a process": `(await import("node:child_process")).execFileSync("id").toString()`,
  "start a thread": `new (await import("node:worker_threads")).Worker("1", { eval: true }).threadId`,
  "run code from a string": `new Function("return 1")()`,
  "evaluate a string": `(0, eval)("1 + 1")`,
  "give itself permission": `(process.permission.has("fs.write") ? "can write" : (() => { throw new Error("no") })())`,
  "signal its parent": "process.kill(process.ppid, 0)",
  "signal its parent by the module": `(await import("node:process")).kill(process.ppid, 0)`,
  "open a debugger in its parent": "process._debugProcess(process.ppid)",
  "open a debugger in itself": `(await import("node:inspector")).open(0)`,
  "load native code": `process.dlopen({ exports: {} }, "/x.node")`,
  "change its parent's priority": `(await import("node:os")).setPriority(process.ppid, 19)`,
};

let folder: string;
let pool: ReturnType<typeof createRenderPool>;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "turnpike-renderer-")));
  pool = createRenderPool(folder);
});

afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;

/** A compiled template of one step that renders one file. */
const stepOf = (body: string) =>
  `export default [{ action: "fetch:template", context: "values", if: () => true, each: () => undefined, input: () => ({ url: "x" }), sources: { x: [{ name: "x", body: ${body} }] } }];\n`;

const bodyOf = (operations: Awaited<ReturnType<typeof pool.render>>) => operations[0]?.files?.[0]?.body ?? "";

/** Runs an expression in the renderer and gives what it came to, or the error's code. */
async function run(expression: string): Promise<string> {
  const module = path.join(folder, `${count++}.mjs`);
  const attempt = `let found; try { found = "DID " + (${expression.replace("OUT", JSON.stringify(`${module}.out`))}); } catch (error) { found = "REFUSED " + (error.code ?? error.name); }`;
  const template = `{ root: (env, context, frame, runtime, done) => done(null, found) }`;
  writeFileSync(module, `${attempt}\n${stepOf(template)}`);
  return bodyOf(await pool.render(module, { parameters: {}, own: {} }));
}

test("what is planted really runs there", async () => {
  expect(await run("1 + 1")).toBe("DID 2");
});

test.each(Object.entries(attempts))("code that broke out of a template can't %s", async (_name, expression) => {
  expect(await run(expression)).toMatch(/^REFUSED (ERR_ACCESS_DENIED|ERR_INSPECTOR|EvalError|Error|TypeError)/);
});

test("code that broke out of a template sees no environment", async () => {
  expect(await run("JSON.stringify(process.env)")).toBe("DID {}");
});

test("code that broke out of a template reaches no network, not even this machine", async () => {
  const server = createServer((socket) => socket.end("hello"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const connect = `await new Promise(async (done, failed) => (await import("node:net")).connect(${port}, "127.0.0.1").on("connect", () => done("connected")).on("error", failed))`;
  const datagram = `await new Promise(async (done, failed) => { const s = (await import("node:dgram")).createSocket("udp4"); s.on("error", failed); s.send("x", ${port}, "127.0.0.1", (e) => e ? failed(e) : done("sent")); })`;
  expect(await run(connect)).toMatch(/^REFUSED/);
  expect(await run(datagram)).toMatch(/^REFUSED/);
  await new Promise((resolve) => server.close(resolve));
});

test("a process without work ends, and the next render starts another", async () => {
  const short = createRenderPool(folder, 50);
  const module = path.join(folder, "pid.mjs");
  const template = "{ root: (env, context, frame, runtime, done) => done(null, String(process.pid)) }";
  writeFileSync(module, stepOf(template));
  const pid = async () => Number(bodyOf(await short.render(module, { parameters: {}, own: {} })));
  const first = await pid();
  expect(await pid()).toBe(first);
  await expect.poll(() => isRunning(first)).toBe(false);
  expect(await pid()).not.toBe(first);
  await short.close();
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // ESRCH: it is gone.
    return false;
  }
}

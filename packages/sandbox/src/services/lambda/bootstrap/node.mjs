// Runs a Node function over the Runtime API, as AWS's own client does: handlers in CommonJS or ES modules, async or with
// a callback; `console` with time, request id and level, or as JSON. It speaks HTTP over a bare socket, so that what a
// function's tracer patches (`http.request`) never sees these calls.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { existsSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { basename, dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const environment = process.env;
const [host, port] = (environment.AWS_LAMBDA_RUNTIME_API ?? "").split(":");
const root = environment.LAMBDA_TASK_ROOT ?? process.cwd();
const asJson = environment.AWS_LAMBDA_LOG_FORMAT === "JSON";
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const lowest = asJson ? Math.max(0, LEVELS.indexOf(environment.AWS_LAMBDA_LOG_LEVEL ?? "TRACE")) : 0;
const logFd = Number(environment._LAMBDA_TELEMETRY_LOG_FD ?? 1);
const exit = process.exit.bind(process);
delete environment._LAMBDA_TELEMETRY_LOG_FD;

let requestId;

// ---- the Runtime API

const socket = connect(Number(port), host);
socket.setNoDelay(true);
// The host is gone, and with it everyone who could be answered.
socket.on("error", () => exit(1));
socket.on("close", () => exit(1));

let held = Buffer.alloc(0);
/** Who waits for answers, in the order of their questions: an answer of the function and the question for more go together. */
const waiting = [];
socket.on("data", (chunk) => {
  held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
  while (readAnswer());
});

/** Takes one whole answer from what was received; false when there is none. */
function readAnswer() {
  const end = held.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const [status = "", ...lines] = held.toString("latin1", 0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const total = end + 4 + Number(headers["content-length"] ?? 0);
  if (held.length < total) return false;
  const body = held.subarray(end + 4, total);
  held = held.subarray(total);
  waiting.shift()?.({ status: Number(status.split(" ")[1]), headers, body });
  return held.length > 0;
}

function call(method, path, body, headers = {}) {
  const bytes = Buffer.from(body ?? "");
  const head = [
    `${method} /2018-06-01/runtime/${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    `Content-Length: ${bytes.length}`,
  ];
  for (const [name, value] of Object.entries(headers)) head.push(`${name}: ${String(value).replace(/[\r\n]/g, " ")}`);
  return new Promise((done) => {
    waiting.push(done);
    socket.write(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), bytes]));
  });
}

// ---- the log

const MAGIC = 0xa55a0003;

function writeLog(text) {
  const message = Buffer.from(text);
  const frame = Buffer.alloc(8 + message.length);
  frame.writeUInt32BE(MAGIC, 0);
  frame.writeUInt32BE(message.length, 4);
  message.copy(frame, 8);
  for (let sent = 0; sent < frame.length; ) {
    try {
      sent += writeSync(logFd, frame, sent);
    } catch (error) {
      // A full pipe: the host reads on.
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

function jsonLine(level, values) {
  const line = { timestamp: new Date().toISOString(), level, requestId };
  const [first] = values;
  if (values.length === 1 && typeof first === "object" && first !== null && !(first instanceof Error)) {
    try {
      return JSON.stringify({ ...line, message: first });
    } catch {
      // Circular, or with a BigInt: as text, below.
    }
  }
  const error = values.find((value) => value instanceof Error);
  const fields = error && {
    errorType: error.name,
    errorMessage: error.message,
    stackTrace: String(error.stack ?? "").split("\n"),
  };
  return JSON.stringify({ ...line, message: format(...values), ...fields });
}

function log(level, ...values) {
  if (LEVELS.indexOf(level) < lowest) return;
  const text = `${new Date().toISOString()}\t${requestId}\t${level}\t${asJson ? "" : format(...values)}`;
  writeLog(asJson ? jsonLine(level, values) : text);
}

const methods = {
  trace: "TRACE",
  debug: "DEBUG",
  log: "INFO",
  info: "INFO",
  warn: "WARN",
  error: "ERROR",
  fatal: "FATAL",
};
for (const [name, level] of Object.entries(methods)) globalThis.console[name] = (...values) => log(level, ...values);

// ---- errors

function describe(thrown) {
  if (!(thrown instanceof Error)) {
    return { errorType: typeof thrown, errorMessage: typeof thrown === "string" ? thrown : format(thrown), trace: [] };
  }
  return { errorType: thrown.name, errorMessage: thrown.message, trace: String(thrown.stack ?? "").split("\n") };
}

function logError(title, thrown) {
  const { errorType, errorMessage, trace } = describe(thrown);
  const fields = { errorType, errorMessage, ...(thrown?.code ? { code: thrown.code } : {}), stack: trace };
  if (asJson) log("ERROR", thrown instanceof Error ? thrown : fields);
  else log("ERROR", `${title} \t${JSON.stringify(fields)}`);
}

const report = (path, thrown) => {
  const described = describe(thrown);
  return call("POST", path, JSON.stringify(described), {
    "Content-Type": "application/json",
    "Lambda-Runtime-Function-Error-Type": described.errorType,
  });
};

let failing = false;
/** Between two invocations: the question for the next is open, and nobody waits for an answer. */
let idle = false;
async function fail(title, thrown) {
  if (failing) return;
  failing = true;
  logError(title, thrown);
  if (idle) exit(129);
  await report(requestId === undefined ? "init/error" : `invocation/${requestId}/error`, thrown);
  exit(129);
}
process.on("uncaughtException", (error) => void fail("Uncaught Exception", error));
process.on("unhandledRejection", (reason) => {
  const error = new Error(reason instanceof Error ? `${reason.name}: ${reason.message}` : format(reason));
  error.name = "Runtime.UnhandledPromiseRejection";
  if (reason instanceof Error && reason.stack) error.stack = reason.stack;
  void fail("Unhandled Promise Rejection", error);
});

// ---- the handler

globalThis.awslambda = {
  streamifyResponse() {
    throw new Error("sandbox: Lambda response streaming is not implemented");
  },
};

function named(name, message) {
  const error = new Error(message);
  error.name = name;
  return error;
}

async function loadModule(path) {
  if (extname(path) === ".mjs") return import(pathToFileURL(path).href);
  try {
    return createRequire(path)(path);
  } catch (error) {
    if (error.code !== "ERR_REQUIRE_ESM" && error.code !== "ERR_REQUIRE_ASYNC_MODULE") throw error;
    return import(pathToFileURL(path).href);
  }
}

async function loadHandler(text) {
  const [, file, member] = /^([^.]*)\.(.+)$/.exec(basename(text)) ?? [];
  if (!file || !member || text.includes("..")) throw named("Runtime.MalformedHandlerName", "Bad handler");
  const base = resolve(root, dirname(text), file);
  const path = [".js", ".mjs", ".cjs"].map((ending) => base + ending).find((candidate) => existsSync(candidate));
  if (!path) throw named("Runtime.ImportModuleError", `Error: Cannot find module '${join(dirname(text), file)}'`);
  const module = await loadModule(path);
  const find = (from) => member.split(".").reduce((value, key) => value?.[key], from);
  const found = find(module) ?? find(module.default);
  if (found === undefined) throw named("Runtime.HandlerNotFound", `${text} is undefined or not exported`);
  if (typeof found !== "function") throw named("Runtime.HandlerNotFound", `${text} is not a function`);
  return found;
}

function contextOf(headers) {
  const deadlineMs = Number(headers["lambda-runtime-deadline-ms"]);
  const clientContext = headers["lambda-runtime-client-context"];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: requestId,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    clientContext: clientContext ? JSON.parse(clientContext) : undefined,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

function run(handler, event, context) {
  if (handler.length < 3) return handler(event, context);
  return new Promise((done, failed) => {
    const returned = handler(event, context, (error, value) => (error ? failed(error) : done(value)));
    if (typeof returned?.then === "function") returned.then(done, failed);
  });
}

let handler;
try {
  handler = await loadHandler(environment._HANDLER ?? "");
} catch (thrown) {
  failing = true;
  logError("Uncaught Exception", thrown);
  await report("init/error", thrown);
  exit(1);
}

let next = call("GET", "invocation/next");

/** Tells the outcome and asks for more in one write: half the way of two. */
function goOn(tell) {
  socket.cork();
  void tell();
  next = call("GET", "invocation/next");
  socket.uncork();
}

for (;;) {
  idle = true;
  const { headers, body } = await next;
  idle = false;
  requestId = headers["lambda-runtime-aws-request-id"];
  environment._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
  try {
    const output = await run(handler, JSON.parse(body.toString()), contextOf(headers));
    const text = JSON.stringify(output === undefined ? null : output) ?? "null";
    if (failing) break;
    goOn(() => call("POST", `invocation/${requestId}/response`, text, { "Content-Type": "application/json" }));
  } catch (thrown) {
    if (failing) break;
    logError("Invoke Error", thrown);
    goOn(() => report(`invocation/${requestId}/error`, thrown));
  }
}

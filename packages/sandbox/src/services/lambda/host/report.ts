import type { FunctionConfig } from "../records.ts";
import type { Outcome } from "./environment.ts";
import type { Trace } from "./tracing.ts";

/** What went wrong in an invocation, as its caller, its log and its trace are told. */
export interface Failure {
  readonly type: string;
  readonly message: string;
  readonly status: "error" | "failure" | "timeout";
  /** JSON for the caller. */
  readonly body: Buffer;
}

/** The failure of an outcome, in AWS's words; undefined when it was a response. */
export function failureOf(outcome: Outcome, requestId: string, config: FunctionConfig): Failure | undefined {
  switch (outcome.kind) {
    case "response":
    case "gone":
      return undefined;
    case "error": {
      const { errorType = "Unknown", errorMessage = "" } = readError(outcome.body);
      return { type: errorType, message: errorMessage, status: "error", body: outcome.body };
    }
    case "timeout": {
      const message = `Task timed out after ${config.timeoutS.toFixed(2)} seconds`;
      return failure("Sandbox.Timedout", `RequestId: ${requestId} Error: ${message}`, "timeout");
    }
    case "memory":
      return failure(
        "Runtime.OutOfMemory",
        `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
        "failure",
      );
    case "exit":
      return failure("Runtime.ExitError", `RequestId: ${requestId} Error: ${exitText(outcome)}`, "failure");
  }
}

function failure(type: string, message: string, status: Failure["status"]): Failure {
  return { type, message, status, body: Buffer.from(JSON.stringify({ errorType: type, errorMessage: message })) };
}

/** As Go, in which AWS's supervisor is written, calls them. */
const SIGNALS: Readonly<Record<string, string>> = {
  SIGABRT: "aborted",
  SIGBUS: "bus error",
  SIGFPE: "floating point exception",
  SIGHUP: "hangup",
  SIGILL: "illegal instruction",
  SIGINT: "interrupt",
  SIGKILL: "killed",
  SIGSEGV: "segmentation fault",
  SIGTERM: "terminated",
  SIGTRAP: "trace/breakpoint trap",
};

function exitText({ code, signal }: { code: number | null; signal: string | null }): string {
  if (signal !== null) return `Runtime exited with error: signal: ${SIGNALS[signal] ?? signal}`;
  return code === 0 ? "Runtime exited without providing a reason" : `Runtime exited with error: exit status ${code}`;
}

function readError(body: Buffer): { errorType?: string; errorMessage?: string } {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return typeof parsed === "object" && parsed !== null ? parsed : {};
  } catch {
    // A runtime of the function's own may report an error in any form.
    return {};
  }
}

interface Finished {
  readonly requestId: string;
  readonly durationMs: number;
  readonly initMs: number | undefined;
  readonly maxMemoryMb: number | undefined;
  readonly trace: Trace;
  readonly failure: Failure | undefined;
}

/** The lines that Lambda itself writes into a function's log. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html */
export interface PlatformLog {
  initStart(now: Date): string[];
  start(now: Date, requestId: string, trace: Trace): string[];
  finished(now: Date, invocation: Finished): string[];
}

const RUNTIME_VERSION = (config: FunctionConfig) =>
  config.runtime.startsWith("nodejs") ? `sandbox:node.${process.version}` : `sandbox:${config.runtime}`;

const round = (ms: number) => Math.round(ms * 100) / 100;
/** Managed runtimes bill their initialisation since August 2025. */
const billed = ({ durationMs, initMs = 0 }: Finished) => Math.ceil(durationMs + initMs);

export const platformLog = (config: FunctionConfig): PlatformLog =>
  config.logging.format === "JSON" ? jsonLog(config) : textLog(config);

const textLog = (config: FunctionConfig): PlatformLog => ({
  initStart: () => [`INIT_START Runtime Version: ${RUNTIME_VERSION(config)}`],
  start: (_, requestId) => [`START RequestId: ${requestId} Version: ${config.version}`],
  finished(now, invocation) {
    const { requestId, durationMs, initMs, maxMemoryMb, trace, failure } = invocation;
    const lines: string[] = [];
    if (failure?.status === "timeout") {
      lines.push(`${now.toISOString()} ${requestId} Task timed out after ${config.timeoutS.toFixed(2)} seconds\n`);
    } else if (failure?.status === "failure") {
      lines.push(`${failure.message}\n${failure.type}`);
    }
    const fields = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${billed(invocation)} ms`,
      `Memory Size: ${config.memoryMb} MB`,
      ...(maxMemoryMb === undefined ? [] : [`Max Memory Used: ${maxMemoryMb} MB`]),
      ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
      ...(failure?.status === "timeout" ? ["Status: timeout"] : []),
      ...(failure && failure.status !== "timeout" ? ["Status: error", `Error Type: ${failure.type}`] : []),
    ];
    const traced =
      trace.segments && `XRAY TraceId: ${trace.id}\tSegmentId: ${trace.segments.functionId}\tSampled: true\t`;
    lines.push(`END RequestId: ${requestId}`, `${fields.join("\t")}\t${traced ? `\n${traced}` : ""}`);
    return lines;
  },
});

const LEVELS = ["DEBUG", "INFO", "WARN"];

function jsonLog(config: FunctionConfig): PlatformLog {
  const wanted = (level: string) => LEVELS.indexOf(level) >= Math.max(0, LEVELS.indexOf(config.logging.systemLevel));
  const event = (level: string, now: Date, type: string, record: object) =>
    wanted(level) ? [JSON.stringify({ time: now.toISOString(), type: `platform.${type}`, record })] : [];
  const tracing = ({ header, segments }: Trace) =>
    segments ? { tracing: { spanId: segments.functionId, type: "X-Amzn-Trace-Id", value: header } } : {};
  return {
    initStart: (now) =>
      event("INFO", now, "initStart", {
        initializationType: "on-demand",
        phase: "init",
        runtimeVersion: RUNTIME_VERSION(config),
        functionName: config.name,
        functionVersion: config.version,
      }),
    start: (now, requestId, trace) =>
      event("INFO", now, "start", { requestId, version: config.version, ...tracing(trace) }),
    finished(now, invocation) {
      const { requestId, durationMs, initMs, maxMemoryMb, trace, failure } = invocation;
      const status = { status: failure?.status ?? "success", ...(failure ? { errorType: failure.type } : {}) };
      const metrics = {
        durationMs: round(durationMs),
        billedDurationMs: billed(invocation),
        memorySizeMB: config.memoryMb,
        ...(maxMemoryMb === undefined ? {} : { maxMemoryUsedMB: maxMemoryMb }),
        ...(initMs === undefined ? {} : { initDurationMs: round(initMs) }),
      };
      const done = { requestId, ...status, ...tracing(trace), metrics: { durationMs: metrics.durationMs } };
      return [
        ...event(failure ? "WARN" : "DEBUG", now, "runtimeDone", done),
        ...event(failure ? "WARN" : "INFO", now, "report", { requestId, metrics, ...tracing(trace), ...status }),
      ];
    },
  };
}

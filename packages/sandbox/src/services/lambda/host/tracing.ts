import type { RandomSource } from "../../../core/context.ts";
import type { FunctionConfig } from "../records.ts";

/** `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1` */
interface TraceHeader {
  readonly root: string;
  readonly parent: string | undefined;
  readonly sampled: boolean | undefined;
}

/** What an invocation does with its trace. */
export interface Trace {
  readonly id: string;
  /** What the function gets. */
  readonly header: string;
  /** Set when Lambda itself writes its two segments. */
  readonly segments:
    | { readonly serviceId: string; readonly functionId: string; readonly parentId: string | undefined }
    | undefined;
}

function parseTraceHeader(text: string | undefined): TraceHeader | undefined {
  const parts = new Map(
    (text ?? "")
      .split(";")
      .map((part) => [part.slice(0, part.indexOf("=")).trim(), part.slice(part.indexOf("=") + 1).trim()]),
  );
  const root = parts.get("Root");
  if (!root || !/^1-[0-9a-f]{8}-[0-9a-f]{24}$/.test(root)) return undefined;
  const parent = parts.get("Parent");
  const sampled = parts.get("Sampled");
  return {
    root,
    parent: parent && /^[0-9a-f]{16}$/.test(parent) ? parent : undefined,
    sampled: sampled === "1" ? true : sampled === "0" ? false : undefined,
  };
}

function newTraceId(now: Date, random: RandomSource): string {
  return `1-${Math.floor(now.getTime() / 1000)
    .toString(16)
    .padStart(8, "0")}-${random.hex(24)}`;
}

/**
 * Active tracing goes on with the caller's decision; where there is none AWS samples one a second and 5 % of the rest,
 * the sandbox everything. Without active tracing the header is handed through, and Lambda writes nothing.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
 */
export function decideTrace(
  mode: FunctionConfig["tracing"],
  incoming: string | undefined,
  now: Date,
  random: RandomSource,
): Trace {
  const given = parseTraceHeader(incoming);
  const id = given?.root ?? newTraceId(now, random);
  if (mode === "Active" && given?.sampled !== false) {
    const [serviceId, functionId] = [random.hex(16), random.hex(16)];
    const segments = { serviceId, functionId, parentId: given?.parent };
    return { id, header: `Root=${id};Parent=${functionId};Sampled=1`, segments };
  }
  const sampled = given?.sampled === true ? 1 : 0;
  return { id, header: `Root=${id};Parent=${given?.parent ?? random.hex(16)};Sampled=${sampled}`, segments: undefined };
}

export interface TracedInvocation {
  readonly trace: Trace;
  readonly name: string;
  readonly account: string;
  readonly arn: string;
  readonly requestId: string;
  /** Sandbox time at the end, in ms. */
  readonly endMs: number;
  /** From the request to the end, waiting and initialisation included. */
  readonly totalMs: number;
  readonly durationMs: number;
  readonly initMs: number | undefined;
  readonly error: { readonly type: string; readonly message: string } | undefined;
}

/** The documents that Lambda writes for an invocation: `AWS::Lambda` and, within it, `AWS::Lambda::Function`. */
export function lambdaSegments(invocation: TracedInvocation, random: RandomSource): string[] {
  const { trace, name, account, arn, requestId, error, initMs } = invocation;
  if (!trace.segments) return [];
  const { serviceId, functionId, parentId } = trace.segments;
  const end = invocation.endMs / 1000;
  const start = end - invocation.totalMs / 1000;
  const common = { name, trace_id: trace.id, end_time: end, resource_arn: arn };
  const service = {
    ...common,
    id: serviceId,
    ...(parentId ? { parent_id: parentId } : {}),
    start_time: start,
    origin: "AWS::Lambda",
    http: { response: { status: 200 } },
    aws: { request_id: requestId, account_id: account },
    ...(error ? { fault: true } : {}),
  };
  const cause = error && {
    exceptions: [{ id: random.hex(16), type: error.type, message: error.message, remote: false }],
  };
  const initialisation =
    initMs === undefined
      ? undefined
      : [
          {
            id: random.hex(16),
            name: "Initialization",
            start_time: end - (invocation.durationMs + initMs) / 1000,
            end_time: end - invocation.durationMs / 1000,
            aws: { function_arn: arn },
          },
        ];
  const run = {
    ...common,
    id: functionId,
    parent_id: serviceId,
    start_time: end - invocation.durationMs / 1000,
    origin: "AWS::Lambda::Function",
    aws: { function_arn: arn, request_id: requestId, account_id: account, cold_start: initMs !== undefined },
    ...(error ? { fault: true, cause } : {}),
    ...(initialisation ? { subsegments: initialisation } : {}),
  };
  return [JSON.stringify(service), JSON.stringify(run)];
}

import type * as sdk from "@aws-sdk/client-lambda";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operation } from "../../core/service.ts";
import { acceptEvent } from "./events.ts";
import { hostOf } from "./host/host.ts";
import { requireInvokePermission } from "./permissions.ts";
import { drawFrom, functionArn, functions, invalid, notFound, readReference, resolveQualifier } from "./records.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LARGEST_PAYLOAD_BYTES = 6_291_456;
const LARGEST_EVENT_BYTES = 1_048_576;
const LARGEST_CLIENT_CONTEXT_BYTES = 3583;

/** Ends what waits in the background when the sandbox stops; one for each runtime. */
const endings = new WeakMap<Context["runtime"], AbortController>();

export function endingOf(runtime: Context["runtime"]): AbortController {
  const known = endings.get(runtime) ?? new AbortController();
  endings.set(runtime, known);
  return known;
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export const invoke: Operation<typeof sdk, "Invoke"> = async (context, input) => {
  const reference = readReference(context, input.FunctionName, input.Qualifier);
  const { name, qualifier } = reference;
  const elsewhere = reference.account !== context.account || reference.region !== context.region;
  const home = elsewhere ? context.runtime.contextFor(reference.account, reference.region) : context;
  requireInvokePermission(context, home, name, qualifier);
  const record = functions(home).get(name);
  if (!record) throw notFound(home, name, qualifier);
  const { config, alias } = resolveQualifier(home, record, qualifier, drawFrom(context));

  const type = input.InvocationType ?? "RequestResponse";
  const payload = readPayload(input.Payload, type === "Event" ? LARGEST_EVENT_BYTES : LARGEST_PAYLOAD_BYTES);
  if (type === "DryRun") return { StatusCode: 204 };
  if (type === "Event") {
    const event = {
      id: context.requestId,
      name,
      qualifier,
      payload: payload.toString("base64"),
      traceHeader: context.traceHeader,
    };
    acceptEvent(home, event, endingOf(context.runtime).signal);
    return { StatusCode: 202 };
  }
  if (type !== "RequestResponse") throw invalid(`InvocationType "${type}" must be RequestResponse, Event or DryRun.`);

  const result = await hostOf(context.runtime).invoke({
    account: home.account,
    region: home.region,
    config,
    alias,
    invokedArn: functionArn(home, name, qualifier),
    requestId: context.requestId,
    payload,
    traceHeader: context.traceHeader,
    clientContext: readClientContext(input.ClientContext),
    reservedConcurrency: record.reservedConcurrency,
  });
  return {
    StatusCode: 200,
    ExecutedVersion: config.version,
    Payload: result.payload,
    ...(result.failed ? { FunctionError: "Unhandled" } : {}),
    ...(input.LogType === "Tail" ? { LogResult: Buffer.from(result.logTail).toString("base64") } : {}),
  };
};

function readPayload(given: unknown, limitBytes: number): Buffer {
  const payload = given === undefined ? Buffer.alloc(0) : Buffer.from(given as Uint8Array);
  if (payload.length > limitBytes) {
    const message = `Request must be smaller than ${limitBytes} bytes for the InvokeFunction operation`;
    throw new AwsError("RequestTooLargeException", message, { status: 413, members: { Type: "User" } });
  }
  if (payload.length === 0) return Buffer.from("{}");
  try {
    JSON.parse(payload.toString());
  } catch (error) {
    const message = `Could not parse request body into json: ${(error as Error).message}`;
    throw new AwsError("InvalidRequestContentException", message, { members: { Type: "User" } });
  }
  return payload;
}

function readClientContext(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (given.length > LARGEST_CLIENT_CONTEXT_BYTES)
    throw invalid(`Client context must be no more than ${LARGEST_CLIENT_CONTEXT_BYTES} bytes.`);
  return Buffer.from(given, "base64").toString();
}

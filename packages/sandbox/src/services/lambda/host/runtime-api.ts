import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a function is asked. */
export interface Job {
  readonly requestId: string;
  readonly payload: Uint8Array;
  /** On the machine's clock, because the function compares it with its own. */
  readonly deadlineMs: number;
  readonly invokedArn: string;
  readonly traceHeader: string;
  readonly clientContext: string | undefined;
}

export interface RuntimeApiEvents {
  /** The runtime asks for work: it has finished its initialisation, or the last job. */
  ready(): void;
  initError(body: Buffer): void;
  answer(answer: { requestId: string; kind: "response" | "error"; body: Buffer }): void;
}

export interface RuntimeApi {
  /** `127.0.0.1:41234` */
  readonly address: string;
  /** Hands a job to the runtime that waits; only after `ready`. */
  give(job: Job): void;
  close(): void;
}

const PREFIX = "/2018-06-01/runtime/";
/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LARGEST_RESPONSE_BYTES = 6_291_556;

/**
 * The Runtime API of one execution environment, on a loopback port of its own.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. No extensions, no streamed responses.
 */
export async function openRuntimeApi(events: RuntimeApiEvents): Promise<RuntimeApi> {
  let waiting: ServerResponse | undefined;
  let current: string | undefined;

  const onAnswer = (requestId: string, kind: "response" | "error", body: Buffer, response: ServerResponse) => {
    if (requestId !== current)
      return answer(response, 400, { errorType: "InvalidRequestID", errorMessage: "Invalid request ID" });
    current = undefined;
    if (kind === "response" && body.length > LARGEST_RESPONSE_BYTES) {
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${LARGEST_RESPONSE_BYTES} bytes).`;
      const error = { errorType: "Function.ResponseSizeTooLarge", errorMessage };
      answer(response, 413, { errorType: "RequestEntityTooLarge", errorMessage });
      return events.answer({ requestId, kind: "error", body: Buffer.from(JSON.stringify(error)) });
    }
    answer(response, 202, { status: "OK" });
    events.answer({ requestId, kind, body });
  };

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url?.startsWith(PREFIX) ? request.url.slice(PREFIX.length) : "";
    if (request.method === "GET" && path === "invocation/next") {
      waiting = response;
      return events.ready();
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      if (path === "init/error") {
        answer(response, 202, { status: "OK" });
        return events.initError(body);
      }
      const [, requestId = "", kind] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
      if (kind === "response" || kind === "error") return onAnswer(requestId, kind, body, response);
      answer(response, 404, {
        errorType: "NotFound",
        errorMessage: `The sandbox's Runtime API has no ${request.method} ${request.url}`,
      });
    });
  };

  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, handle);
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  server.unref();
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    give(job) {
      const response = waiting;
      waiting = undefined;
      current = job.requestId;
      response?.writeHead(200, {
        "content-type": "application/json",
        "content-length": job.payload.length,
        "lambda-runtime-aws-request-id": job.requestId,
        "lambda-runtime-deadline-ms": job.deadlineMs,
        "lambda-runtime-invoked-function-arn": job.invokedArn,
        "lambda-runtime-trace-id": job.traceHeader,
        ...(job.clientContext === undefined ? {} : { "lambda-runtime-client-context": job.clientContext }),
      });
      response?.end(job.payload);
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
}

import type { IncomingMessage, ServerResponse } from "node:http";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { Context, ServiceRuntime } from "../../../core/context.ts";
import { AwsError } from "../../../core/errors.ts";
import type { RequestHandler } from "../../../core/fronts.ts";
import {
  type ApiRecord,
  apis,
  type DeploymentRecord,
  deployments,
  homes,
  type IntegrationRecord,
  type StageRecord,
  snapshot,
  stages,
} from "../records.ts";
import { corsHeaders, isPreflight, preflightHeaders } from "./cors.ts";
import { type Match, matchRoute } from "./match.ts";
import type { RequestMetrics } from "./metrics.ts";
import { eventOf, type GatewayRequest, type GatewayResponse, responseOf } from "./payload.ts";

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const LARGEST_BODY_BYTES = 10 * 1024 * 1024;

const message = (status: number, text: string): GatewayResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body: Buffer.from(JSON.stringify({ message: text })),
});
const NOT_FOUND = () => message(404, "Not Found");
const FAILED = () => message(500, "Internal Server Error");
const UNAVAILABLE = () => message(503, "Service Unavailable");

interface Served {
  readonly api: ApiRecord;
  readonly stage: StageRecord;
  /** With the stage's name, if the address has it. */
  readonly rawPath: string;
  /** Without. */
  readonly path: string;
  readonly context: Context;
}

/** Serves HTTP APIs at `/<api id>/…`: on AWS the API's id is the first label of its host name. */
export function createGateway(runtime: ServiceRuntime, metrics: RequestMetrics): RequestHandler {
  return async (incoming, outgoing) => {
    const startedAt = performance.now();
    const requestId = runtime.random.token(15);
    const [target = "/", rawQuery = ""] = (incoming.url ?? "/").split(/\?(.*)/s);
    const served = find(runtime, target);
    if (!served) return send(outgoing, incoming, message(404, "Not Found"), requestId);
    let latency: { integrationMs: number | undefined } = { integrationMs: undefined };
    let response: GatewayResponse;
    try {
      const { context } = served;
      const request: GatewayRequest = {
        method: incoming.method ?? "GET",
        rawPath: served.rawPath,
        rawQuery,
        headers: incoming.headers,
        body: await readBody(incoming),
        sourceIp: incoming.socket.remoteAddress ?? "127.0.0.1",
        host: incoming.headers.host ?? "",
        requestId,
        traceHeader: traceHeaderOf(incoming, runtime),
        at: runtime.clock.now(),
        account: context.account,
      };
      const answered = await answer(served, request);
      response = answered.response;
      latency = answered;
    } catch (error) {
      if (incoming.destroyed && !incoming.complete) return;
      if (error instanceof BodyTooLarge) response = message(413, "Request Entity Too Large");
      else {
        runtime.log("request.crashed", {
          api: served.api.id,
          error: error instanceof Error ? error.stack : String(error),
        });
        response = FAILED();
      }
    }
    send(outgoing, incoming, response, requestId);
    const { account, region } = served.context;
    const [apiId, stage] = [served.api.id, served.stage.name];
    const latencyMs = performance.now() - startedAt;
    const { status } = response;
    metrics.record({ account, region, apiId, stage, status, latencyMs, integrationLatencyMs: latency.integrationMs });
  };
}

function find(runtime: ServiceRuntime, target: string): Served | undefined {
  const [, apiId = "", rest = ""] = /^\/([^/]+)(\/.*)?$/.exec(target) ?? [];
  const home = homes({ globalStore: runtime.storeOf("", "") }).get(apiId);
  if (!home) return undefined;
  const context = runtime.contextFor(home.account, home.region);
  const api = apis(context).get(apiId);
  if (!api || api.disabled) return undefined;
  const rawPath = rest === "" ? "/" : rest;
  const [, name = "", below = ""] = /^\/([^/]*)(\/.*)?$/.exec(rawPath) ?? [];
  const named = name === "" ? undefined : stages(context).get(`${apiId}/${name}`);
  if (named) return { api, stage: named, rawPath, path: below === "" ? "/" : below, context };
  const stage = stages(context).get(`${apiId}/$default`);
  return stage && { api, stage, rawPath, path: rawPath, context };
}

/** What the stage serves: the API as it is, or as it was deployed. */
function deployed({ api, stage, context }: Served): Pick<DeploymentRecord, "routes" | "integrations"> {
  if (stage.autoDeploy) return snapshot(context, api.id);
  const made = deployments(context).get(`${api.id}/${stage.deploymentId ?? ""}`);
  return made ?? { routes: [], integrations: [] };
}

async function answer(
  served: Served,
  request: GatewayRequest,
): Promise<{ response: GatewayResponse; integrationMs: number | undefined }> {
  const { api, path } = served;
  const { cors } = api;
  if (cors && isPreflight(request.method, request.headers)) {
    const allowed = corsHeaders(cors, request.headers);
    const headers = Object.keys(allowed).length > 0 ? { ...allowed, ...preflightHeaders(cors) } : {};
    return { response: { status: 204, headers, body: Buffer.alloc(0) }, integrationMs: undefined };
  }
  const now = deployed(served);
  const match = matchRoute(now.routes, request.method, path);
  if (!match) return { response: NOT_FOUND(), integrationMs: undefined };
  const integration = now.integrations.find(({ id }) => id === match.route.integrationId);
  if (!integration) return { response: FAILED(), integrationMs: undefined };
  const startedAt = performance.now();
  const response = await integrate(served, request, match, integration);
  const integrationMs = performance.now() - startedAt;
  if (!cors) return { response, integrationMs };
  return {
    response: { ...response, headers: { ...response.headers, ...corsHeaders(cors, request.headers) } },
    integrationMs,
  };
}

async function integrate(
  served: Served,
  request: GatewayRequest,
  match: Match,
  integration: IntegrationRecord,
): Promise<GatewayResponse> {
  const { api, stage, context } = served;
  const payload = Buffer.from(JSON.stringify(eventOf(request, api, stage, match)));
  const [, path = ""] = match.route.key === "$default" ? ["", "/$default"] : match.route.key.split(/ (.*)/s);
  const method = match.route.key === "$default" ? "" : `/${request.method}`;
  const sourceArn = `arn:aws:execute-api:${context.region}:${context.account}:${api.id}/${stage.name}${method}${path}`;
  const command = new InvokeCommand({ FunctionName: integration.functionArn, Payload: payload });
  const invocation = context.send(command, { sourceArn, traceHeader: request.traceHeader });
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<"timeout">((resolve) => {
    timer = setTimeout(() => resolve("timeout"), integration.timeoutMs);
  });
  try {
    // The function goes on after the gateway's patience ends, as on AWS; its late failure has nobody to be told to.
    invocation.catch(() => undefined);
    const result = await Promise.race([invocation, timeout]);
    if (result === "timeout") return UNAVAILABLE();
    if (result.FunctionError) return FAILED();
    return responseOf(Buffer.from(result.Payload ?? [])) ?? FAILED();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    // No permission, no such function: AWS tells the client nothing of it. The reason is in the sandbox's log.
    context.log("integration.refused", { api: api.id, code: error.code, message: error.message });
    return error.code === "TooManyRequestsException" ? UNAVAILABLE() : FAILED();
  } finally {
    clearTimeout(timer);
  }
}

/** Goes on with the client's trace, or begins one; whether it is sampled is the function's decision then. */
function traceHeaderOf(incoming: IncomingMessage, { clock, random }: ServiceRuntime): string {
  const given = [incoming.headers["x-amzn-trace-id"] ?? []].flat().join(";");
  if (/(^|;)\s*Root=1-[0-9a-f]{8}-[0-9a-f]{24}/.test(given)) return given;
  const seconds = Math.floor(clock.now().getTime() / 1000)
    .toString(16)
    .padStart(8, "0");
  return `Root=1-${seconds}-${random.hex(24)}`;
}

class BodyTooLarge extends Error {}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY_BYTES) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(
  outgoing: ServerResponse,
  { method }: IncomingMessage,
  response: GatewayResponse,
  requestId: string,
): void {
  const { "content-length": _, "transfer-encoding": __, connection: ___, ...headers } = response.headers;
  outgoing.statusCode = response.status;
  for (const [name, value] of Object.entries({ ...headers, "apigw-requestid": requestId })) {
    try {
      outgoing.setHeader(name, value);
    } catch {
      // A header that HTTP can't carry is left out; the response itself still tells what the function meant.
    }
  }
  const bodiless = response.status === 204 || response.status === 304;
  if (!bodiless) outgoing.setHeader("content-length", response.body.length);
  outgoing.end(method === "HEAD" || bodiless ? undefined : response.body);
}

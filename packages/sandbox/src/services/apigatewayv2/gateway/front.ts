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
import type { AccessLog } from "./access-log.ts";
import { corsHeaders, isPreflight, preflightHeaders } from "./cors.ts";
import type { Authorized, TokenVerifier } from "./jwt.ts";
import { type Match, matchRoute } from "./match.ts";
import type { RequestMetrics } from "./metrics.ts";
import { eventOf, type GatewayRequest, type GatewayResponse, responseOf } from "./payload.ts";
import { eventOfFormat1 } from "./payload-1.ts";
import type { Throttle } from "./throttle.ts";

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

interface GatewayParts {
  readonly metrics: RequestMetrics;
  readonly accessLog: AccessLog;
  readonly tokens: TokenVerifier;
  readonly throttle: Throttle;
}

/** How a request was answered, with what its log line tells of it. */
interface Answered {
  readonly response: GatewayResponse;
  readonly integrationMs: number | undefined;
  readonly routeKey?: string;
  readonly authorized?: Authorized | undefined;
  /** Why the gateway itself answered. */
  readonly error?: string;
}

/** Serves HTTP APIs at `/<api id>/…`: on AWS the API's id is the first label of its host name. */
export function createGateway(runtime: ServiceRuntime, parts: GatewayParts): RequestHandler {
  return async (incoming, outgoing) => {
    const startedAt = performance.now();
    const requestId = runtime.random.token(15);
    const [target = "/", rawQuery = ""] = (incoming.url ?? "/").split(/\?(.*)/s);
    const served = find(runtime, target);
    if (!served) return send(outgoing, incoming, message(404, "Not Found"), requestId);
    let answered: Answered | undefined;
    let request: GatewayRequest | undefined;
    let response: GatewayResponse;
    try {
      const { context } = served;
      request = {
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
      answered = await answer(served, request, parts);
      response = answered.response;
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
    const integrationMs = answered?.integrationMs;
    parts.metrics.record({ account, region, apiId, stage, status, latencyMs, integrationLatencyMs: integrationMs });
    if (!request || !served.stage.accessLog) return;
    const { routeKey, authorized, error } = answered ?? {};
    parts.accessLog.record({
      ...{ account, region, apiId, stage: served.stage, request, routeKey, status, latencyMs, integrationMs },
      ...{ bytes: response.body.length, authorized, error },
    });
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
function deployed({ api, stage, context }: Served): Pick<DeploymentRecord, "routes" | "integrations" | "authorizers"> {
  if (stage.autoDeploy) return snapshot(context, api.id);
  const made = deployments(context).get(`${api.id}/${stage.deploymentId ?? ""}`);
  return made ?? { routes: [], integrations: [] };
}

async function answer(served: Served, request: GatewayRequest, parts: GatewayParts): Promise<Answered> {
  const { cors } = served.api;
  if (cors && isPreflight(request.method, request.headers)) {
    const allowed = corsHeaders(cors, request.headers);
    const headers = Object.keys(allowed).length > 0 ? { ...allowed, ...preflightHeaders(cors) } : {};
    return { response: { status: 204, headers, body: Buffer.alloc(0) }, integrationMs: undefined };
  }
  const answered = await route(served, request, parts);
  if (!cors) return answered;
  const { response } = answered;
  const headers = { ...response.headers, ...corsHeaders(cors, request.headers) };
  return { ...answered, response: { ...response, headers } };
}

/** Finds the route, lets in who may, and asks its function. */
async function route(served: Served, request: GatewayRequest, { throttle, tokens }: GatewayParts): Promise<Answered> {
  const { api, path, stage } = served;
  const now = deployed(served);
  const refuse = (response: GatewayResponse, error: string, routeKey?: string): Answered => ({
    ...{ response, integrationMs: undefined, error },
    ...(routeKey === undefined ? {} : { routeKey }),
  });
  const match = matchRoute(now.routes, request.method, path);
  if (!match) return refuse(NOT_FOUND(), "Not Found");
  const { key: routeKey, authorizerId } = match.route;
  if (!throttle.admit(api.id, stage, routeKey)) {
    return refuse(message(429, "Too Many Requests"), "Too Many Requests", routeKey);
  }
  let authorized: Authorized | undefined;
  if (authorizerId !== undefined) {
    const authorizer = now.authorizers?.find(({ id }) => id === authorizerId);
    if (!authorizer) return refuse(FAILED(), "The authorizer is gone", routeKey);
    const verdict = await tokens.check(request, authorizer, match.route);
    if (verdict.kind !== "allowed") {
      const refusal = verdict.kind === "forbidden" ? message(403, "Forbidden") : message(401, "Unauthorized");
      const headers = { ...refusal.headers, "www-authenticate": verdict.challenge };
      return refuse({ ...refusal, headers }, verdict.kind === "forbidden" ? "Forbidden" : "Unauthorized", routeKey);
    }
    authorized = verdict.authorized;
  }
  const integration = now.integrations.find(({ id }) => id === match.route.integrationId);
  if (!integration) return refuse(FAILED(), "The route has no integration", routeKey);
  const startedAt = performance.now();
  const response = await integrate(served, request, match, integration, authorized);
  return { response, integrationMs: performance.now() - startedAt, routeKey, authorized };
}

async function integrate(
  served: Served,
  request: GatewayRequest,
  match: Match,
  integration: IntegrationRecord,
  authorized: Authorized | undefined,
): Promise<GatewayResponse> {
  const { api, stage, context } = served;
  const event = integration.payloadFormat === "1.0" ? eventOfFormat1 : eventOf;
  const payload = Buffer.from(JSON.stringify(event(request, api, stage, match, authorized)));
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

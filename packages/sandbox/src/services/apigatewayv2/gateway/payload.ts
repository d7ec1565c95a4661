import type { IncomingHttpHeaders } from "node:http";
import type { ApiRecord, StageRecord } from "../records.ts";
import type { Authorized } from "./jwt.ts";
import { decode, type Match } from "./match.ts";

export interface GatewayRequest {
  readonly method: string;
  /** As the client sent it, after the API's id: with the stage, without the query. */
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly host: string;
  readonly requestId: string;
  readonly traceHeader: string;
  readonly at: Date;
  readonly account: string;
}

/** Content types whose bodies arrive as they are; all others as base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded|[\w.+-]+\+(json|xml))(;|$))/i;
/** Of the connection, not of the message. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "cookie"]);
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * The event of payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function eventOf(
  request: GatewayRequest,
  api: ApiRecord,
  stage: StageRecord,
  { route, pathParameters }: Match,
  authorized: Authorized | undefined,
): object {
  const headers = headersOf(request);
  const { cookie } = request.headers;
  const text = isText(request);
  const query = queryOf(request.rawQuery);
  return {
    version: "2.0",
    routeKey: route.key,
    rawPath: decode(request.rawPath),
    rawQueryString: request.rawQuery,
    ...(cookie ? { cookies: cookie.split(/; */).filter(Boolean) } : {}),
    headers,
    ...(Object.keys(query).length > 0 ? { queryStringParameters: query } : {}),
    requestContext: {
      accountId: request.account,
      apiId: api.id,
      ...(authorized ? { authorizer: { jwt: authorized } } : {}),
      domainName: request.host,
      domainPrefix: api.id,
      http: {
        method: request.method,
        path: decode(request.rawPath),
        protocol: "HTTP/1.1",
        sourceIp: request.sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: request.requestId,
      routeKey: route.key,
      stage: stage.name,
      time: requestTime(request.at),
      timeEpoch: request.at.getTime(),
    },
    ...(Object.keys(pathParameters).length > 0 ? { pathParameters } : {}),
    ...(Object.keys(stage.variables).length > 0 ? { stageVariables: stage.variables } : {}),
    ...(request.body.length > 0 ? { body: request.body.toString(text ? "utf8" : "base64") } : {}),
    isBase64Encoded: !text,
  };
}

/** The request's headers without those of the connection and without cookies, and with those that the gateway adds. */
export function headersOf(request: GatewayRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) headers[name] = [value].flat().join(",");
  }
  return {
    ...headers,
    "x-amzn-trace-id": request.traceHeader,
    "x-forwarded-for": [headers["x-forwarded-for"], request.sourceIp].filter(Boolean).join(", "),
    "x-forwarded-port": request.host.split(":")[1] ?? "80",
    "x-forwarded-proto": "http",
  };
}

/** Whether the body arrives as it is, and not as base64. */
export const isText = ({ body, headers }: GatewayRequest): boolean =>
  body.length === 0 || TEXT.test(headers["content-type"] ?? "text/plain");

/** Values of the same name are joined with commas. */
function queryOf(rawQuery: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(rawQuery)) {
    query[name] = name in query ? `${query[name]},${value}` : value;
  }
  return query;
}

/** `23/Nov/2026:12:03:48 +0000` */
export function requestTime(at: Date): string {
  const iso = at.toISOString();
  return `${iso.slice(8, 10)}/${MONTHS[at.getUTCMonth()]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}

export interface GatewayResponse {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly body: Buffer;
}

/**
 * What a function's answer becomes: with `statusCode` a response, anything else the JSON body of a 200. Undefined when
 * it has a form that API Gateway answers with 500.
 */
export function responseOf(payload: Buffer): GatewayResponse | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
  if (typeof answer !== "object" || answer === null || !("statusCode" in answer)) {
    const body = Buffer.from(typeof answer === "string" ? answer : JSON.stringify(answer));
    return { status: 200, headers: { "content-type": "application/json" }, body };
  }
  const {
    statusCode,
    headers = {},
    multiValueHeaders,
    body = "",
    cookies: setCookies,
    isBase64Encoded,
  } = answer as Record<string, unknown>;
  // A member may be null, as those of Go's own types are that nothing was put into.
  const cookies = setCookies ?? [];
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  if (typeof headers !== "object" || (typeof body !== "string" && body !== null) || !Array.isArray(cookies))
    return undefined;
  const given: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries({ ...headers, ...(multiValueHeaders as object | undefined) })) {
    if (value === null || value === undefined) continue;
    given[name.toLowerCase()] = Array.isArray(value) ? value.map(String) : String(value);
  }
  if (cookies.length > 0) given["set-cookie"] = [...[given["set-cookie"] ?? []].flat(), ...cookies.map(String)];
  given["content-type"] ??= "text/plain;charset=utf-8";
  return { status, headers: given, body: Buffer.from(body ?? "", isBase64Encoded === true ? "base64" : "utf8") };
}

import type { AccessLogSettings, Cors, RouteSettings } from "@aws-sdk/client-apigatewayv2";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Collection } from "../../core/store.ts";

export interface ApiRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly version: string | undefined;
  readonly cors: Cors | undefined;
  readonly disabled: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: string;
}

export interface RouteRecord {
  readonly id: string;
  /** `GET /orders/{id}`, `ANY /{proxy+}`, `$default`. */
  readonly key: string;
  readonly integrationId: string | undefined;
  readonly operationName: string | undefined;
  /** Left out: anybody may. */
  readonly authorizerId?: string | undefined;
  readonly authorizationScopes?: readonly string[] | undefined;
}

/** A JWT authorizer. */
export interface AuthorizerRecord {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly audience: readonly string[];
  /** `$request.header.Authorization` */
  readonly identitySource: string;
}

export interface IntegrationRecord {
  readonly id: string;
  /** ARN of the function, version or alias, without API Gateway's wrapping. */
  readonly functionArn: string;
  /** As it was given. */
  readonly uri: string;
  readonly description: string | undefined;
  readonly timeoutMs: number;
  /** Left out: 2.0. */
  readonly payloadFormat?: "1.0" | "2.0";
}

export interface StageRecord {
  readonly name: string;
  readonly description: string | undefined;
  readonly autoDeploy: boolean;
  readonly deploymentId: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly accessLog: AccessLogSettings | undefined;
  readonly defaultRouteSettings: RouteSettings | undefined;
  readonly routeSettings: Readonly<Record<string, RouteSettings>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What was there when it was made: a stage that doesn't deploy by itself serves this. */
export interface DeploymentRecord {
  readonly id: string;
  readonly description: string | undefined;
  readonly createdAt: string;
  readonly routes: readonly RouteRecord[];
  readonly integrations: readonly IntegrationRecord[];
  readonly authorizers?: readonly AuthorizerRecord[];
}

type Stored = Pick<Context, "collection">;
export const apis = (from: Stored): Collection<ApiRecord> => from.collection("apis");
/** Each by `<api id>/<own id>`. */
export const routes = (from: Stored): Collection<RouteRecord> => from.collection("routes");
export const integrations = (from: Stored): Collection<IntegrationRecord> => from.collection("integrations");
export const authorizers = (from: Stored): Collection<AuthorizerRecord> => from.collection("authorizers");
export const stages = (from: Stored): Collection<StageRecord> => from.collection("stages");
export const deployments = (from: Stored): Collection<DeploymentRecord> => from.collection("deployments");

/** Which account and region an API is in: its address says only its id. */
export const homes = (from: Pick<Context, "globalStore">): Collection<{ account: string; region: string }> =>
  from.globalStore.collection("homes");

export const ofApi = <T>(collection: Collection<T>, apiId: string): T[] =>
  collection.list(`${apiId}/`).map(({ value }) => value);

/** What an API serves now. */
export function snapshot(
  from: Stored,
  apiId: string,
): Pick<DeploymentRecord, "routes" | "integrations" | "authorizers"> {
  return {
    routes: ofApi(routes(from), apiId),
    integrations: ofApi(integrations(from), apiId),
    authorizers: ofApi(authorizers(from), apiId),
  };
}

export function getApi(context: Context, id: string | undefined): ApiRecord {
  const api = apis(context).get(id ?? "");
  if (api) return api;
  throw notFound(`Invalid API identifier specified ${context.account}:${id}`);
}

export function notFound(message: string): AwsError {
  return new AwsError("NotFoundException", message, { members: { ResourceType: undefined } });
}

export const badRequest = (message: string) => new AwsError("BadRequestException", message);
export const conflict = (message: string) => new AwsError("ConflictException", message);

export function unsupported(what: string): AwsError {
  return new AwsError("NotImplemented", `sandbox: API Gateway ${what} is not implemented`, { status: 501 });
}

/** Ten lower-case letters and digits, as AWS's ids are; an id in a host name may not begin with a digit alone. */
export const newId = ({ random }: Pick<Context, "random">) => random.token(10).toLowerCase();

const METHODS = new Set(["ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]);

/** Checks a route key, `GET /orders/{id}` or `$default`. Raises `BadRequestException`. */
export function requireRouteKey(key: string): string {
  if (key === "$default") return key;
  const [, method = "", path = ""] = /^(\S+) (\/.*)$/.exec(key) ?? [];
  const segments = path.split("/").slice(1);
  const right = segments.every((segment, index) => {
    const last = index === segments.length - 1;
    return /^\{[\w.:-]+\}$/.test(segment) || (last && /^\{[\w.:-]+\+\}$/.test(segment)) || !/[{}]/.test(segment);
  });
  if (METHODS.has(method) && right) return key;
  throw badRequest(
    `The provided route key is not formatted properly for HTTP protocol. Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default": ${key}`,
  );
}

const WRAPPED = /^arn:aws[\w-]*:apigateway:[\w-]+:lambda:path\/2015-03-31\/functions\/(arn:[^/]+)\/invocations$/;

/** The function of an integration's URI: API Gateway's own form, or the ARN itself. */
export function functionOf(uri: string): string {
  const arn = WRAPPED.exec(uri)?.[1] ?? uri;
  if (/^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/.test(arn)) return arn;
  throw badRequest(`The integration URI "${uri}" isn't the ARN of a Lambda function.`);
}

/** 50 to 30,000 ms, the longest an HTTP API waits. */
export function requireTimeout(ms: number | undefined): number {
  const given = ms ?? 30_000;
  if (Number.isInteger(given) && given >= 50 && given <= 30_000) return given;
  throw badRequest(`TimeoutInMillis must be from 50 to 30000, not ${given}.`);
}

/** The version of a Lambda integration's event. */
export function requirePayloadFormat(version: string): "1.0" | "2.0" {
  if (version === "1.0" || version === "2.0") return version;
  throw badRequest(`PayloadFormatVersion ${version} must be 1.0 or 2.0.`);
}

import { AwsError } from "../errors.ts";
import { header, type WireRequest } from "./message.ts";
import { type OperationModel, requiredMembers, type ServiceModel } from "./model.ts";

interface Route {
  readonly operation: OperationModel;
  readonly method: string;
  readonly pattern: RegExp;
  readonly labels: readonly string[];
  /** Query parameters that the operation's URI fixes: `?uploads`, `?list-type=2`. */
  readonly fixedQuery: readonly (readonly [string, string])[];
  /** Required members that travel in the query or the headers. */
  readonly required: readonly { query?: string | undefined; header?: string | undefined }[];
  /** Higher is more specific and is tried first. */
  readonly rank: number;
}

interface RouteMatch {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
}

export interface RouteRequest extends Pick<WireRequest, "method" | "query" | "headers"> {
  /** Path relative to the service's own root (S3: below the bucket). */
  readonly path: string;
}

/** Finds the operation of a REST request; `accepts` narrows where the URI alone is ambiguous (S3). */
export type Router = (request: RouteRequest, accepts?: (operation: string) => boolean) => RouteMatch | undefined;

/** SDK v3 repeats the operation's name in this query parameter where URIs collide. */
const OPERATION_HINT = "x-id";

/**
 * `strict` demands that required query and header members are there for a route to match. S3 needs it (a copy and a put
 * differ by a header alone); elsewhere it would turn a missing parameter into "no such operation".
 */
export function buildRouter(model: ServiceModel, options: { strict: boolean }): Router {
  const routes = [...model.operations.values()].flatMap(routeOf).sort((a, b) => b.rank - a.rank);
  return (request, accepts) => {
    const hint = request.query.get(OPERATION_HINT);
    for (const route of routes) {
      if (route.method !== request.method) continue;
      const match = route.pattern.exec(request.path);
      if (!match || (hint !== null && hint !== route.operation.name)) continue;
      if (!route.fixedQuery.every(([key, value]) => hasQuery(request.query, key, value))) continue;
      if (options.strict && !route.required.every((member) => isPresent(request, member))) continue;
      if (accepts && !accepts(route.operation.name)) continue;
      const labels = route.labels.map((name, index) => [name, decodeLabel(match[index + 1] ?? "")] as const);
      return { operation: route.operation, labels: Object.fromEntries(labels) };
    }
    return undefined;
  };
}

function routeOf(operation: OperationModel): Route[] {
  if (!operation.http) return [];
  const [method, uri] = operation.http;
  const [path = "", query = ""] = uri.split("?");
  const labels: string[] = [];
  const source = path
    .replace(/[.*^$()|[\]\\]/g, "\\$&")
    .replace(/\{(\w+)(\+)?\}/g, (_, name: string, greedy: string | undefined) => {
      labels.push(name);
      return greedy ? "(.+)" : "([^/]+)";
    });
  const fixedQuery = [...new URLSearchParams(query)].filter(([key]) => key !== OPERATION_HINT);
  const required = requiredMembers(operation.input)
    .map((name) => operation.input.getMemberSchema(name).getMergedTraits())
    .filter((traits) => traits.httpQuery || traits.httpHeader)
    .map((traits) => ({ query: traits.httpQuery, header: traits.httpHeader?.toLowerCase() }));
  const literal = path.replace(/\{[^}]*\}/g, "").length;
  const rank = required.length * 100 + fixedQuery.length * 1000 + literal;
  return [{ operation, method, pattern: new RegExp(`^${source}/?$`), labels, fixedQuery, required, rank }];
}

function hasQuery(query: URLSearchParams, key: string, value: string): boolean {
  return query.has(key) && (value === "" || query.get(key) === value);
}

function isPresent(request: RouteRequest, member: Route["required"][number]): boolean {
  if (member.query) return request.query.has(member.query);
  return member.header === undefined || header(request as WireRequest, member.header) !== undefined;
}

export function decodeLabel(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError("InvalidURI", `Couldn't parse the specified URI "${text}".`);
  }
}

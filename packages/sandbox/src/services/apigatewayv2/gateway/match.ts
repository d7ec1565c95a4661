import type { RouteRecord } from "../records.ts";

export interface Match {
  readonly route: RouteRecord;
  readonly pathParameters: Readonly<Record<string, string>>;
}

/**
 * The route of a request. Of several that fit, the one whose path is most exact segment by segment (text, then a
 * parameter, then `{proxy+}`), then the one that names the method; `$default` when none does.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 *
 * AWS's pages don't say what a trailing slash means, and reports differ; here `/orders/` isn't `/orders`, so that what
 * works in the sandbox doesn't fail on AWS.
 */
export function matchRoute(routes: readonly RouteRecord[], method: string, path: string): Match | undefined {
  const given = segmentsOf(path);
  let best: { match: Match; rank: string } | undefined;
  for (const route of routes) {
    if (route.key === "$default") continue;
    const [verb = "", pattern = ""] = route.key.split(/ (.*)/s);
    if (verb !== "ANY" && verb !== method) continue;
    const found = matchPath(segmentsOf(pattern), given);
    if (!found) continue;
    const rank = `${found.rank}${verb === "ANY" ? "0" : "1"}`;
    if (!best || rank > best.rank) best = { match: { route, pathParameters: found.parameters }, rank };
  }
  if (best) return best.match;
  const fallback = routes.find(({ key }) => key === "$default");
  return fallback && { route: fallback, pathParameters: {} };
}

/** The root has none; a trailing slash makes a last one that is empty, and so another path. */
function segmentsOf(path: string): string[] {
  return path === "/" ? [] : path.split("/").slice(1);
}

/** A digit for each segment: 3 text, 2 parameter, 1 the rest of the path. */
function matchPath(
  pattern: readonly string[],
  given: readonly string[],
): { parameters: Record<string, string>; rank: string } | undefined {
  const parameters: Record<string, string> = {};
  let rank = "";
  for (const [index, segment] of pattern.entries()) {
    const greedy = /^\{(.+)\+\}$/.exec(segment)?.[1];
    const value = given[index];
    if (greedy !== undefined) {
      if (value === undefined) return undefined;
      parameters[greedy] = given.slice(index).map(decode).join("/");
      return { parameters, rank: `${rank}1` };
    }
    if (value === undefined) return undefined;
    const name = /^\{(.+)\}$/.exec(segment)?.[1];
    if (name !== undefined && value === "") return undefined;
    if (name === undefined && segment !== value && segment !== decode(value)) return undefined;
    if (name !== undefined) parameters[name] = decode(value);
    rank += name === undefined ? "3" : "2";
  }
  return given.length === pattern.length ? { parameters, rank: `${rank}4` } : undefined;
}

export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign is itself.
    return text;
  }
}

import type { IncomingHttpHeaders } from "node:http";
import type { Cors } from "@aws-sdk/client-apigatewayv2";

/**
 * The headers that an API's CORS settings add for this origin; none where it isn't allowed. A function's own CORS
 * headers are overwritten, as on AWS. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function corsHeaders(cors: Cors, { origin }: IncomingHttpHeaders): Record<string, string> {
  const allowed = cors.AllowOrigins ?? [];
  if (origin === undefined || !allowed.some((pattern) => isAllowed(pattern, origin))) return {};
  const any = allowed.includes("*") && cors.AllowCredentials !== true;
  return {
    "access-control-allow-origin": any ? "*" : origin,
    ...(any ? {} : { vary: "Origin" }),
    ...(cors.AllowCredentials ? { "access-control-allow-credentials": "true" } : {}),
    ...(cors.ExposeHeaders?.length ? { "access-control-expose-headers": cors.ExposeHeaders.join(",") } : {}),
  };
}

/** What a preflight is answered beside `corsHeaders`. */
export function preflightHeaders(cors: Cors): Record<string, string> {
  return {
    ...(cors.AllowMethods?.length ? { "access-control-allow-methods": cors.AllowMethods.join(",") } : {}),
    ...(cors.AllowHeaders?.length ? { "access-control-allow-headers": cors.AllowHeaders.join(",") } : {}),
    ...(cors.MaxAge === undefined ? {} : { "access-control-max-age": String(cors.MaxAge) }),
  };
}

export const isPreflight = (method: string, headers: IncomingHttpHeaders) =>
  method === "OPTIONS" && headers.origin !== undefined && headers["access-control-request-method"] !== undefined;

/** `*`, `https://*`, or the origin itself. */
function isAllowed(pattern: string, origin: string): boolean {
  if (pattern === "*" || pattern === origin) return true;
  return pattern.endsWith("://*") && origin.startsWith(pattern.slice(0, -1));
}

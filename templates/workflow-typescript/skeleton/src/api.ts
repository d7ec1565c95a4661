import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { HttpError, type Reply } from "./http.ts";
import { logger } from "./logger.ts";
import { type Route, routes } from "./routes.ts";
import { flushTraces, inSpan } from "./telemetry.ts";

/**
 * Answers one request. An error that a route expects becomes its answer. Any other is thrown on: the API answers 500,
 * Lambda counts it, and the alarm on errors sees it.
 */
export async function handler(
  event: APIGatewayProxyEventV2,
  context: Context,
): Promise<APIGatewayProxyStructuredResultV2> {
  const startedAt = performance.now();
  const correlationId = correlationIdOf(event);
  logger.addContext(context);
  logger.resetKeys();
  logger.appendKeys({ correlation_id: correlationId, route: event.routeKey });
  const tookMs = () => Math.round((performance.now() - startedAt) * 10) / 10;
  try {
    const { status, body } = await inSpan(event.routeKey, attributesOf(event), () => answer(event));
    logger.info("request answered", { status, duration_ms: tookMs() });
    return {
      statusCode: status,
      headers: { "content-type": "application/json; charset=utf-8", "x-correlation-id": correlationId },
      body: JSON.stringify(body),
    };
  } catch (error) {
    logger.error("request failed", { error: error as Error, duration_ms: tookMs() });
    throw error;
  } finally {
    await flushTraces();
  }
}

const attributesOf = ({ routeKey, rawPath, requestContext }: APIGatewayProxyEventV2) => ({
  "http.request.method": requestContext.http.method,
  "http.route": routeKey.replace(/^\S+ /, ""),
  "url.path": rawPath,
});

async function answer(event: APIGatewayProxyEventV2): Promise<Reply> {
  const route: Route | undefined = Object.hasOwn(routes, event.routeKey) ? routes[event.routeKey] : undefined;
  try {
    if (!route) throw new HttpError(404, "not-found", `There is no ${event.routeKey}.`);
    return await route(event);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { status: error.status, body: { error: { code: error.code, message: error.message } } };
  }
}

/** The caller's own id where it is a plain one: it goes into logs and back to the caller. */
function correlationIdOf({ headers, requestContext }: APIGatewayProxyEventV2): string {
  const given = headers["x-correlation-id"] ?? "";
  return /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : requestContext.requestId;
}

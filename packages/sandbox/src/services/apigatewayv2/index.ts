import * as sdk from "@aws-sdk/client-apigatewayv2";
import type { FrontDefinition } from "../../core/fronts.ts";
import { defineService } from "../../core/service.ts";
import { apiOperations } from "./apis.ts";
import { authorizerOperations } from "./authorizers.ts";
import { createAccessLog } from "./gateway/access-log.ts";
import { createGateway } from "./gateway/front.ts";
import { createTokenVerifier } from "./gateway/jwt.ts";
import { createRequestMetrics } from "./gateway/metrics.ts";
import { createThrottle } from "./gateway/throttle.ts";
import { routeOperations } from "./routes.ts";
import { stageOperations } from "./stages.ts";

/**
 * Amazon API Gateway v2, HTTP APIs: by hand, by quick create or from an OpenAPI 3 body as SAM writes it; routes, Lambda
 * proxy integrations (payload formats 2.0 and 1.0), stages with or without automatic deployment, JWT authorizers with
 * scopes, throttling, access logs, CORS, tags. They answer at `<gateway>/<api id>/`, where AWS has the id in the host name;
 * a function is invoked only if its policy allows the API.
 *
 * Gaps, refused by name: WebSocket APIs, Lambda and IAM authorizers, other integrations, credentials of an
 * integration. Gaps, kept as settings without effect: detailed metrics. Custom domains, VPC
 * links, models, request parameters and exports answer 501. HTTP APIs write no traces, as on AWS.
 * https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/
 */
export const apiGatewayV2 = defineService({
  sdk,
  client: "ApiGatewayV2Client",
  operations: { ...apiOperations, ...routeOperations, ...authorizerOperations, ...stageOperations },
});

/** The HTTP APIs themselves. */
export const gateway: FrontDefinition = {
  name: "gateway",
  service: apiGatewayV2,
  handler(runtime) {
    const metrics = createRequestMetrics(runtime);
    const accessLog = createAccessLog(runtime);
    const guards = { tokens: createTokenVerifier(runtime.clock), throttle: createThrottle(runtime.clock) };
    return {
      handle: createGateway(runtime, { metrics, accessLog, ...guards }),
      stop: async () => {
        await Promise.all([metrics.flush(), accessLog.flush()]);
      },
    };
  },
};

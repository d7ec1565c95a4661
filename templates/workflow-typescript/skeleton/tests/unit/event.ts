import type { APIGatewayProxyEventV2, Context } from "aws-lambda";

/** A request as API Gateway hands it on, payload format 2.0. */
export function eventFor(routeKey: string, more: Partial<APIGatewayProxyEventV2> = {}): APIGatewayProxyEventV2 {
  const [method = "GET", path = "/"] = routeKey.split(" ");
  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: "",
    headers: {},
    isBase64Encoded: false,
    requestContext: {
      accountId: "anonymous",
      apiId: "api",
      domainName: "localhost",
      domainPrefix: "localhost",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "test" },
      requestId: "request-1",
      routeKey,
      stage: "$default",
      time: "01/Jan/2026:00:00:00 +0000",
      timeEpoch: 1767225600000,
    },
    ...more,
  };
}

export const context = {
  functionName: "service",
  functionVersion: "1",
  memoryLimitInMB: "256",
  invokedFunctionArn: "service",
  awsRequestId: "00000000-0000-4000-8000-000000000000",
} as Context;

import type { ApiRecord, StageRecord } from "../records.ts";
import type { Authorized } from "./jwt.ts";
import { decode, type Match } from "./match.ts";
import { type GatewayRequest, headersOf, isText, requestTime } from "./payload.ts";

/**
 * The event of payload format 1.0, as REST APIs give it.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function eventOfFormat1(
  request: GatewayRequest,
  api: ApiRecord,
  stage: StageRecord,
  { route, pathParameters }: Match,
  authorized: Authorized | undefined,
): object {
  const headers = headersOf(request);
  const cookie = request.headers.cookie === undefined ? {} : { cookie: request.headers.cookie };
  const single = { ...headers, ...cookie };
  const several = Object.fromEntries(Object.entries(single).map(([name, value]) => [name, [value]]));
  const query: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(request.rawQuery)) query[name] = [...(query[name] ?? []), value];
  const hasQuery = Object.keys(query).length > 0;
  const resource = route.key === "$default" ? "$default" : (route.key.split(/ (.*)/s)[1] ?? "");
  const text = isText(request);
  return {
    version: "1.0",
    resource,
    path: decode(request.rawPath),
    httpMethod: request.method,
    headers: single,
    multiValueHeaders: several,
    queryStringParameters: hasQuery
      ? Object.fromEntries(Object.entries(query).map(([name, values]) => [name, values.at(-1) ?? ""]))
      : null,
    multiValueQueryStringParameters: hasQuery ? query : null,
    requestContext: {
      accountId: request.account,
      apiId: api.id,
      ...(authorized ? { authorizer: { claims: authorized.claims, scopes: authorized.scopes } } : {}),
      domainName: request.host,
      domainPrefix: api.id,
      extendedRequestId: request.requestId,
      httpMethod: request.method,
      identity: {
        ...{ accessKey: null, accountId: null, caller: null, cognitoAuthenticationProvider: null },
        ...{ cognitoAuthenticationType: null, cognitoIdentityId: null, cognitoIdentityPoolId: null },
        ...{ principalOrgId: null, sourceIp: request.sourceIp, user: null },
        ...{ userAgent: headers["user-agent"] ?? "", userArn: null },
      },
      path: decode(request.rawPath),
      protocol: "HTTP/1.1",
      requestId: request.requestId,
      requestTime: requestTime(request.at),
      requestTimeEpoch: request.at.getTime(),
      resourceId: route.key,
      resourcePath: resource,
      stage: stage.name,
    },
    pathParameters: Object.keys(pathParameters).length > 0 ? pathParameters : null,
    stageVariables: Object.keys(stage.variables).length > 0 ? stage.variables : null,
    body: request.body.length > 0 ? request.body.toString(text ? "utf8" : "base64") : null,
    isBase64Encoded: !text,
  };
}

import {
  ApiGatewayV2Client,
  CreateApiCommand,
  CreateDeploymentCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand,
  GetRoutesCommand,
  ImportApiCommand,
  ReimportApiCommand,
} from "@aws-sdk/client-apigatewayv2";
import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { AddPermissionCommand, CreateAliasCommand } from "@aws-sdk/client-lambda";
import { GetTraceSummariesCommand, XRayClient } from "@aws-sdk/client-xray";
import { expect, test } from "vitest";
import { clientSettings, DEV, sandboxForTest } from "../../../test/support.ts";
import { eventually, lambdaIn, reported, telemetryFronts } from "../lambda/test/functions.ts";

const ECHO = `export const handler = async (event) => {
  if (event.rawPath === "/throws") throw new Error("no stock");
  if (event.rawPath === "/wrong") return { statusCode: "many" };
  if (event.rawPath === "/text") return "just text";
  if (event.rawPath === "/set") return { statusCode: 201, headers: { "X-Order": "7" }, cookies: ["a=1", "b=2"],
    body: Buffer.from([1, 2, 255]).toString("base64"), isBase64Encoded: true };
  if (event.rawPath === "/nulls") return { statusCode: 204, headers: null, multiValueHeaders: null, body: null, cookies: null };
  if (event.rawPath === "/slow") await new Promise((done) => setTimeout(done, 2000));
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(event) };
};`;

const arnOf = (name: string) => `arn:aws:lambda:eu-west-1:${DEV}:function:${name}`;
const wrapped = (arn: string) => `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${arn}/invocations`;

/** As SAM writes an HttpApi. */
function openApi(routes: Record<string, string[]>, target: string, extra: object = {}) {
  const integration = {
    type: "aws_proxy",
    httpMethod: "POST",
    payloadFormatVersion: "2.0",
    uri: wrapped(target),
    ...extra,
  };
  const paths = Object.fromEntries(
    Object.entries(routes).map(([path, methods]) => [
      path,
      Object.fromEntries(
        methods.map((method) => [method, { "x-amazon-apigateway-integration": integration, responses: {} }]),
      ),
    ]),
  );
  return {
    openapi: "3.0.1",
    info: { title: "orders", version: "1.0" },
    paths,
    tags: [{ name: "service", "x-amazon-apigateway-tag-value": "orders" }],
  };
}

/** A function behind an alias, and an API imported from OpenAPI that may invoke it. */
async function ordersApi(body: (target: string) => object) {
  const sandbox = await sandboxForTest({ fronts: telemetryFronts });
  const functions = lambdaIn(sandbox);
  await functions.create("orders", ECHO, { Publish: true, Timeout: 10, TracingConfig: { Mode: "Active" } });
  await functions.client.send(new CreateAliasCommand({ FunctionName: "orders", Name: "live", FunctionVersion: "1" }));
  const client = new ApiGatewayV2Client(clientSettings(sandbox, DEV));
  const target = `${arnOf("orders")}:live`;
  const { ApiId = "", ApiEndpoint = "" } = await client.send(
    new ImportApiCommand({ Body: JSON.stringify(body(target)) }),
  );
  await client.send(new CreateStageCommand({ ApiId, StageName: "$default", AutoDeploy: true }));
  const permit = (SourceArn = `arn:aws:execute-api:eu-west-1:${DEV}:${ApiId}/*/*`) =>
    functions.client.send(
      new AddPermissionCommand({
        ...{ FunctionName: "orders", Qualifier: "live", StatementId: "api", Action: "lambda:InvokeFunction" },
        ...{ Principal: "apigateway.amazonaws.com", SourceArn },
      }),
    );
  return { sandbox, client, ApiId, ApiEndpoint, target, permit, functions };
}

test("a request reaches the function as payload 2.0, and its metrics, logs and trace are those of this request", async () => {
  const { sandbox, ApiId, ApiEndpoint, permit } = await ordersApi((target) =>
    openApi({ "/orders/{id}": ["get", "post"], "/files/{proxy+}": ["x-amazon-apigateway-any-method"] }, target),
  );
  await permit();
  const root = `1-${Math.floor(Date.now() / 1000).toString(16)}-0123456789abcdef01234567`;
  const response = await fetch(`${ApiEndpoint}/orders/a%20b?x=1&x=2&y=z`, {
    method: "POST",
    headers: { cookie: "a=1; b=2", "content-type": "application/json", "x-amzn-trace-id": `Root=${root};Sampled=1` },
    body: JSON.stringify({ n: 1 }),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("apigw-requestid")).toMatch(/^\w{15}$/);
  const event = (await response.json()) as Record<string, unknown>;
  expect(event).toMatchObject({
    version: "2.0",
    routeKey: "POST /orders/{id}",
    rawPath: "/orders/a b",
    rawQueryString: "x=1&x=2&y=z",
    cookies: ["a=1", "b=2"],
    queryStringParameters: { x: "1,2", y: "z" },
    pathParameters: { id: "a b" },
    headers: { "content-type": "application/json", "x-forwarded-proto": "http" },
    body: '{"n":1}',
    isBase64Encoded: false,
    requestContext: {
      ...{ accountId: DEV, apiId: ApiId, routeKey: "POST /orders/{id}", stage: "$default" },
      http: { method: "POST", path: "/orders/a b", protocol: "HTTP/1.1" },
      requestId: response.headers.get("apigw-requestid"),
    },
  });
  expect(event.headers).not.toHaveProperty("cookie");

  const now = Date.now();
  const range = { StartTime: new Date(now - 3_600_000), EndTime: new Date(now + 60_000) };
  const xray = new XRayClient(clientSettings(sandbox, DEV));
  const ids = await eventually(async () => {
    const { TraceSummaries = [] } = await xray.send(
      new GetTraceSummariesCommand({ ...range, FilterExpression: 'service("orders")' }),
    );
    return TraceSummaries.length > 0 && TraceSummaries.map(({ Id }) => Id);
  });
  expect(ids).toEqual([root]);
  const cloudwatch = new CloudWatchClient(clientSettings(sandbox, DEV));
  const metric = (Id: string, MetricName: string) => {
    const Metric = { Namespace: "AWS/ApiGateway", MetricName, Dimensions: [{ Name: "ApiId", Value: ApiId }] };
    return { Id, MetricStat: { Metric, Period: 3600, Stat: "Sum" } };
  };
  expect((await fetch(`${ApiEndpoint}/nothing`)).status).toBe(404);
  const MetricDataQueries = [metric("all", "Count"), metric("client", "4xx"), metric("server", "5xx")];
  const values = await eventually(async () => {
    const answer = await cloudwatch.send(new GetMetricDataCommand({ ...range, MetricDataQueries }));
    const found = answer.MetricDataResults?.map(({ Values }) => (Values ?? []).reduce((a, b) => a + b, 0));
    return found?.[0] === 2 && found;
  });
  expect(values).toEqual([2, 1, 0]);
  const logs = new CloudWatchLogsClient(clientSettings(sandbox, DEV));
  const reports = (await reported(logs, "/aws/lambda/orders")).filter(({ message }) => message?.startsWith("REPORT"));
  expect(reports).toHaveLength(1);
  expect(reports[0]?.message).toContain(root);
});

test("the most exact route wins, ANY after the method, $default last", async () => {
  const routes = {
    "/orders/{id}": ["get"],
    "/orders/new": ["get", "x-amazon-apigateway-any-method"],
    "/orders/{proxy+}": ["x-amazon-apigateway-any-method"],
    $default: ["x-amazon-apigateway-any-method"],
  };
  const { ApiEndpoint, permit, client, ApiId } = await ordersApi((target) => openApi(routes, target));
  await permit();
  const keyOf = async (path: string, method = "GET") => {
    const event = (await (await fetch(`${ApiEndpoint}${path}`, { method })).json()) as { routeKey: string };
    return event.routeKey;
  };
  expect(await keyOf("/orders/7")).toBe("GET /orders/{id}");
  expect(await keyOf("/orders/7/")).toBe("ANY /orders/{proxy+}");
  expect(await keyOf("/orders/")).toBe("ANY /orders/{proxy+}");
  expect(await keyOf("/orders/new")).toBe("GET /orders/new");
  expect(await keyOf("/orders/new", "DELETE")).toBe("ANY /orders/new");
  expect(await keyOf("/orders/7", "DELETE")).toBe("ANY /orders/{proxy+}");
  expect(await keyOf("/orders/7/items")).toBe("ANY /orders/{proxy+}");
  expect(await keyOf("/elsewhere")).toBe("$default");
  expect(await keyOf("/")).toBe("$default");
  const { Items } = await client.send(new GetRoutesCommand({ ApiId }));
  expect(Items?.map(({ RouteKey }) => RouteKey)).toHaveLength(5);
});

test("answers become responses, and what can't is a 500 that tells nothing", async () => {
  const { ApiEndpoint, permit, client, ApiId, target } = await ordersApi((to) =>
    openApi({ $default: ["x-amazon-apigateway-any-method"] }, to),
  );
  const failure = { message: "Internal Server Error" };
  const refused = await fetch(`${ApiEndpoint}/text`);
  expect([refused.status, await refused.json()]).toEqual([500, failure]);
  await permit();
  const text = await fetch(`${ApiEndpoint}/text`);
  expect([text.status, text.headers.get("content-type"), await text.text()]).toEqual([
    200,
    "application/json",
    "just text",
  ]);
  const set = await fetch(`${ApiEndpoint}/set`);
  expect([set.status, set.headers.get("x-order"), set.headers.getSetCookie()]).toEqual([201, "7", ["a=1", "b=2"]]);
  expect([...new Uint8Array(await set.arrayBuffer())]).toEqual([1, 2, 255]);
  expect((await fetch(`${ApiEndpoint}/nulls`)).status).toBe(204);
  for (const path of ["/throws", "/wrong"]) {
    const failed = await fetch(`${ApiEndpoint}${path}`);
    expect([failed.status, await failed.json()]).toEqual([500, failure]);
  }
  expect((await fetch(`${new URL(ApiEndpoint).origin}/nosuchapi/`)).status).toBe(404);

  const Body = JSON.stringify(openApi({ "/slow": ["get"] }, target, { timeoutInMillis: 300 }));
  await client.send(new ReimportApiCommand({ ApiId, Body }));
  const slow = await fetch(`${ApiEndpoint}/slow`);
  expect([slow.status, await slow.json()]).toEqual([503, { message: "Service Unavailable" }]);
  const gone = await fetch(`${ApiEndpoint}/text`);
  expect([gone.status, await gone.json()]).toEqual([404, { message: "Not Found" }]);
});

test("a function whose permission names another route of the API isn't invoked", async () => {
  const { ApiId, ApiEndpoint, permit } = await ordersApi((target) =>
    openApi({ "/orders": ["get"], "/admin": ["get"] }, target),
  );
  await permit(`arn:aws:execute-api:eu-west-1:${DEV}:${ApiId}/*/GET/orders`);
  expect((await fetch(`${ApiEndpoint}/orders`)).status).toBe(200);
  expect((await fetch(`${ApiEndpoint}/admin`)).status).toBe(500);
});

test("CORS settings answer preflights and mark responses for allowed origins alone", async () => {
  const { ApiEndpoint, permit } = await ordersApi((target) => ({
    ...openApi({ "/orders": ["get"] }, target),
    "x-amazon-apigateway-cors": { allowOrigins: ["https://shop.example"], allowMethods: ["GET"], maxAge: 60 },
  }));
  await permit();
  const preflight = await fetch(`${ApiEndpoint}/orders`, {
    method: "OPTIONS",
    headers: { origin: "https://shop.example", "access-control-request-method": "GET" },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-methods")).toBe("GET");
  expect(preflight.headers.get("access-control-max-age")).toBe("60");
  const origin = async (given: string) =>
    (await fetch(`${ApiEndpoint}/orders`, { headers: { origin: given } })).headers.get("access-control-allow-origin");
  expect(await origin("https://shop.example")).toBe("https://shop.example");
  expect(await origin("https://evil.example")).toBe(null);
});

test("a stage without automatic deployment serves what was deployed, under its name", async () => {
  const sandbox = await sandboxForTest({ fronts: telemetryFronts });
  const functions = lambdaIn(sandbox);
  await functions.create("orders", ECHO);
  const client = new ApiGatewayV2Client(clientSettings(sandbox, DEV));
  const { ApiId = "", ApiEndpoint } = await client.send(new CreateApiCommand({ Name: "orders", ProtocolType: "HTTP" }));
  await functions.client.send(
    new AddPermissionCommand({
      ...{ FunctionName: "orders", StatementId: "api", Action: "lambda:InvokeFunction" },
      Principal: "apigateway.amazonaws.com",
    }),
  );
  const { IntegrationId } = await client.send(
    new CreateIntegrationCommand({
      ...{ ApiId, IntegrationType: "AWS_PROXY", PayloadFormatVersion: "2.0", IntegrationUri: arnOf("orders") },
    }),
  );
  const route = (RouteKey: string) =>
    client.send(new CreateRouteCommand({ ApiId, RouteKey, Target: `integrations/${IntegrationId}` }));
  await route("GET /orders");
  await client.send(new CreateStageCommand({ ApiId, StageName: "v1", StageVariables: { level: "1" } }));
  expect((await fetch(`${ApiEndpoint}/v1/orders`)).status).toBe(404);
  await client.send(new CreateDeploymentCommand({ ApiId, StageName: "v1" }));
  await route("GET /later");
  const event = (await (await fetch(`${ApiEndpoint}/v1/orders`)).json()) as object;
  expect(event).toMatchObject({
    rawPath: "/v1/orders",
    stageVariables: { level: "1" },
    requestContext: { stage: "v1" },
  });
  expect((await fetch(`${ApiEndpoint}/v1/later`)).status).toBe(404);
  expect((await fetch(`${ApiEndpoint}/orders`)).status).toBe(404);
  await expect(route("GET /orders")).rejects.toThrow(expect.objectContaining({ name: "ConflictException" }));
  await expect(route("FETCH orders")).rejects.toThrow(expect.objectContaining({ name: "BadRequestException" }));
});

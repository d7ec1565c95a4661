import { generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  ApiGatewayV2Client,
  CreateApiCommand,
  CreateAuthorizerCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand,
  ImportApiCommand,
} from "@aws-sdk/client-apigatewayv2";
import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { AddPermissionCommand } from "@aws-sdk/client-lambda";
import { expect, onTestFinished, test } from "vitest";
import { clientSettings, DEV, sandboxForTest } from "../../../test/support.ts";
import { eventually, lambdaIn, telemetryFronts } from "../lambda/test/functions.ts";

const FUNCTION = `arn:aws:lambda:eu-west-1:${DEV}:function:orders`;

async function gateway() {
  const sandbox = await sandboxForTest({ fronts: telemetryFronts });
  const functions = lambdaIn(sandbox);
  const source = "export const handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });";
  await functions.create("orders", source);
  const permission = { FunctionName: "orders", StatementId: "api", Action: "lambda:InvokeFunction" };
  await functions.client.send(new AddPermissionCommand({ ...permission, Principal: "apigateway.amazonaws.com" }));
  const client = new ApiGatewayV2Client(clientSettings(sandbox, DEV));
  const { ApiId = "", ApiEndpoint = "" } = await client.send(
    new CreateApiCommand({ Name: "orders", ProtocolType: "HTTP" }),
  );
  const integrate = async (PayloadFormatVersion: string) => {
    const target = { IntegrationType: "AWS_PROXY" as const, IntegrationUri: FUNCTION };
    const made = await client.send(new CreateIntegrationCommand({ ApiId, ...target, PayloadFormatVersion }));
    return `integrations/${made.IntegrationId}`;
  };
  return { sandbox, client, ApiId, ApiEndpoint, integrate };
}

/** An issuer of tokens on a port of its own. */
async function issuer() {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const server = createServer((request, response) => {
    const jwks = { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "one", use: "sig" }] };
    const isKeys = request.url === "/keys";
    response.end(JSON.stringify(isKeys ? jwks : { issuer: url, jwks_uri: `${url}/keys` }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return {
    url,
    token(claims: object, key = privateKey) {
      const exp = Math.floor(Date.now() / 1000) + 600;
      const text = `${encode({ alg: "RS256", kid: "one" })}.${encode({ iss: url, aud: "shop", exp, ...claims })}`;
      return `${text}.${sign("RSA-SHA256", Buffer.from(text), key).toString("base64url")}`;
    },
  };
}

test("a JWT authorizer lets in who has a right token with a scope of the route, and says why it doesn't", async () => {
  const { client, ApiId, ApiEndpoint, integrate } = await gateway();
  const { url, token } = await issuer();
  const { AuthorizerId } = await client.send(
    new CreateAuthorizerCommand({
      ...{ ApiId, Name: "people", AuthorizerType: "JWT", IdentitySource: ["$request.header.Authorization"] },
      JwtConfiguration: { Issuer: url, Audience: ["shop"] },
    }),
  );
  const guarded = { ApiId, RouteKey: "GET /orders", AuthorizationType: "JWT" as const, AuthorizerId };
  const Target = await integrate("2.0");
  await client.send(new CreateRouteCommand({ ...guarded, Target, AuthorizationScopes: ["orders:read"] }));
  await client.send(new CreateStageCommand({ ApiId, StageName: "$default", AutoDeploy: true }));
  const ask = async (authorization?: string) => {
    const response = await fetch(`${ApiEndpoint}/orders`, { headers: authorization ? { authorization } : {} });
    const body = (await response.json()) as { message?: string; requestContext?: { authorizer: unknown } };
    return { status: response.status, body, why: response.headers.get("www-authenticate") };
  };
  expect(await ask()).toMatchObject({ status: 401, body: { message: "Unauthorized" } });
  const right = await ask(`Bearer ${token({ sub: "7", scope: "orders:read more", groups: ["a", "b"] })}`);
  expect(right.status).toBe(200);
  expect(right.body.requestContext?.authorizer).toEqual({
    jwt: {
      claims: expect.objectContaining({
        sub: "7",
        groups: "[a b]",
        scope: "orders:read more",
        exp: expect.any(String),
      }),
      scopes: ["orders:read"],
    },
  });
  expect(await ask(token({ scope: "other" }))).toMatchObject({
    ...{ status: 403, body: { message: "Forbidden" } },
    why: expect.stringContaining("insufficient_scope"),
  });
  const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  for (const [wrong, why] of [
    [token({ exp: 1 }), "the token has expired"],
    [token({ aud: "other" }), "invalid audience"],
    [token({ iss: "https://other.example" }), "invalid issuer"],
    [token({ scope: "orders:read" }, stranger), "signature is invalid"],
    [`${Buffer.from('{"alg":"none"}').toString("base64url")}.e30.`, "signing method is invalid"],
    ["no.token", "the token is malformed"],
  ]) {
    expect([(await ask(wrong)).status, (await ask(wrong)).why]).toEqual([401, expect.stringContaining(why ?? "")]);
  }
});

test("a document's security guards its routes, and other kinds of authorizers are refused by name", async () => {
  const { client, sandbox } = await gateway();
  const { url } = await issuer();
  const document = (type: string) => ({
    openapi: "3.0.1",
    info: { title: "shop" },
    components: {
      securitySchemes: {
        people: {
          type: "oauth2",
          "x-amazon-apigateway-authorizer": {
            ...{ type, identitySource: "$request.header.Authorization" },
            jwtConfiguration: { issuer: url, audience: ["shop"] },
          },
        },
      },
    },
    security: [{ people: [] }],
    paths: {
      "/private": { get: { "x-amazon-apigateway-integration": { type: "aws_proxy", uri: FUNCTION } } },
      "/public": { get: { security: [], "x-amazon-apigateway-integration": { type: "aws_proxy", uri: FUNCTION } } },
    },
  });
  const { ApiId = "" } = await client.send(new ImportApiCommand({ Body: JSON.stringify(document("jwt")) }));
  await client.send(new CreateStageCommand({ ApiId, StageName: "$default", AutoDeploy: true }));
  const { gatewayUrl } = sandbox;
  const status = async (path: string) => (await fetch(`${gatewayUrl}/${ApiId}${path}`)).status;
  expect([await status("/private"), await status("/public")]).toEqual([401, 200]);
  await expect(client.send(new ImportApiCommand({ Body: JSON.stringify(document("request")) }))).rejects.toThrow(
    "sandbox: API Gateway authorizer people of type request is not implemented",
  );
});

test("a stage's throttling answers 429 beyond its burst, and its access log has a line for each request", async () => {
  const { sandbox, client, ApiId, ApiEndpoint, integrate } = await gateway();
  const logs = new CloudWatchLogsClient(clientSettings(sandbox, DEV));
  await logs.send(new CreateLogGroupCommand({ logGroupName: "/api/orders" }));
  await client.send(new CreateRouteCommand({ ApiId, RouteKey: "GET /orders/{id}", Target: await integrate("1.0") }));
  await client.send(
    new CreateStageCommand({
      ...{ ApiId, StageName: "$default", AutoDeploy: true },
      DefaultRouteSettings: { ThrottlingBurstLimit: 2, ThrottlingRateLimit: 0.01 },
      AccessLogSettings: {
        DestinationArn: `arn:aws:logs:eu-west-1:${DEV}:log-group:/api/orders`,
        Format: "$context.httpMethod $context.routeKey $context.status $context.error.message $context.nothing",
      },
    }),
  );
  const first = await fetch(`${ApiEndpoint}/orders/7?x=1&x=2`);
  expect(await first.json()).toMatchObject({
    ...{ version: "1.0", resource: "/orders/{id}", path: "/orders/7", httpMethod: "GET", body: null },
    ...{ pathParameters: { id: "7" }, queryStringParameters: { x: "2" } },
    multiValueQueryStringParameters: { x: ["1", "2"] },
    requestContext: { resourcePath: "/orders/{id}", stage: "$default", identity: { sourceIp: "127.0.0.1" } },
  });
  expect((await fetch(`${ApiEndpoint}/orders/8`)).status).toBe(200);
  const refused = await fetch(`${ApiEndpoint}/orders/9`);
  expect([refused.status, await refused.json()]).toEqual([429, { message: "Too Many Requests" }]);
  sandbox.clock.advance(100_000);
  expect((await fetch(`${ApiEndpoint}/orders/9`)).status).toBe(200);
  const lines = await eventually(async () => {
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: "/api/orders" }));
    return events.length === 4 && events.map(({ message }) => message);
  });
  expect(lines?.toSorted()).toEqual([
    ...Array(3).fill("GET GET /orders/{id} 200 - -"),
    "GET GET /orders/{id} 429 Too Many Requests -",
  ]);
});

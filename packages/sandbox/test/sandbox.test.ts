import { statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CreateRoleCommand, GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import type { FrontDefinition } from "../src/core/fronts.ts";
import { startSandbox } from "../src/index.ts";
import { clientSettings, DEV, sandboxForTest, temporaryFolder } from "./support.ts";

const TRUST = JSON.stringify({ Statement: [] });

test("an account is known by its access key", async () => {
  const sandbox = await sandboxForTest();
  const { Account, Arn } = await new STSClient(clientSettings(sandbox, DEV)).send(new GetCallerIdentityCommand({}));
  expect({ Account, Arn }).toEqual({ Account: DEV, Arn: `arn:aws:iam::${DEV}:user/sandbox` });
});

test("an unknown access key, a wrong secret and no key at all are refused under AWS's own codes", async () => {
  const sandbox = await sandboxForTest();
  const asking = (credentials: { accessKeyId: string; secretAccessKey: string }) =>
    new STSClient({ ...clientSettings(sandbox), credentials }).send(new GetCallerIdentityCommand({}));
  const { accessKeyId } = sandbox.credentials(DEV);
  await expect(asking({ accessKeyId: "AKIA9999999999990000", secretAccessKey: "x" })).rejects.toThrow(
    expect.objectContaining({ name: "InvalidClientTokenId" }),
  );
  await expect(asking({ accessKeyId, secretAccessKey: "wrong" })).rejects.toThrow(
    expect.objectContaining({ name: "SignatureDoesNotMatch" }),
  );
  const unsigned = await fetch(sandbox.awsUrl, {
    method: "POST",
    body: new URLSearchParams({ Action: "GetCallerIdentity", Version: "2011-06-15" }),
  });
  expect(unsigned.status).toBe(403);
  expect(await unsigned.text()).toContain("<Code>MissingAuthenticationToken</Code>");
});

test("an operation that isn't there answers 501 and names itself, over the wire and in process", async () => {
  const sandbox = await sandboxForTest();
  const command = new GetSessionTokenCommand({});
  const missing = expect.objectContaining({ message: expect.stringContaining("STS GetSessionToken") });
  await expect(sandbox.send(command)).rejects.toThrow(missing);
  const thrown: { $metadata?: { httpStatusCode?: number } } = await new STSClient(clientSettings(sandbox))
    .send(command)
    .catch((error) => error);
  expect(thrown).toMatchObject({ message: expect.stringContaining("STS GetSessionToken") });
  expect(thrown.$metadata?.httpStatusCode).toBe(501);
});

test("a second start with the same folder finds its state, its keys and, when asked for it, its port again", async () => {
  const dataDir = temporaryFolder();
  const first = await startSandbox({ dataDir, fronts: [] });
  await first.send(new CreateRoleCommand({ RoleName: "reader", AssumeRolePolicyDocument: TRUST }), { account: DEV });
  const key = first.credentials(DEV);
  await first.stop();

  const second = await sandboxForTest({ dataDir, ports: { aws: Number(new URL(first.awsUrl).port) } });
  expect(second.awsUrl).toBe(first.awsUrl);
  expect(second.credentials(DEV)).toEqual(key);
  const { Role } = await new IAMClient(clientSettings(second, DEV)).send(new GetRoleCommand({ RoleName: "reader" }));
  expect(Role?.Arn).toBe(`arn:aws:iam::${DEV}:role/reader`);
  expect(statSync(join(dataDir, "credentials.json")).mode & 0o777).toBe(0o600);
});

test("a foreign Host (DNS rebinding) and a foreign page's Origin are refused, loopback ones aren't", async () => {
  const sandbox = await sandboxForTest();
  const { port } = new URL(sandbox.awsUrl);
  const answer = (headers: Record<string, string>) =>
    new Promise<string>((resolve, reject) => {
      request({ host: "127.0.0.1", port, headers }, async (response) => {
        resolve(`${response.statusCode} ${await text(response)}`);
      })
        .on("error", reject)
        .end();
    });
  expect(await answer({ host: `evil.example:${port}` })).toMatch(/^403 .*isn't this sandbox/);
  expect(await answer({ host: "127.0.0.1:1" })).toMatch(/^403 .*isn't this sandbox/);
  expect(await answer({ host: `localhost:${port}`, origin: "https://evil.example" })).toMatch(/^403 .*may not call/);
  expect(await answer({ host: `localhost:${port}`, origin: "null" })).toMatch(/^403 .*may not call/);
  const local = await answer({ host: `bucket.localhost:${port}`, origin: "http://localhost:3000" });
  expect(local).toContain("<Code>AccessDenied</Code>");
});

test("a start whose port is taken fails and leaves nothing open", async () => {
  const sandbox = await sandboxForTest();
  const dataDir = temporaryFolder();
  const aws = Number(new URL(sandbox.awsUrl).port);
  await expect(startSandbox({ dataDir, fronts: [], ports: { aws } })).rejects.toThrow("EADDRINUSE");
  const retried = await startSandbox({ dataDir, fronts: [] });
  await retried.stop();
});

test("a second sandbox on the same folder is refused while the first runs", async () => {
  const sandbox = await sandboxForTest();
  await expect(startSandbox({ dataDir: sandbox.dataDir, fronts: [] })).rejects.toThrow(
    "is another sandbox running on it?",
  );
});

test("a front that throws loses its own request and nothing else", async () => {
  const crashing: FrontDefinition = {
    name: "github",
    handler: () => async () => {
      throw new Error("front");
    },
  };
  const sandbox = await sandboxForTest({ fronts: [crashing], github: {} });
  for (const _ of [1, 2]) expect((await fetch(sandbox.githubUrl)).status).toBe(500);
});

test("children get the machine's package registry settings and nothing else of the sandbox's environment", async () => {
  const { childEnvironment } = await import("../src/core/environment.ts");
  const environment = childEnvironment(join(temporaryFolder(), "home"), {
    PATH: "/usr/bin",
    HOME: "/somewhere",
    DATABASE_URL: "postgres://secret",
    AWS_SECRET_ACCESS_KEY: "secret",
    HTTPS_PROXY: "http://proxy:3128",
    npm_config_registry: "http://registry",
    npm_config_user_agent: "npm",
    NPM_CONFIG_STRICT_SSL: "false",
  });
  expect(environment).toMatchObject({
    npm_config_registry: "http://registry",
    NPM_CONFIG_STRICT_SSL: "false",
    NO_PROXY: expect.stringContaining("127.0.0.1"),
    npm_config_cache: expect.stringMatching(/\.npm$/),
  });
  expect(Object.keys(environment)).not.toContain("npm_config_user_agent");
  expect(JSON.stringify(environment)).not.toContain("secret");
});

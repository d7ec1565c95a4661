import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetPolicyCommand,
  ListVersionsByFunctionCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  RemovePermissionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { clientSettings, DEV, PROD, sandboxForTest, TOOLING } from "../../../test/support.ts";
import { createClock } from "../../index.ts";
import { lambdaIn, ROLE, zipOf } from "./test/functions.ts";

const answering = (text: string) => ({ "index.mjs": `export const handler = async () => ({ text: "${text}" });` });

test("publishing twice without a change gives one version, and a version keeps its code", async () => {
  const { client, create, invoke } = lambdaIn(await sandboxForTest());
  await create("orders", "", { Code: { ZipFile: zipOf(answering("one")) } });
  const publish = async () => (await client.send(new PublishVersionCommand({ FunctionName: "orders" }))).Version;
  expect([await publish(), await publish()]).toEqual(["1", "1"]);
  const ZipFile = zipOf(answering("two"));
  const updated = await client.send(new UpdateFunctionCodeCommand({ FunctionName: "orders", ZipFile }));
  expect(updated.CodeSha256).toBe(createHash("sha256").update(ZipFile).digest("base64"));
  expect(await publish()).toBe("2");
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: "orders", Description: "Another" }));
  expect([await publish(), await publish()]).toEqual(["3", "3"]);
  expect((await invoke("orders", {}, { Qualifier: "1" })).value).toEqual({ text: "one" });
  expect((await invoke("orders:2")).value).toEqual({ text: "two" });
  const { Versions } = await client.send(new ListVersionsByFunctionCommand({ FunctionName: "orders" }));
  expect(Versions?.map(({ Version }) => Version)).toEqual(["$LATEST", "1", "2", "3"]);
});

test("an alias runs its version, shares invocations by weight, and keeps its version from being deleted", async () => {
  const { client, create, invoke } = lambdaIn(await sandboxForTest());
  const FunctionName = "orders";
  await create(FunctionName, "", { Code: { ZipFile: zipOf(answering("one")) }, Publish: true });
  await client.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: zipOf(answering("two")), Publish: true }));
  await client.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }));
  expect(await invoke("orders:live")).toMatchObject({ version: "1", value: { text: "one" } });
  await client.send(
    new UpdateAliasCommand({ FunctionName, Name: "live", RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } } }),
  );
  const versions: (string | undefined)[] = [];
  for (let n = 0; n < 60; n++) versions.push((await invoke("orders:live")).version);
  // 60 fair draws all on one side: once in 10^17 runs.
  expect(new Set(versions)).toEqual(new Set(["1", "2"]));
  await expect(client.send(new DeleteFunctionCommand({ FunctionName, Qualifier: "2" }))).rejects.toThrow(
    expect.objectContaining({ name: "ResourceConflictException" }),
  );
  await client.send(
    new UpdateAliasCommand({
      FunctionName,
      Name: "live",
      FunctionVersion: "2",
      RoutingConfig: { AdditionalVersionWeights: {} },
    }),
  );
  const alias = await client.send(new GetAliasCommand({ FunctionName, Name: "live" }));
  expect(alias).toMatchObject({
    FunctionVersion: "2",
    AliasArn: `arn:aws:lambda:eu-west-1:${DEV}:function:orders:live`,
  });
  expect(alias.RoutingConfig).toBeUndefined();
});

test("code comes from another account's bucket, and a missing object is told as on AWS", async () => {
  const sandbox = await sandboxForTest();
  const s3 = new S3Client({ ...clientSettings(sandbox, TOOLING), forcePathStyle: true });
  const Bucket = `turnpike-artifacts-${TOOLING}-eu-west-1`;
  const at = { Bucket, Key: "orders/code.zip" };
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }));
  await s3.send(new PutObjectCommand({ ...at, Body: zipOf(answering("from S3")) }));
  const { create, invoke } = lambdaIn(sandbox);
  await create("orders", "", { Code: { S3Bucket: Bucket, S3Key: at.Key } });
  expect((await invoke("orders")).value).toEqual({ text: "from S3" });
  await expect(create("other", "", { Code: { S3Bucket: Bucket, S3Key: "none" } })).rejects.toThrow(
    expect.objectContaining({ name: "InvalidParameterValueException", message: expect.stringContaining("NoSuchKey") }),
  );
});

test.each([
  ["a path above its folder", { Code: { ZipFile: zipOf({ "../../escaped.mjs": "1" }) } }, /points outside/],
  ["an absolute path", { Code: { ZipFile: zipOf({ "/tmp/escaped.mjs": "1" }) } }, /points outside/],
  ["no zip", { Code: { ZipFile: Buffer.from("text") } }, /Could not unzip/],
  ["a reserved variable", { Environment: { Variables: { AWS_REGION: "x" } } }, /reserved keys/],
  ["a timeout over 15 minutes", { Timeout: 901 }, /Timeout/],
  ["a runtime that isn't here", { Runtime: "java21" as const }, /Lambda runtime java21 is not implemented/],
  [
    "code signing",
    { CodeSigningConfigArn: "arn:aws:lambda:eu-west-1:222222222222:code-signing-config:csc-0123456789abcdef0" },
    /Lambda with code signing is not implemented/,
  ],
  [
    "a layer of another account",
    { Layers: ["arn:aws:lambda:eu-west-1:111111111111:layer:x:1"] },
    /Lambda with a layer of another account/,
  ],
  ["a role that is none", { Role: "admin" }, /at .role. failed to satisfy constraint/],
])("a function with %s is refused and nothing is kept of it", async (_, wrong, message) => {
  const sandbox = await sandboxForTest();
  const { client, create } = lambdaIn(sandbox);
  await expect(create("orders", "export const handler = 1;", wrong)).rejects.toThrow(message);
  await expect(client.send(new GetFunctionCommand({ FunctionName: "orders" }))).rejects.toThrow(
    expect.objectContaining({ name: "ResourceNotFoundException" }),
  );
  expect(existsSync(join(sandbox.dataDir, "lambda", "escaped.mjs"))).toBe(false);
  expect(existsSync(join(sandbox.dataDir, "escaped.mjs"))).toBe(false);
});

test("a permission lets another account in, for the qualifier it names alone", async () => {
  const sandbox = await sandboxForTest();
  const { client, create } = lambdaIn(sandbox);
  await create("orders", "", { Code: { ZipFile: zipOf(answering("one")) }, Publish: true });
  const there = `arn:aws:lambda:eu-west-1:${DEV}:function:orders`;
  const other = lambdaIn(sandbox, PROD);
  const permission = { FunctionName: "orders", Qualifier: "1", StatementId: "prod" };
  await client.send(new AddPermissionCommand({ ...permission, Action: "lambda:InvokeFunction", Principal: PROD }));
  const { Policy } = await client.send(new GetPolicyCommand({ FunctionName: "orders", Qualifier: "1" }));
  expect(JSON.parse(Policy ?? "").Statement).toEqual([
    {
      Sid: "prod",
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${PROD}:root` },
      Action: "lambda:InvokeFunction",
      Resource: `${there}:1`,
    },
  ]);
  expect((await other.invoke(`${there}:1`)).value).toEqual({ text: "one" });
  const denied = expect.objectContaining({ name: "AccessDeniedException" });
  await expect(other.invoke(there)).rejects.toThrow(denied);
  await client.send(new RemovePermissionCommand(permission));
  await expect(other.invoke(`${there}:1`)).rejects.toThrow(denied);
});

test("Python and a runtime of the zip's own run over the same API", async () => {
  const { client, create, invoke } = lambdaIn(await sandboxForTest());
  const python = `import logging, os
def handler(event, context):
    logging.getLogger().warning("stock is low")
    if event.get("fail"): raise ValueError("no stock")
    return {"n": event["n"], "name": context.function_name, "region": os.environ["AWS_REGION"]}
`;
  const Code = { ZipFile: zipOf({ "app.py": python }) };
  await create("python", "", { Code, Runtime: "python3.12", Handler: "app.handler" });
  const { value, log } = await invoke("python", { n: 1 });
  expect(value).toEqual({ n: 1, name: "python", region: "eu-west-1" });
  expect(log).toMatch(/\[WARNING\]\t\S+Z\t[0-9a-f-]{36}\tstock is low/);
  const failed = await invoke("python", { fail: true });
  expect(failed).toMatchObject({ error: "Unhandled", value: { errorType: "ValueError", errorMessage: "no stock" } });

  const bootstrap = `#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
  headers=$(mktemp)
  event=$(curl -sS -D "$headers" "$api/invocation/next")
  id=$(grep -i lambda-runtime-aws-request-id "$headers" | cut -d' ' -f2 | tr -d '\\r\\n')
  curl -sS -X POST "$api/invocation/$id/response" -d "{\\"echo\\": $event}" > /dev/null
done
`;
  await client.send(
    new CreateFunctionCommand({
      ...{ FunctionName: "own", Runtime: "provided.al2023", Handler: "any", Role: ROLE },
      Code: { ZipFile: zipOf({ bootstrap }) },
    }),
  );
  expect((await invoke("own", { n: 2 })).value).toEqual({ echo: { n: 2 } });
});

test("the zip of a function, of a version and of a layer can be downloaded as it came, for ten minutes", async () => {
  const clock = createClock();
  const sandbox = await sandboxForTest({ clock });
  const { client, create } = lambdaIn(sandbox);
  const [one, two] = [zipOf(answering("one")), zipOf(answering("two"))];
  const FunctionName = "orders";
  await create(FunctionName, "", { Code: { ZipFile: one }, Publish: true });
  await client.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: two }));
  const locate = async (Qualifier?: string) =>
    (await client.send(new GetFunctionCommand({ FunctionName, ...(Qualifier ? { Qualifier } : {}) }))).Code?.Location ??
    "";
  const download = async (url: string) => {
    const answer = await fetch(url);
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : answer.status;
  };
  expect([await download(await locate("1")), await download(await locate())]).toEqual([one, two]);
  const layer = new PublishLayerVersionCommand({ LayerName: "tools", Content: { ZipFile: two } });
  expect(await download((await client.send(layer)).Content?.Location ?? "")).toEqual(two);
  const url = await locate();
  expect(await download(url.replace("orders-", "other-"))).toBe(403);
  clock.advance(601_000);
  expect(await download(url)).toBe(403);
});

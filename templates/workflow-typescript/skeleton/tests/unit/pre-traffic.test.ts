import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { after, describe, test } from "node:test";

// Lambda and CodeDeploy at the wire. Their address is read when the module loads: it is there first.
const sent: unknown[] = [];
let answer: { status: number; headers?: Record<string, string>; body: string };
const aws = createServer(async (request, response) => {
  const isInvocation = request.url?.includes("/invocations");
  const body = await json(request);
  sent.push(isInvocation ? request.url : body);
  const { status, headers = {}, body: text } = isInvocation ? answer : { status: 200, body: "{}" };
  response.writeHead(status, headers).end(text);
});
aws.listen(0, "127.0.0.1");
await once(aws, "listening");
after(() => aws.close().closeAllConnections());
Object.assign(process.env, {
  ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "eu-central-1" },
  AWS_ENDPOINT_URL: `http://127.0.0.1:${(aws.address() as AddressInfo).port}`,
  NEW_API: "arn:aws:lambda:eu-central-1:123456789012:function:service-api:7",
  NEW_STEPS: "arn:aws:lambda:eu-central-1:123456789012:function:service-steps:8",
});
const { handler } = await import("../../src/pre-traffic.ts");

async function statusFor(given: typeof answer): Promise<unknown> {
  sent.length = 0;
  answer = given;
  await handler({ DeploymentId: "d-1", LifecycleEventHookExecutionId: "h-1" });
  assert.match(String(sent[0]), /service-api(%3A|:)7/);
  return sent.at(-1);
}

const told = (status: string) => ({ deploymentId: "d-1", lifecycleEventHookExecutionId: "h-1", status });

describe("before a new version gets traffic", () => {
  test("one that is healthy may have it", async () => {
    const healthy = { status: 200, body: JSON.stringify({ statusCode: 200, done: true }) };
    assert.deepEqual(await statusFor(healthy), told("Succeeded"));
  });

  test("one that answers anything else may not", async () => {
    const sick = { status: 200, body: JSON.stringify({ statusCode: 200, done: false }) };
    assert.deepEqual(await statusFor(sick), told("Failed"));
  });

  test("one that fails may not, nor one that can't be asked", async () => {
    const failing = { status: 200, headers: { "x-amz-function-error": "Unhandled" }, body: "{}" };
    assert.deepEqual(await statusFor(failing), told("Failed"));
    const gone = { status: 404, headers: { "x-amzn-errortype": "ResourceNotFoundException" }, body: "{}" };
    assert.deepEqual(await statusFor(gone), told("Failed"));
  });
});

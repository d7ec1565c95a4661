import { createHmac } from "node:crypto";
import { CloudWatchClient, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import * as ec2 from "@aws-sdk/client-ec2";
import { CreateRoleCommand } from "@aws-sdk/client-iam";
import { LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, GetObjectCommand, ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { createClock } from "../../src/core/clock.ts";
import { defineService } from "../../src/core/service.ts";
import type { Sandbox } from "../../src/index.ts";
import { cloudwatch } from "../../src/services/cloudwatch/index.ts";
import { iam } from "../../src/services/iam/index.ts";
import { lambda } from "../../src/services/lambda/index.ts";
import { logs } from "../../src/services/logs/index.ts";
import { s3 } from "../../src/services/s3/index.ts";
import { sqs } from "../../src/services/sqs/index.ts";
import { sts } from "../../src/services/sts/index.ts";
import { basicTime, sha256, sign } from "../signing.ts";
import { clientSettings, REGION, sandboxForTest, TOOLING } from "../support.ts";

/*
 * Who doesn't hold the key is refused as AWS refuses it: with the code, the status and the words that each protocol has.
 */

const describesVpcs = defineService({ sdk: ec2, client: "EC2Client", operations: { DescribeVpcs: () => ({}) } });
const services = [sts, s3, cloudwatch, logs, sqs, lambda, describesVpcs];
const withServices = () => sandboxForTest({ services });

interface Settings {
  readonly credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  readonly systemClockOffset?: number;
}

/** One harmless call in each protocol. */
const CALLS: Readonly<Record<string, (settings: object) => Promise<unknown>>> = {
  query: (settings) => new STSClient(settings).send(new GetCallerIdentityCommand({})),
  ec2: (settings) => new ec2.EC2Client(settings).send(new ec2.DescribeVpcsCommand({})),
  "once query": (settings) => new SQSClient(settings).send(new ListQueuesCommand({})),
  json: (settings) => new CloudWatchLogsClient(settings).send(new DescribeLogGroupsCommand({})),
  cbor: (settings) => new CloudWatchClient(settings).send(new ListMetricsCommand({})),
  "rest json": (settings) => new LambdaClient(settings).send(new ListFunctionsCommand({})),
  "rest xml": (settings) => new S3Client(settings).send(new ListBucketsCommand({})),
};

/** What each protocol's call is answered: `403 InvalidClientTokenId`, or `accepted`. */
async function answers(sandbox: Sandbox, settings: Settings): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const [protocol, call] of Object.entries(CALLS)) {
    all[protocol] = await call({ ...clientSettings(sandbox), ...settings }).then(
      () => "accepted",
      (error) => `${error.$metadata?.httpStatusCode} ${error.name}`,
    );
  }
  return all;
}

test("a wrong secret is refused in every protocol's own words", async () => {
  const sandbox = await withServices();
  const { accessKeyId } = sandbox.credentials(TOOLING);
  expect(await answers(sandbox, { credentials: { accessKeyId, secretAccessKey: "wrong" } })).toEqual({
    query: "403 SignatureDoesNotMatch",
    ec2: "401 AuthFailure",
    "once query": "400 SignatureDoesNotMatch",
    json: "400 InvalidSignatureException",
    cbor: "400 SignatureDoesNotMatch",
    "rest json": "403 InvalidSignatureException",
    "rest xml": "403 SignatureDoesNotMatch",
  });
  expect(new Set(Object.values(await answers(sandbox, {})))).toEqual(new Set(["accepted"]));
});

test("an unknown key is refused in every protocol's own words", async () => {
  const sandbox = await withServices();
  const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "x" };
  expect(await answers(sandbox, { credentials })).toEqual({
    query: "403 InvalidClientTokenId",
    ec2: "401 AuthFailure",
    "once query": "400 InvalidClientTokenId",
    json: "400 UnrecognizedClientException",
    cbor: "400 InvalidClientTokenId",
    "rest json": "403 UnrecognizedClientException",
    "rest xml": "403 InvalidAccessKeyId",
  });
});

test("a session is good until it expires, and only with its own token", async () => {
  const clock = createClock();
  const sandbox = await sandboxForTest({ services: [iam, ...services], clock });
  await sandbox.send(new CreateRoleCommand({ RoleName: "reader", AssumeRolePolicyDocument: '{"Statement":[]}' }));
  const role = `arn:aws:iam::${TOOLING}:role/reader`;
  const session = sandbox.surroundings.credentialsFor(role, "test", { durationMs: 3_600_000 });
  // What needs no permission.
  expect(await answers(sandbox, { credentials: session })).toMatchObject({ query: "accepted" });

  const swapped = { ...session, sessionToken: "another" };
  expect(await answers(sandbox, { credentials: swapped })).toMatchObject({
    query: "403 InvalidClientTokenId",
    json: "400 UnrecognizedClientException",
    "rest xml": "400 InvalidToken",
  });
  const { accessKeyId, secretAccessKey } = session;
  const without = await answers(sandbox, { credentials: { accessKeyId, secretAccessKey } });
  expect(without).toMatchObject({ query: "403 InvalidClientTokenId", "rest xml": "403 InvalidAccessKeyId" });

  clock.advance(3_600_001);
  expect(await answers(sandbox, { credentials: session })).toEqual({
    query: "403 ExpiredToken",
    ec2: "400 RequestExpired",
    "once query": "400 ExpiredToken",
    json: "400 ExpiredTokenException",
    cbor: "400 ExpiredToken",
    "rest json": "403 ExpiredTokenException",
    "rest xml": "400 ExpiredToken",
  });
});

test("a signature of sixteen minutes ago, or to come, is refused; one of fourteen is accepted", async () => {
  const sandbox = await withServices();
  expect(new Set(Object.values(await answers(sandbox, { systemClockOffset: -14 * 60_000 })))).toEqual(
    new Set(["accepted"]),
  );
  const late = {
    query: "403 SignatureDoesNotMatch",
    ec2: "400 RequestExpired",
    "once query": "400 SignatureDoesNotMatch",
    json: "400 InvalidSignatureException",
    cbor: "400 SignatureDoesNotMatch",
    "rest json": "403 InvalidSignatureException",
    "rest xml": "403 RequestTimeTooSkewed",
  };
  expect(await answers(sandbox, { systemClockOffset: -16 * 60_000 })).toEqual(late);
  expect(await answers(sandbox, { systemClockOffset: 16 * 60_000 })).toEqual(late);
});

test("a client whose clock is the machine's goes on being accepted when the sandbox's was advanced", async () => {
  const clock = createClock();
  const sandbox = await sandboxForTest({ services: [sts], clock });
  clock.advance(7 * 86_400_000);
  const client = new STSClient(clientSettings(sandbox));
  await expect(client.send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({ Account: TOOLING });
});

const FORM = "Action=GetCallerIdentity&Version=2011-06-15";
const FORM_TYPE = { "content-type": "application/x-www-form-urlencoded" };

test("the words of a refusal are AWS's: what is missing, which scope, which times", async () => {
  const sandbox = await sandboxForTest({ services: [sts] });
  const { host } = new URL(sandbox.awsUrl);
  const key = sandbox.credentials(TOOLING);
  const ask = async (headers: Record<string, string>) =>
    (await fetch(sandbox.awsUrl, { method: "POST", body: FORM, headers: { ...FORM_TYPE, ...headers } })).text();
  const signed = (further: Partial<Parameters<typeof sign>[0]> = {}) =>
    sign({ key, host, service: "sts", body: FORM, ...further }).headers;

  expect(await ask(signed())).toContain(`<Account>${TOOLING}</Account>`);
  expect(await ask({ authorization: "AWS4-HMAC-SHA256" })).toMatch(
    /<Code>IncompleteSignature<\/Code>.*Authorization header requires &#x27;Credential&#x27; parameter\..*&#x27;Signature&#x27;/,
  );
  expect(await ask({ ...signed(), authorization: "Basic YTpi" })).toContain("Unsupported AWS");
  expect(await ask(signed({ service: "sqs" }))).toContain(
    "Credential should be scoped to correct service: &#x27;sts&#x27;",
  );
  expect(await ask(signed({ region: "nowhere" }))).toContain("Credential should be scoped to a valid region.");
  const wrongDay = signed();
  wrongDay.authorization = String(wrongDay.authorization).replace(/\/\d{8}\//, "/20200101/");
  expect(await ask(wrongDay)).toContain("Date in Credential scope does not match YYYYMMDD");
  const hostless = signed();
  hostless.authorization = String(hostless.authorization).replace("SignedHeaders=host;", "SignedHeaders=");
  expect(await ask(hostless)).toContain("must be a &#x27;SignedHeader&#x27;");
  const at = new Date(Date.now() - 20 * 60_000);
  expect(await ask(signed({ at }))).toMatch(
    new RegExp(
      `Signature expired: ${basicTime(at)} is now earlier than \\d{8}T\\d{6}Z \\(\\d{8}T\\d{6}Z - 15 min\\.\\)`,
    ),
  );
  // A body that isn't the one that was signed.
  const other = await fetch(sandbox.awsUrl, {
    method: "POST",
    body: `${FORM}&x=1`,
    headers: { ...FORM_TYPE, ...signed() },
  });
  expect(await other.text()).toContain("<Code>SignatureDoesNotMatch</Code>");
});

async function bucketUrl(sandbox: Sandbox): Promise<URL> {
  const client = new S3Client({ ...clientSettings(sandbox), forcePathStyle: true });
  await client.send(
    new CreateBucketCommand({ Bucket: "signed", CreateBucketConfiguration: { LocationConstraint: REGION } }),
  );
  return new URL("/signed/object", sandbox.awsUrl);
}

test("S3 says what it would have signed, and wants to be told how the body is covered", async () => {
  const sandbox = await sandboxForTest({ services: [s3] });
  const url = await bucketUrl(sandbox);
  const key = sandbox.credentials(TOOLING);
  const put = async (payload: string | undefined, body = "body", secret = key.secretAccessKey) => {
    const signing = {
      key: { ...key, secretAccessKey: secret },
      host: url.host,
      service: "s3",
      method: "PUT",
      path: url.pathname,
    };
    const { headers } = sign({ ...signing, ...(payload === undefined ? { body } : { payload }) });
    const response = await fetch(url, { method: "PUT", body, headers });
    return `${response.status} ${await response.text()}`;
  };
  expect(await put(sha256("body"))).toBe("200 ");
  expect(await put("UNSIGNED-PAYLOAD")).toBe("200 ");
  expect(await put(undefined)).toContain("400 ");
  expect(await put(undefined)).toContain("Missing required header for this request: x-amz-content-sha256");
  expect(await put("nonsense")).toContain("<Code>InvalidArgument</Code>");
  expect(await put(sha256("another"))).toMatch(/^400 .*<Code>XAmzContentSHA256Mismatch<.*<S3ComputedContentSHA256>/);
  const refused = await put(sha256("body"), "body", "wrong");
  expect(refused).toMatch(/^403 .*<Code>SignatureDoesNotMatch<.*<StringToSign>AWS4-HMAC-SHA256&#xa;/);
  expect(refused).toMatch(/<CanonicalRequest>PUT&#xa;\/signed\/object&#xa;.*<HostId>[\w+/=]{20,}<\/HostId>/);
});

test("chunks are covered by their signatures: one altered byte, and nothing is stored", async () => {
  const sandbox = await sandboxForTest({ services: [s3] });
  const url = await bucketUrl(sandbox);
  const payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
  const put = async (alter: (framed: string) => string) => {
    const extra = {
      "content-encoding": "aws-chunked",
      "x-amz-decoded-content-length": "5",
      "x-amz-trailer": "x-amz-meta",
    };
    const signed = sign({
      key: sandbox.credentials(TOOLING),
      host: url.host,
      service: "s3",
      method: "PUT",
      path: url.pathname,
      headers: extra,
      payload,
    });
    let previous = signed.signature;
    const chunk = (kind: string, ...hashes: string[]) => {
      const text = [`AWS4-HMAC-SHA256-${kind}`, signed.at, signed.scope, previous, ...hashes].join("\n");
      previous = createHmac("sha256", signed.signingKey).update(text).digest("hex");
      return previous;
    };
    const first = `5;chunk-signature=${chunk("PAYLOAD", sha256(""), sha256("hello"))}\r\nhello\r\n`;
    const last = `0;chunk-signature=${chunk("PAYLOAD", sha256(""), sha256(""))}\r\n`;
    const trailer = `x-amz-meta:1\r\nx-amz-trailer-signature:${chunk("TRAILER", sha256("x-amz-meta:1\n"))}\r\n\r\n`;
    const response = await fetch(url, { method: "PUT", body: alter(first + last + trailer), headers: signed.headers });
    return `${response.status} ${/<Code>(\w+)/.exec(await response.text())?.[1] ?? ""}`;
  };
  expect(await put((framed) => framed.replace("hello", "hallo"))).toBe("403 SignatureDoesNotMatch");
  expect(await put((framed) => framed.replace("x-amz-meta:1", "x-amz-meta:2"))).toBe("403 SignatureDoesNotMatch");
  expect(await put((framed) => framed.slice(0, 90))).toBe("400 IncompleteBody");
  const client = new S3Client({ ...clientSettings(sandbox), forcePathStyle: true });
  const get = new GetObjectCommand({ Bucket: "signed", Key: "object" });
  await expect(client.send(get)).rejects.toThrow(expect.objectContaining({ name: "NoSuchKey" }));
  expect(await put((framed) => framed)).toBe("200 ");
  expect(await (await client.send(get)).Body?.transformToString()).toBe("hello");
});

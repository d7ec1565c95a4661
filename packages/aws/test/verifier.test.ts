import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { StandardsUnpublishedError } from "@turnpike/domain/platform";
import { startSandbox } from "@turnpike/sandbox";
import { strFromU8, unzipSync } from "fflate";
import { expect, onTestFinished, test } from "vitest";
import { createVerifier } from "../src/index.ts";

const bucket = "artifacts";

async function setup() {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-verifier-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const sandbox = await startSandbox({ dataDir: path.join(folder, "sandbox"), fronts: [] });
  onTestFinished(() => sandbox.stop());
  const settings = {
    ...{ endpoint: sandbox.awsUrl, region: "eu-west-1", maxAttempts: 1 },
    requestHandler: { requestTimeout: 10_000, connectionTimeout: 1000 },
    credentials: async () => sandbox.credentials("111111111111"),
  };
  const s3 = new S3Client(settings);
  await s3.send(
    new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }),
  );
  const VersioningConfiguration = { Status: "Enabled" as const };
  await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
  const file = path.join(folder, "verify.mjs");
  writeFileSync(file, "judge();\n");
  const verifier = createVerifier({ tooling: (Client) => new Client(settings) }, file);
  return {
    ...{ sandbox, verifier, file },
    async versions() {
      const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
      return Versions.map(({ Key }) => Key);
    },
    async content() {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: "turnpike/verify.zip" }));
      const files = unzipSync((await Body?.transformToByteArray()) ?? new Uint8Array());
      return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, strFromU8(bytes)]));
    },
  };
}

test("what pipelines judge by is an object that changes only when the verifier does, or what it judges by", async () => {
  const { verifier, versions, content, file } = await setup();
  const own = { effects: {}, waivers: [] };
  const facts = { standards: own, running: {}, advisories: undefined };
  await verifier.publish(bucket, facts);
  await verifier.publish(bucket, facts);
  expect(await versions()).toEqual(["turnpike/verify.zip"]);
  expect(await content()).toEqual({
    "verify.mjs": "judge();\n",
    "standards.json": JSON.stringify(own),
    "running.json": "{}",
  });
  const stricter = { effects: { "SEC-6": "block" as const }, waivers: [] };
  await verifier.publish(bucket, { ...facts, standards: stricter });
  expect(JSON.parse((await content())["standards.json"] ?? "")).toEqual(stricter);
  writeFileSync(file, "judgeBetter();\n");
  await verifier.publish(bucket, { ...facts, standards: stricter });
  expect((await content())["verify.mjs"]).toBe("judgeBetter();\n");
  expect(await versions()).toHaveLength(3);
  await verifier.publish(bucket, { ...facts, running: { orders: "1".repeat(40) }, advisories: "[]" });
  expect(await content()).toMatchObject({ "running.json": `{"orders":"${"1".repeat(40)}"}`, "advisories.json": "[]" });
});

test("a bucket that can't be written is an error that says what was left and that it is tried again", async () => {
  const { verifier, sandbox } = await setup();
  sandbox.faults.add({ service: "s3", operation: "PutObject", effect: { kind: "error", at: "before", status: 500 } });
  const publishing = verifier.publish(bucket, {
    ...{ standards: { effects: {}, waivers: [] }, running: {}, advisories: undefined },
  });
  await expect(publishing).rejects.toThrow(StandardsUnpublishedError);
  await expect(publishing).rejects.toThrow("left as it is; Turnpike tries again");
});

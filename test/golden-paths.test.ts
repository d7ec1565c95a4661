import { spawnSync } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { GetPublicKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { indexAdvisories } from "@turnpike/domain/standards";
import { strFromU8, unzipSync } from "fflate";
import { expect, onTestFinished, test } from "vitest";
import { dryRun } from "../scripts/dry-run/dry-run.ts";
import type { Throwaway } from "../scripts/dry-run/throwaway.ts";
import { TOOLING } from "../scripts/product/accounts.ts";

const templates = path.resolve(import.meta.dirname, "../templates");
/** Two releases with everything that they install, build, test and deploy. */
const TIMEOUT_MS = 300_000;

const failures = ({ releases }: Awaited<ReturnType<typeof dryRun>>) =>
  releases.flatMap(({ actions }) => actions.filter(({ status }) => status === "Failed"));

/** Why a path can't be taken on this machine; undefined where it can. Asked before any cloud runs in this process. */
function missing(name: string): string | undefined {
  if (!name.endsWith("-go")) return undefined;
  const cwd = path.join(templates, name, "skeleton");
  const fetched = spawnSync("go", ["mod", "download"], { cwd, stdio: "ignore", timeout: 120_000 });
  return fetched.status === 0 ? undefined : " (skipped: there is no Go that can fetch modules)";
}

for (const name of readdirSync(templates)) {
  const reason = missing(name);
  test.skipIf(reason)(
    `${name} is released to dev and prod through its pipeline, and then released again${reason ?? ""}`,
    async () => {
      const report = await dryRun({
        directory: path.join(templates, name),
        parameters: {},
        advisories: indexAdvisories([]),
      });
      expect(failures(report)).toEqual([]);
      expect(report).toMatchObject({ passed: true, releases: [{ isDone: true }, { isDone: true }] });
      // What is compiled is for this machine's processor, whatever the rules would have.
      const broken = report.standards.filter(({ rule }) => rule.id !== "SUS-1" || process.arch === "arm64");
      expect(broken).toEqual([]);
    },
    TIMEOUT_MS,
  );
}

/** The bill of materials and the provenance that the newest execution keeps, and the key that signs for this account. */
async function evidenceOf(cloud: Throwaway) {
  const s3 = new S3Client({ ...cloud.settings(TOOLING), forcePathStyle: true });
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const Bucket = Buckets.find(({ Name }) => Name?.startsWith("turnpike-artifacts-"))?.Name ?? "";
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "orders/Evidence/" }));
  const [newest] = Contents.toSorted((a, b) => Number(b.LastModified) - Number(a.LastModified));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: newest?.Key ?? "" }));
  const files = unzipSync((await Body?.transformToByteArray()) ?? new Uint8Array());
  const json = (name: string) => JSON.parse(strFromU8(files[name] ?? new Uint8Array()));
  const kms = new KMSClient(cloud.settings(TOOLING));
  const { PublicKey = new Uint8Array() } = await kms.send(
    new GetPublicKeyCommand({ KeyId: "alias/turnpike-provenance" }),
  );
  const publicKey = createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
  return { bom: json("sbom.cdx.json"), envelope: json("provenance.dsse.json"), publicKey };
}

test(
  "an execution keeps what is shipped and how it was built, signed with a key that no build may use",
  async () => {
    let evidence: Awaited<ReturnType<typeof evidenceOf>> | undefined;
    await dryRun({
      directory: path.join(templates, "http-api-typescript"),
      parameters: {},
      onReleased: async (cloud) => {
        evidence = await evidenceOf(cloud);
      },
    });
    const { bom, envelope, publicKey } = evidence ?? {};
    if (!publicKey) throw new Error("Nothing was released.");
    const purls = (bom as { components: { purl: string }[] }).components.map(({ purl }) => purl);
    expect(purls).toContainEqual(expect.stringMatching(/^pkg:npm\/%40aws-lambda-powertools\/logger@/));
    const payload = Buffer.from(envelope.payload, "base64");
    const message = Buffer.concat([Buffer.from(`DSSEv1 28 ${envelope.payloadType} ${payload.length} `), payload]);
    expect(verify("sha256", message, publicKey, Buffer.from(envelope.signatures[0].sig, "base64"))).toBe(true);
    expect(JSON.parse(payload.toString())).toMatchObject({
      subject: [{ name: "orders", digest: { sha256: bom.metadata.component.hashes[0].content } }],
      predicate: {
        buildDefinition: { externalParameters: { repository: "acme/orders", commit: bom.metadata.component.version } },
        runDetails: { builder: { id: expect.stringContaining(":build/orders-verify:") } },
      },
    });
  },
  TIMEOUT_MS,
);

/** The first golden path, changed. */
async function dryRunOf(change: (directory: string) => void) {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-broken-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const directory = path.join(folder, "http-api-typescript");
  cpSync(path.join(templates, path.basename(directory)), directory, { recursive: true });
  change(path.join(directory, "skeleton"));
  return dryRun({ directory, parameters: {}, advisories: indexAdvisories([]) });
}

test("a template whose service fails its own tests is stopped before dev, and its dry run says with what", async () => {
  const report = await dryRunOf((skeleton) =>
    writeFileSync(path.join(skeleton, "script/test"), '#!/bin/sh\necho "seven of nine failed"\nexit 1\n'),
  );
  expect(report.passed).toBe(false);
  const [failed, ...others] = failures(report);
  expect(others).toEqual([]);
  expect(failed?.name).toBe("Build / Build");
  expect(failed?.reason.join("\n")).toContain("seven of nine failed");
}, 120_000);

test("a service that breaks a rule which blocks is stopped by Turnpike's own action before dev, and told where", async () => {
  const report = await dryRunOf((skeleton) => {
    const file = path.join(skeleton, "template.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace("Tracing: Active", "Tracing: PassThrough"));
  });
  expect(report.passed).toBe(false);
  expect(report.standards.map(({ rule, outcome }) => [rule.id, outcome])).toEqual([["OPS-2", "block"]]);
  const [failed, ...others] = failures(report);
  expect(others).toEqual([]);
  expect(failed?.name).toBe("Build / Verify");
  expect(failed?.reason.join("\n")).toMatch(/BLOCK OPS-2 .*\n\s*template\.yaml:\d+ .*Function/);
}, 120_000);

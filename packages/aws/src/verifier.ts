import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { StandardsUnpublishedError, type Verifier, type VerifierFacts } from "@turnpike/domain/platform";
import { strToU8, zipSync } from "fflate";
import { type Accounts, errorName } from "./accounts.ts";

/** Where `infra/service-pipeline.yaml` takes it from. */
const KEY = "turnpike/verify.zip";
/** Zip has no time before this. */
const NO_TIME = new Date("1980-01-01T00:00:00Z");

/**
 * The verifier as an object of the tooling account's artifact bucket, which is versioned: an execution that runs keeps
 * the one that it began with.
 *
 * @param verifierFile path of the bundle that `apps/verify` is built into
 */
export function createVerifier(accounts: Pick<Accounts, "tooling">, verifierFile: string): Verifier {
  const client = accounts.tooling(S3Client);

  /** What the object was made of; undefined while there is none. */
  async function published(bucket: string): Promise<string | undefined> {
    try {
      return (await client.send(new HeadObjectCommand({ Bucket: bucket, Key: KEY }))).Metadata?.digest;
    } catch (error) {
      if (errorName(error) === "NotFound") return undefined;
      throw error;
    }
  }

  async function publish(bucket: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
    const hash = createHash("sha256");
    for (const [name, content] of Object.entries(files)) hash.update(`${name} ${content.length}\0`).update(content);
    const digest = hash.digest("hex");
    if ((await published(bucket)) === digest) return;
    const Body = zipSync({ ...files }, { mtime: NO_TIME });
    const object = { Bucket: bucket, Key: KEY, Body, ContentType: "application/zip", Metadata: { digest } };
    await client.send(new PutObjectCommand(object));
  }

  return {
    async publish(bucket, facts) {
      const files = { "verify.mjs": await readFile(verifierFile), ...filesOf(facts) };
      try {
        await publish(bucket, files);
      } catch (error) {
        throw new StandardsUnpublishedError(bucket, { cause: error });
      }
    },
  };
}

function filesOf({ standards, running, advisories }: VerifierFacts): Record<string, Uint8Array> {
  return {
    "standards.json": strToU8(JSON.stringify(standards)),
    "running.json": strToU8(JSON.stringify(running)),
    ...(advisories === undefined ? {} : { "advisories.json": strToU8(advisories) }),
  };
}

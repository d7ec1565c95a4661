import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FunctionCode } from "@aws-sdk/client-lambda";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { type UnzipFileInfo, unzipSync } from "fflate";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { functions, invalid, layers, unsupported, versions } from "./records.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: unpacked, and zipped in a request. */
const LARGEST_UNPACKED_BYTES = 262_144_000;
const LARGEST_DIRECT_BYTES = 52_428_800;

export interface Code {
  /** base64 */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Where code lies unpacked, named by its digest: versions with the same code share a folder. */
export function codeFolder({ surroundings }: Pick<ServiceRuntime, "surroundings">, sha256: string): string {
  return join(surroundings.dataDir, "lambda", "code", Buffer.from(sha256, "base64").toString("hex"));
}

/** The zip itself, as it came. */
export const zipFile = (runtime: Pick<ServiceRuntime, "surroundings">, sha256: string) =>
  `${codeFolder(runtime, sha256)}.zip`;

/**
 * Reads the zip from the request or from S3 and unpacks it. The bucket is read as whoever deploys, where that is a role's
 * session: it needs `s3:GetObject` itself. Raises `InvalidParameterValueException` for a zip
 * that can't be used, and what S3 raises, under Lambda's name for it.
 */
export async function fetchCode(context: Context, code: FunctionCode): Promise<Code> {
  if (code.ImageUri) throw unsupported("with a container image");
  const zip = code.ZipFile ? Buffer.from(code.ZipFile) : await readFromS3(context, code);
  if (code.ZipFile && zip.length > LARGEST_DIRECT_BYTES) {
    throw new AwsError(
      "RequestEntityTooLargeException",
      "Request must be smaller than 69905067 bytes for the UpdateFunctionCode operation",
      { status: 413 },
    );
  }
  const sha256 = createHash("sha256").update(zip).digest("base64");
  unpack(zip, codeFolder(context, sha256));
  keepZip(zip, zipFile(context, sha256));
  return { sha256, sizeBytes: zip.length };
}

async function readFromS3(context: Context, { S3Bucket, S3Key, S3ObjectVersion }: FunctionCode): Promise<Buffer> {
  if (!S3Bucket || !S3Key) throw invalid("Please provide a source for function code.");
  try {
    const { Body } = await context.send(
      new GetObjectCommand({
        Bucket: S3Bucket,
        Key: S3Key,
        ...(S3ObjectVersion ? { VersionId: S3ObjectVersion } : {}),
      }),
      context.caller.roleArn === undefined ? {} : { roleArn: context.caller.roleArn },
    );
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    if (error.code === "AccessDenied") {
      const denied = `Your access has been denied by S3, please make sure your request credentials have permission to GetObject for ${S3Bucket}/${S3Key}.`;
      const message = `${denied} S3 Error Code: AccessDenied. S3 Error Message: ${error.message}`;
      throw new AwsError("AccessDeniedException", message, { status: 403 });
    }
    throw invalid(`Error occurred while GetObject. S3 Error Code: ${error.code}. S3 Error Message: ${error.message}`);
  }
}

/** Unpacks beside the target and renames, so that a half-unpacked folder is never taken for code. */
function unpack(zip: Uint8Array, target: string): void {
  const files = readZip(zip);
  if (existsSync(target)) return;
  const draft = `${target}.${process.pid}.new`;
  rmSync(draft, { recursive: true, force: true });
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(draft, name);
    if (name.endsWith("/")) {
      mkdirSync(path, { recursive: true });
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  // fflate tells no permissions, and `provided` runtimes run this file.
  if (files.bootstrap) chmodSync(join(draft, "bootstrap"), 0o755);
  renameSync(draft, target);
}

function keepZip(zip: Uint8Array, file: string): void {
  if (existsSync(file)) return;
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, zip);
  renameSync(draft, file);
}

function readZip(zip: Uint8Array): Record<string, Uint8Array> {
  let declaredBytes = 0;
  const accept = ({ name, originalSize }: UnzipFileInfo): boolean => {
    const outside = name.startsWith("/") || /[\\\0]|^[a-z]:/i.test(name) || name.split("/").includes("..");
    if (outside) throw invalid(`Could not unzip uploaded file: "${name}" points outside of it.`);
    declaredBytes += originalSize;
    if (declaredBytes > LARGEST_UNPACKED_BYTES) {
      throw invalid(`Unzipped size must be smaller than ${LARGEST_UNPACKED_BYTES} bytes`);
    }
    return true;
  };
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(zip, { filter: accept });
  } catch (error) {
    if (error instanceof AwsError) throw error;
    throw invalid("Could not unzip uploaded file. Please check your file, then try to upload again.");
  }
  if (Object.keys(files).length === 0) throw invalid("Uploaded file must be a non-empty zip");
  return files;
}

/** Deletes code that no function or version has any more. Only when nothing runs: at start. */
export function sweepCode(runtime: ServiceRuntime): void {
  const folder = join(runtime.surroundings.dataDir, "lambda", "code");
  if (!existsSync(folder)) return;
  const used = new Set<string>();
  for (const { account, region } of runtime.scopes()) {
    const store = runtime.storeOf(account, region);
    for (const { value } of functions(store).list()) used.add(codeFolder(runtime, value.latest.codeSha256));
    for (const { value } of versions(store).list()) used.add(codeFolder(runtime, value.codeSha256));
    for (const { value } of layers(store).list()) used.add(codeFolder(runtime, value.codeSha256));
    const configs = [
      ...functions(store)
        .list()
        .map(({ value }) => value.latest),
      ...versions(store)
        .list()
        .map(({ value }) => value),
    ];
    for (const { codeSha256 } of configs.flatMap((config) => config.layers ?? []))
      used.add(codeFolder(runtime, codeSha256));
  }
  for (const name of readdirSync(folder)) {
    if (!used.has(join(folder, name.replace(/\.zip$/, ""))))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}

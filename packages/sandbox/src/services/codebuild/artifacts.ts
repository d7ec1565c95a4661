import { readFile, realpath } from "node:fs/promises";
import { basename, join, posix, relative, resolve, sep } from "node:path";
import type { ProjectArtifacts } from "@aws-sdk/client-codebuild";
import type { Context } from "../../core/context.ts";
import type { BuildLog } from "./build-log.ts";
import type { ArtifactSpec, BuildSpec } from "./buildspec.ts";
import { findFiles } from "./find-files.ts";
import { writeObject } from "./objects.ts";
import { PhaseFailure } from "./phases.ts";
import type { BuildRecord } from "./records.ts";
import type { Sources } from "./sources.ts";
import { fileEntry, packZip } from "./zip.ts";

/**
 * Uploads what the build specification names. A build with several output artifacts finds each by its identifier below
 * `secondary-artifacts`; the specification's own `files` are for the primary one, which such a build of a pipeline
 * doesn't have. Raises `PhaseFailure`.
 */
export async function collectArtifacts(
  context: Context,
  record: BuildRecord,
  spec: BuildSpec,
  sources: Sources,
  log: BuildLog | undefined,
): Promise<void> {
  const outputs: [ProjectArtifacts, ArtifactSpec][] = [];
  if (record.artifacts.type !== "NO_ARTIFACTS" && record.artifacts.location) {
    // A specification without artifacts uploads nothing, and whoever waits for one says so.
    if (spec.artifacts) outputs.push([record.artifacts, spec.artifacts]);
  }
  for (const output of record.secondaryArtifacts) {
    const id = output.artifactIdentifier ?? "";
    const named = spec.secondaryArtifacts[id];
    if (!named)
      throw new PhaseFailure("CLIENT_ERROR", `no definition for secondary artifact ${id} in the build specification`);
    outputs.push([output, named]);
  }
  for (const [output, wanted] of outputs) await upload(context, record, output, wanted, sources, log);
}

async function upload(
  context: Context,
  record: BuildRecord,
  output: ProjectArtifacts,
  wanted: ArtifactSpec,
  sources: Sources,
  log: BuildLog | undefined,
): Promise<void> {
  log?.say(`Expanding base directory path: ${wanted.baseDirectory}`);
  const base = await baseFolder(sources, wanted.baseDirectory);
  log?.say("Assembling file list");
  for (const pattern of wanted.files)
    log?.say(`Expanding file paths for base directory ${wanted.baseDirectory}: ${pattern}`);
  const files = await findFiles(base, wanted.files, wanted.excluded);
  if (files.length === 0) throw new PhaseFailure("CLIENT_ERROR", "no matching artifact paths found");
  log?.say(`Found ${files.length} file(s)`);
  const placed = (file: string) => (wanted.discardPaths ? basename(file) : file);
  const place = { bucket: output.location ?? "", roleArn: record.serviceRole };
  const encryptionKey = output.encryptionDisabled ? undefined : keyOf(record.encryptionKey);
  if (output.type === "S3" && output.packaging !== "ZIP") {
    for (const file of files) {
      const key = posix.join(folderOf(output, record), output.name ?? "", placed(file));
      const options = { contentType: "binary/octet-stream", encryptionKey };
      await writeObject(context, { ...place, key }, await readFile(join(base, file)), options);
    }
    return;
  }
  const entries = [];
  for (const file of files) entries.push(await fileEntry(placed(file), await realpath(join(base, file))));
  const key = output.type === "S3" ? posix.join(folderOf(output, record), output.name ?? "") : (output.name ?? "");
  await writeObject(context, { ...place, key }, await packZip(entries), {
    contentType: "application/zip",
    encryptionKey,
  });
}

/** A folder of the build; nothing outside of its workspace is uploaded. */
export async function baseFolder(sources: Sources, path: string): Promise<string> {
  const folder = await realpath(resolve(sources.primary, path)).catch(() => undefined);
  const workspace = resolve(sources.primary, "..");
  const way = folder === undefined ? ".." : relative(workspace, folder);
  if (folder === undefined || way === ".." || way.startsWith(`..${sep}`)) {
    throw new PhaseFailure("CLIENT_ERROR", `no matching base directory path found for ${path}`);
  }
  return folder;
}

const folderOf = (output: ProjectArtifacts, { uuid }: BuildRecord) =>
  posix.join(output.path ?? "", output.namespaceType === "BUILD_ID" ? uuid : "");

/** A key's alias of AWS's own means the bucket's default. */
const keyOf = (key: string | undefined) => (key?.includes("alias/aws/") ? undefined : key);

import { mkdir, readFile, realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { ProjectSource } from "@aws-sdk/client-codebuild";
import type { Context } from "../../core/context.ts";
import { BuildSpecError } from "./buildspec.ts";
import { parseCloneReference } from "./clone-reference.ts";
import { cloneAt, isCommitId, resolveCommit } from "./git.ts";
import { readObject } from "./objects.ts";
import { PhaseFailure } from "./phases.ts";
import type { BuildRecord } from "./records.ts";
import { repositoryDirectory } from "./repositories.ts";
import { looksLikeZip, unpackZip } from "./zip.ts";

/** Folders of a build's sources. */
export interface Sources {
  readonly primary: string;
  /** By source identifier: the input artifact's name in a pipeline. */
  readonly secondary: ReadonlyMap<string, string>;
}

/** Brings all sources of a build into its workspace. Raises `PhaseFailure`. */
export async function fetchSources(
  context: Context,
  record: BuildRecord,
  workspace: string,
  signal: AbortSignal,
): Promise<Sources> {
  const fetch = async (source: ProjectSource, version: string | undefined, folder: string) => {
    try {
      return await fetchSource(context, record, { source, version, folder, signal });
    } catch (error) {
      if (error instanceof PhaseFailure || signal.aborted) throw error;
      const message = `Source of type ${source.type}: ${error instanceof Error ? error.message : String(error)}`;
      throw new PhaseFailure("CLIENT_ERROR", message, { cause: error });
    }
  };
  const primary = join(workspace, "src");
  const commit = await fetch(record.source, record.sourceVersion, primary);
  record.resolvedSourceVersion ??= commit;
  const secondary = new Map<string, string>();
  for (const source of record.secondarySources) {
    const folder = join(workspace, `src-${secondary.size + 1}`);
    await fetch(source, undefined, folder);
    secondary.set(source.sourceIdentifier ?? "", folder);
  }
  return { primary: await realpath(primary), secondary };
}

interface Wanted {
  readonly source: ProjectSource;
  readonly version: string | undefined;
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Answers the commit where the source has commits. */
async function fetchSource(context: Context, record: BuildRecord, wanted: Wanted): Promise<string | undefined> {
  const { source, version, folder } = wanted;
  switch (source.type) {
    case "NO_SOURCE":
      await mkdir(folder);
      return undefined;
    case "GITHUB":
      return fetchFromGitHub(context, wanted);
    case "CODEPIPELINE":
      // The pipeline names its artifact as an ARN: the primary one as the version, the others as locations.
      return fetchArtifact(context, record, wanted, objectOf(source.location ?? version));
    case "S3":
      return fetchArtifact(context, record, wanted, objectOf(source.location));
    default:
      throw new PhaseFailure("INVALID_INPUT_PARAMETERS", `sandbox: a source of type ${source.type} is not implemented`);
  }
}

async function fetchArtifact(
  context: Context,
  record: BuildRecord,
  { folder, signal }: Wanted,
  { bucket, key }: { bucket: string; key: string },
): Promise<string | undefined> {
  const bytes = await readObject(context, { bucket, key, roleArn: record.serviceRole });
  if (looksLikeZip(bytes)) {
    await mkdir(folder);
    await unpackZip(bytes, folder);
    return undefined;
  }
  const reference = parseCloneReference(bytes);
  if (!reference) throw new Error(`s3://${bucket}/${key} is neither a ZIP nor a reference to a commit`);
  const directory = await repositoryDirectory(context, reference.repository);
  const origin = `${context.surroundings.githubUrl}/${reference.repository}.git`;
  await cloneAt({ directory, commit: reference.commit, origin }, folder, signal);
  return reference.commit;
}

async function fetchFromGitHub(context: Context, { source, version, folder, signal }: Wanted): Promise<string> {
  const repository = /^https?:\/\/[^/\s]+\/([^/\s]+\/[^/\s]+?)(\.git)?$/.exec(source.location ?? "")?.[1];
  if (!repository) throw new Error(`"${source.location}" isn't the address of a repository`);
  const directory = await repositoryDirectory(context, repository);
  const commit = await resolveCommit(directory, version || undefined);
  if (!isCommitId(commit)) throw new Error(`no branch, tag or commit "${version ?? "HEAD"}" in ${repository}`);
  await cloneAt({ directory, commit, origin: source.location ?? "" }, folder, signal);
  return commit;
}

/** `arn:aws:s3:::bucket/key` or `bucket/key`. */
function objectOf(location: string | undefined): { bucket: string; key: string } {
  const [bucket = "", ...key] = (location ?? "").replace(/^arn:aws:s3:::/, "").split("/");
  if (!bucket || key.length === 0 || key.at(-1) === "")
    throw new Error(`"${location ?? ""}" doesn't name an object in S3`);
  return { bucket, key: key.join("/") };
}

const DEFAULT_FILE = "buildspec.yml";

/** The build specification: written in the project or the override, else a file of the primary source. */
export async function readSpecification(record: BuildRecord, sources: Sources): Promise<string> {
  const given = record.source.buildspec;
  if (given && /\n|^\s*[{]|^\s*version\s*:/.test(given)) return given;
  const path = given || DEFAULT_FILE;
  const file = await realpath(join(sources.primary, path)).catch(() => undefined);
  const way = file === undefined ? ".." : relative(sources.primary, file);
  if (file === undefined || way === ".." || way.startsWith(`..${sep}`)) {
    throw new BuildSpecError(`YAML file does not exist: ${path}`);
  }
  return readFile(file, "utf8");
}

import type * as sdk from "@aws-sdk/client-codebuild";
import type { CreateProjectInput, ProjectSource, UpdateProjectInput } from "@aws-sdk/client-codebuild";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import {
  invalidInput,
  nameOf,
  notImplemented,
  type ProjectRecord,
  projects,
  requireProject,
  showProject,
} from "./records.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9\-_]{1,149}$/;
const SOURCES = new Set(["CODEPIPELINE", "S3", "GITHUB", "NO_SOURCE"]);
const ARTIFACTS = new Set(["CODEPIPELINE", "S3", "NO_ARTIFACTS"]);
const DEFAULT_TIMEOUT_MINUTES = 60;
const DEFAULT_QUEUED_MINUTES = 480;

export const projectOperations: Operations<typeof sdk> = {
  CreateProject(context, input) {
    const name = input.name ?? "";
    if (!NAME.test(name)) throw invalidInput(`Invalid project name: ${name}`);
    if (projects(context).get(name)) {
      const arn = arnOf(context, name);
      throw new AwsError("ResourceAlreadyExistsException", `Project already exists: ${arn}`);
    }
    const now = context.clock.now().toISOString();
    const record: ProjectRecord = {
      ...settings(input),
      timeoutInMinutes: input.timeoutInMinutes ?? DEFAULT_TIMEOUT_MINUTES,
      queuedTimeoutInMinutes: input.queuedTimeoutInMinutes ?? DEFAULT_QUEUED_MINUTES,
      encryptionKey: input.encryptionKey ?? `arn:aws:kms:${context.region}:${context.account}:alias/aws/s3`,
      name,
      arn: arnOf(context, name),
      createdAt: now,
      modifiedAt: now,
    };
    requireKnownParts(record);
    projects(context).put(name, record);
    return { project: showProject(record) };
  },

  UpdateProject(context, input) {
    const old = requireProject(context, input.name);
    const changed: ProjectRecord = { ...old, ...settings(input), modifiedAt: context.clock.now().toISOString() };
    requireKnownParts(changed);
    projects(context).put(old.name, changed);
    return { project: showProject(changed) };
  },

  BatchGetProjects(context, input) {
    const names = (input.names ?? []).map(nameOf);
    const found = names.map((name) => projects(context).get(name));
    return {
      projects: found.filter((record) => record !== undefined).map(showProject),
      projectsNotFound: names.filter((_, index) => found[index] === undefined),
    };
  },

  /** Deleting what isn't there succeeds, as on AWS. Builds stay and can still be looked at. */
  DeleteProject(context, input) {
    projects(context).delete(nameOf(input.name));
    return {};
  },

  ListProjects(context, input) {
    const sorted = projects(context)
      .list()
      .map(({ value }) => value.name);
    if (input.sortOrder === "DESCENDING") sorted.reverse();
    const key = (name: string) => String(sorted.indexOf(name)).padStart(6, "0");
    const { items, nextToken } = page(sorted, key, { token: input.nextToken });
    return { projects: items, nextToken };
  },
};

const arnOf = ({ region, account }: Context, name: string) => `arn:aws:codebuild:${region}:${account}:project/${name}`;

/** The members that a caller gave; those left out of an update stay as they are. */
function settings(input: CreateProjectInput | UpdateProjectInput): Partial<ProjectRecord> {
  const { name: _, ...given } = input;
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Refuses, by name, what a build of this project would need and this sandbox doesn't have. */
function requireKnownParts(project: ProjectRecord): void {
  if (!project.serviceRole) throw invalidInput("Service role is required");
  for (const minutes of [project.timeoutInMinutes, project.queuedTimeoutInMinutes]) {
    if (minutes !== undefined && (minutes < 5 || minutes > 2160)) {
      throw invalidInput(`Invalid timeout: ${minutes}. It must be between 5 and 2160 minutes`);
    }
  }
  for (const source of [project.source, ...(project.secondarySources ?? [])]) if (source) requireSource(source);
  for (const artifacts of [project.artifacts, ...(project.secondaryArtifacts ?? [])]) {
    if (artifacts && !ARTIFACTS.has(artifacts.type ?? "")) throw notImplemented(`artifacts of type ${artifacts.type}`);
  }
  const pipeline = [project.source?.type, project.artifacts?.type].filter((type) => type === "CODEPIPELINE");
  if (pipeline.length === 1)
    throw invalidInput("Invalid artifacts: source and artifacts must both be of type CODEPIPELINE");
  for (const variable of project.environment?.environmentVariables ?? []) requirePlain(variable);
}

export function requireSource(source: ProjectSource): void {
  if (!SOURCES.has(source.type ?? "")) throw notImplemented(`a source of type ${source.type}`);
  if (source.buildspec?.startsWith("arn:")) throw notImplemented("a build specification in S3");
}

export function requirePlain(variable: sdk.EnvironmentVariable): void {
  const type = variable.type ?? "PLAINTEXT";
  if (type !== "PLAINTEXT") throw notImplemented(`an environment variable of type ${type} (${variable.name})`);
}

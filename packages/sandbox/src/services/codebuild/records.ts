import type {
  Build,
  BuildPhase,
  BuildPhaseType,
  EnvironmentVariable,
  ExportedEnvironmentVariable,
  LogsConfig,
  Project,
  ProjectArtifacts,
  ProjectEnvironment,
  ProjectSource,
  StatusType,
} from "@aws-sdk/client-codebuild";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Collection } from "../../core/store.ts";

/** A project as it was given, times as ISO strings. */
export type ProjectRecord = Omit<Project, "created" | "lastModified" | "name" | "arn"> & {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: string;
  readonly modifiedAt: string;
};

export interface PhaseRecord {
  readonly type: BuildPhaseType;
  readonly startedAt: string;
  endedAt?: string;
  status?: StatusType;
  statusCode?: string;
  message?: string;
}

/** One run of a project. The engine changes it and saves it at each step; nobody else writes it once it has started. */
export interface BuildRecord {
  /** `orders-build:<uuid>` */
  readonly id: string;
  readonly arn: string;
  readonly uuid: string;
  readonly number: number;
  readonly project: string;
  readonly serviceRole: string;
  readonly initiator: string;
  readonly startedAt: string;
  endedAt?: string;
  status: StatusType;
  currentPhase: BuildPhaseType;
  readonly phases: PhaseRecord[];
  readonly sourceVersion?: string | undefined;
  resolvedSourceVersion?: string | undefined;
  readonly source: ProjectSource;
  readonly secondarySources: readonly ProjectSource[];
  readonly artifacts: ProjectArtifacts;
  readonly secondaryArtifacts: readonly ProjectArtifacts[];
  readonly environment: ProjectEnvironment;
  /** Given to StartBuild; they win over the project's own. */
  readonly variables: readonly EnvironmentVariable[];
  readonly timeoutInMinutes: number;
  readonly queuedTimeoutInMinutes: number;
  readonly encryptionKey?: string | undefined;
  readonly logsConfig?: LogsConfig | undefined;
  logs?: { groupName: string; streamName: string };
  exportedVariables?: ExportedEnvironmentVariable[];
  reportArns?: string[];
}

export const projects = (context: Context): Collection<ProjectRecord> => context.collection("projects");
export const builds = (context: Context): Collection<BuildRecord> => context.collection("builds");
/** Build ids by `<project> NUL <number, padded>`: the order in which a project's builds were started. */
export const buildOrder = (context: Context): Collection<string> => context.collection("build order");

/** NUL can't be in a project's name, so one project's builds are never another's. */
export const orderKey = (project: string, number: number) => `${project}\0${String(number).padStart(12, "0")}`;

export function requireProject(context: Context, name: string | undefined): ProjectRecord {
  const known = projects(context).get(nameOf(name));
  if (known) return known;
  throw notFound(
    `Project cannot be found: arn:aws:codebuild:${context.region}:${context.account}:project/${nameOf(name)}`,
  );
}

/** A project may be named by its ARN too. */
export const nameOf = (nameOrArn: string | undefined) => (nameOrArn ?? "").split(":project/").at(-1) ?? "";

/** A build may be named by its ARN too. */
export const buildIdOf = (idOrArn: string) => idOrArn.split(":build/").at(-1) ?? idOrArn;

export const invalidInput = (message: string) => new AwsError("InvalidInputException", message);
export const notFound = (message: string) => new AwsError("ResourceNotFoundException", message);
export const notImplemented = (what: string) =>
  new AwsError("NotImplemented", `sandbox: CodeBuild ${what} is not implemented`, { status: 501 });

export function showProject({ createdAt, modifiedAt, ...project }: ProjectRecord): Project {
  return { ...project, created: new Date(createdAt), lastModified: new Date(modifiedAt) };
}

export function showBuild(context: Context, record: BuildRecord): Build {
  const { id, arn, project, status, currentPhase, startedAt, endedAt, logs } = record;
  const cloudWatch = record.logsConfig?.cloudWatchLogs;
  return {
    id,
    arn,
    projectName: project,
    buildNumber: record.number,
    buildStatus: status,
    buildComplete: endedAt !== undefined,
    currentPhase,
    startTime: new Date(startedAt),
    ...(endedAt ? { endTime: new Date(endedAt) } : {}),
    phases: record.phases.map(showPhase),
    source: record.source,
    secondarySources: [...record.secondarySources],
    secondarySourceVersions: [],
    sourceVersion: record.sourceVersion,
    resolvedSourceVersion: record.resolvedSourceVersion,
    artifacts: { location: placeOf(record.artifacts), artifactIdentifier: record.artifacts.artifactIdentifier },
    secondaryArtifacts: record.secondaryArtifacts.map((one) => ({
      location: placeOf(one),
      artifactIdentifier: one.artifactIdentifier,
    })),
    environment: {
      ...record.environment,
      type: record.environment.type,
      image: record.environment.image,
      computeType: record.environment.computeType,
      environmentVariables: effectiveVariables(record),
    },
    serviceRole: record.serviceRole,
    initiator: record.initiator,
    timeoutInMinutes: record.timeoutInMinutes,
    queuedTimeoutInMinutes: record.queuedTimeoutInMinutes,
    encryptionKey: record.encryptionKey,
    cache: { type: "NO_CACHE" },
    exportedEnvironmentVariables: record.exportedVariables ?? [],
    reportArns: record.reportArns ?? [],
    ...(logs
      ? {
          logs: {
            ...logs,
            deepLink: deepLink(context, logs),
            cloudWatchLogsArn: `arn:aws:logs:${context.region}:${context.account}:log-group:${logs.groupName}:log-stream:${logs.streamName}`,
            ...(cloudWatch ? { cloudWatchLogs: cloudWatch } : {}),
          },
        }
      : {}),
  };
}

function showPhase(phase: PhaseRecord): BuildPhase {
  const { type, startedAt, endedAt, status, statusCode, message } = phase;
  return {
    phaseType: type,
    startTime: new Date(startedAt),
    ...(endedAt
      ? {
          endTime: new Date(endedAt),
          durationInSeconds: Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 1000),
        }
      : {}),
    ...(status ? { phaseStatus: status } : {}),
    ...(endedAt ? { contexts: [{ statusCode: statusCode ?? "", message: message ?? "" }] } : {}),
  };
}

/** Later ones win: the project's own, then StartBuild's. */
export function effectiveVariables(record: Pick<BuildRecord, "environment" | "variables">): EnvironmentVariable[] {
  const byName = new Map<string, EnvironmentVariable>();
  for (const variable of [...(record.environment.environmentVariables ?? []), ...record.variables]) {
    byName.set(variable.name ?? "", variable);
  }
  return [...byName.values()];
}

/** `arn:aws:s3:::bucket/path/name`, empty where the build has no artifact. */
export function placeOf({ location, path, name }: ProjectArtifacts): string {
  if (!location) return "";
  return `arn:aws:s3:::${[location, path, name].filter(Boolean).join("/")}`;
}

function deepLink({ region }: Context, { groupName, streamName }: { groupName: string; streamName: string }): string {
  const [group, stream] = [groupName, streamName].map((name) => encodeURIComponent(name).replaceAll("%", "$25"));
  return `https://console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${group}/log-events/${stream}`;
}

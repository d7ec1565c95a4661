import type * as sdk from "@aws-sdk/client-codebuild";
import type { ProjectSource, StartBuildInput } from "@aws-sdk/client-codebuild";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { engineOf } from "./engine.ts";
import { requirePlain, requireSource } from "./projects.ts";
import {
  type BuildRecord,
  buildIdOf,
  buildOrder,
  builds,
  invalidInput,
  nameOf,
  notFound,
  notImplemented,
  orderKey,
  type ProjectRecord,
  requireProject,
  showBuild,
} from "./records.ts";

/** An idempotency token is remembered for so long. */
const TOKEN_MS = 5 * 60_000;
const IGNORED = new Set([
  "privilegedModeOverride",
  "insecureSslOverride",
  "reportBuildStatusOverride",
  "gitCloneDepthOverride",
]);
const KNOWN = new Set([
  ...["projectName", "sourceVersion", "idempotencyToken", "buildspecOverride", "environmentVariablesOverride"],
  ...["sourceTypeOverride", "sourceLocationOverride", "secondarySourcesOverride", "secondarySourcesVersionOverride"],
  ...["artifactsOverride", "secondaryArtifactsOverride", "timeoutInMinutesOverride", "queuedTimeoutInMinutesOverride"],
  ...["serviceRoleOverride", "imageOverride", "computeTypeOverride", "environmentTypeOverride"],
  ...["logsConfigOverride", "encryptionKeyOverride"],
]);

export const buildOperations: Operations<typeof sdk> = {
  async StartBuild(context, input) {
    const project = requireProject(context, input.projectName);
    for (const [name, value] of Object.entries(input)) {
      if (value !== undefined && !KNOWN.has(name) && !IGNORED.has(name))
        throw notImplemented(`StartBuild with ${name}`);
    }
    const earlier = earlierBuild(context, input.idempotencyToken);
    if (earlier) return { build: showBuild(context, earlier) };
    const draft = draftBuild(context, project, input);
    await requireRole(context, draft.serviceRole);
    requireRoom(context, project);
    const record = context.store.transaction(() => {
      const counters = context.collection<number>("build numbers");
      const number = (counters.get(project.name) ?? 0) + 1;
      const made = { ...draft, number };
      counters.put(project.name, number);
      builds(context).put(made.id, made);
      buildOrder(context).put(orderKey(project.name, number), made.id);
      if (input.idempotencyToken) {
        const token = { id: made.id, atMs: context.clock.now().getTime() };
        context.collection("tokens").put(input.idempotencyToken, token);
      }
      return made;
    });
    engineOf(context.runtime).enqueue(context.account, context.region, record);
    return { build: showBuild(context, builds(context).get(record.id) ?? record) };
  },

  StopBuild(context, input) {
    const record = builds(context).get(buildIdOf(input.id ?? ""));
    if (!record) throw notFound(`Build cannot be found: ${input.id}`);
    engineOf(context.runtime).stop(record.id);
    return { build: showBuild(context, builds(context).get(record.id) ?? record) };
  },

  BatchGetBuilds(context, input) {
    const ids = input.ids ?? [];
    const found = ids.map((id) => builds(context).get(buildIdOf(id)));
    return {
      builds: found.filter((record) => record !== undefined).map((record) => showBuild(context, record)),
      buildsNotFound: ids.filter((_, index) => found[index] === undefined),
    };
  },

  ListBuildsForProject(context, input) {
    const project = requireProject(context, input.projectName);
    const ids = buildOrder(context).list(`${project.name}\0`);
    const ascending = input.sortOrder === "ASCENDING";
    // Paging needs rising keys: the newest first means counting down.
    const ordered = ids
      .map(({ key, value }) => ({ id: value, number: Number(key.split("\0").at(-1)) }))
      .map(({ id, number }) => ({ id, key: String(ascending ? number : 10 ** 12 - number).padStart(13, "0") }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    const { items, nextToken } = page(ordered, ({ key }) => key, { token: input.nextToken });
    return { ids: items.map(({ id }) => id), nextToken };
  },

  ListBuilds(context, input) {
    const all = builds(context).list();
    all.sort((a, b) => (a.value.startedAt < b.value.startedAt ? 1 : -1));
    if (input.sortOrder === "ASCENDING") all.reverse();
    const ordered = all.map(({ key: id }, index) => ({ id, key: String(index).padStart(9, "0") }));
    const { items, nextToken } = page(ordered, ({ key }) => key, { token: input.nextToken });
    return { ids: items.map(({ id }) => id), nextToken };
  },
};

function earlierBuild(context: Context, token: string | undefined): BuildRecord | undefined {
  const known = token ? context.collection<{ id: string; atMs: number }>("tokens").get(token) : undefined;
  if (!known || context.clock.now().getTime() - known.atMs > TOKEN_MS) return undefined;
  return builds(context).get(known.id);
}

function draftBuild(context: Context, project: ProjectRecord, input: StartBuildInput): Omit<BuildRecord, "number"> {
  const fromPipeline = context.caller.service === "codepipeline.amazonaws.com";
  const source: ProjectSource = {
    ...project.source,
    type: input.sourceTypeOverride ?? project.source?.type,
    ...(input.sourceLocationOverride ? { location: input.sourceLocationOverride } : {}),
    ...(input.buildspecOverride ? { buildspec: input.buildspecOverride } : {}),
  };
  if (source.type === "CODEPIPELINE" && !fromPipeline) {
    throw invalidInput("A build of a project whose source is CODEPIPELINE is started by its pipeline alone");
  }
  const secondarySources = input.secondarySourcesOverride ?? project.secondarySources ?? [];
  for (const one of [source, ...secondarySources]) requireSource(one);
  if (input.secondarySourcesVersionOverride?.length)
    throw notImplemented("StartBuild with secondarySourcesVersionOverride");
  const variables = input.environmentVariablesOverride ?? [];
  for (const variable of variables) {
    requirePlain(variable);
    if (/[\0=]/.test(variable.name ?? "") || variable.value?.includes("\0")) {
      throw invalidInput(`Invalid environment variable: ${variable.name}`);
    }
  }
  const uuid = context.random.uuid();
  const now = context.clock.now().toISOString();
  const id = `${project.name}:${uuid}`;
  // A pipeline says who it is and which commit its artifacts come from; nobody else is believed.
  const told = (name: string) => (fromPipeline ? variables.find((one) => one.name === name)?.value : undefined);
  return {
    id,
    uuid,
    arn: `arn:aws:codebuild:${context.region}:${context.account}:build/${id}`,
    project: project.name,
    serviceRole: input.serviceRoleOverride ?? project.serviceRole ?? "",
    initiator: told("CODEBUILD_INITIATOR") ?? initiatorOf(context.caller.arn),
    startedAt: now,
    status: "IN_PROGRESS",
    currentPhase: "QUEUED",
    phases: [
      { type: "SUBMITTED", startedAt: now, endedAt: now, status: "SUCCEEDED" },
      { type: "QUEUED", startedAt: now },
    ],
    sourceVersion: input.sourceVersion ?? project.sourceVersion,
    resolvedSourceVersion: told("CODEBUILD_RESOLVED_SOURCE_VERSION"),
    source,
    secondarySources,
    artifacts: input.artifactsOverride ?? project.artifacts ?? { type: "NO_ARTIFACTS" },
    secondaryArtifacts: input.secondaryArtifactsOverride ?? project.secondaryArtifacts ?? [],
    environment: {
      type: input.environmentTypeOverride ?? project.environment?.type,
      image: input.imageOverride ?? project.environment?.image,
      computeType: input.computeTypeOverride ?? project.environment?.computeType,
      environmentVariables: project.environment?.environmentVariables ?? [],
    },
    variables: variables.filter(({ name }) => !(fromPipeline && name?.startsWith("CODEBUILD_"))),
    timeoutInMinutes: input.timeoutInMinutesOverride ?? project.timeoutInMinutes ?? 60,
    queuedTimeoutInMinutes: input.queuedTimeoutInMinutesOverride ?? project.queuedTimeoutInMinutes ?? 480,
    encryptionKey: input.encryptionKeyOverride ?? project.encryptionKey,
    logsConfig: input.logsConfigOverride ?? project.logsConfig,
  };
}

/** `developer` of a user, `turnpike-portal/session` of a role's session. */
const initiatorOf = (arn: string) => arn.split("/").slice(1).join("/") || arn;

/** The project's role must trust CodeBuild. Raises `InvalidInputException`, as StartBuild does on AWS. */
async function requireRole(context: Context, roleArn: string): Promise<void> {
  try {
    await context.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "AWSCodeBuild" }));
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "AccessDenied") throw error;
    throw invalidInput(`CodeBuild is not authorized to perform: sts:AssumeRole on ${roleArn}`);
  }
}

function requireRoom(context: Context, project: ProjectRecord): void {
  const limit = project.concurrentBuildLimit;
  if (limit === undefined || limit < 0) return;
  const running = builds(context)
    .list(`${project.name}:`)
    .filter(({ value }) => value.endedAt === undefined && nameOf(value.project) === project.name);
  if (running.length < limit) return;
  throw new AwsError("AccountLimitExceededException", `Cannot have more than ${limit} builds in queue for the account`);
}

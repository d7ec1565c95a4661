import { type Actor, authorise, may } from "../identity/index.ts";
import { deployActionOf, deployedVersion, type ExecutionStore, type ObservedExecution } from "../pipelines/index.ts";
import { findAccount, type PlatformStore } from "../platform/index.ts";
import type { Release, ReleaseStore } from "../releases/index.ts";
import { type ServiceRequest, type ServiceStore, stepKeys } from "../scaffolding/index.ts";
import type { Health, Lane, ServiceDetail, ServiceSummary } from "./views.ts";

export interface CatalogDeps {
  readonly services: Pick<ServiceStore, "find" | "list" | "steps">;
  readonly platform: Pick<PlatformStore, "find">;
  readonly executions: Pick<ExecutionStore, "list">;
  readonly releases: Pick<ReleaseStore, "list">;
  /** `https://github.com` */
  readonly githubUrl: string;
}

const EXECUTIONS = 20;

/** What is most urgent comes first. */
const urgency: readonly Health[] = ["failing", "waiting-for-person", "attention", "in-progress", "unknown", "healthy"];

function worst(entries: readonly { health: Health; reason: string }[]) {
  return [...entries].sort((a, b) => urgency.indexOf(a.health) - urgency.indexOf(b.health))[0];
}

function laneHealth(
  executions: readonly ObservedExecution[],
  environment: string,
  waiting: Release | undefined,
  deployed: Lane["deployed"],
): { health: Health; reason: string } {
  if (waiting)
    return { health: "waiting-for-person", reason: `${waiting.evidence.commit.slice(0, 7)} waits for a decision` };
  const newest = executions.find((execution) => {
    const status = deployActionOf(execution, environment)?.status;
    return status !== undefined && status !== "waiting";
  });
  const action = newest && deployActionOf(newest, environment);
  if (action?.status === "failed") return { health: "failing", reason: action.error ?? "The last deployment failed" };
  if (action?.status === "running") return { health: "in-progress", reason: "A deployment is under way" };
  if (!deployed) return { health: "unknown", reason: "Not deployed yet" };
  return { health: "healthy", reason: "The last deployment succeeded" };
}

async function lanesOf(
  deps: CatalogDeps,
  service: ServiceRequest,
  executions: readonly ObservedExecution[],
  releases: readonly Release[],
): Promise<Lane[]> {
  return Promise.all(
    service.environments.map(async (environment) => {
      const account = await findAccount(deps.platform, environment);
      const version = deployedVersion(executions, environment);
      const deployed = version && { ...version, endpoint: version.outputs.Endpoint };
      const waiting = releases.find((release) => release.environment === environment && release.status === "waiting");
      return {
        environment,
        accountId: account?.accountId ?? "",
        region: account?.region ?? "",
        deployed: deployed && {
          commit: deployed.commit,
          title: deployed.title,
          artifactDigest: deployed.artifactDigest,
          at: deployed.at,
          executionId: deployed.executionId,
          endpoint: deployed.endpoint,
        },
        commitsBehind: version && version.commit === executions[0]?.commit?.sha ? 0 : undefined,
        ...laneHealth(executions, environment, waiting, deployed),
        waitingReleaseId: waiting?.id,
      };
    }),
  );
}

async function summarise(deps: CatalogDeps, service: ServiceRequest): Promise<ServiceSummary> {
  const [executions, releases, steps] = await Promise.all([
    deps.executions.list(service.name, EXECUTIONS),
    deps.releases.list({ service: service.name }),
    deps.services.steps(service.name),
  ]);
  const lanes = await lanesOf(deps, service, executions, releases);
  const latest = executions[0];
  const { stages: _stages, approval: _approval, ...latestExecution } = latest ?? { stages: [], approval: undefined };
  const failedStep = steps.find(({ status }) => status === "failed");
  const ready = stepKeys.every((key) => steps.find((step) => step.key === key)?.status === "done");
  const pipeline = pipelineHealth(latest);
  const overall =
    (failedStep && { health: "failing" as const, reason: failedStep.error ?? "It could not be created" }) ??
    (ready
      ? worst([...lanes, ...(pipeline ? [pipeline] : [])])
      : { health: "in-progress" as const, reason: "Being created" });
  return {
    name: service.name,
    owner: service.owner,
    description: service.description,
    template: service.template,
    health: overall?.health ?? "unknown",
    reason: overall?.reason ?? "Nothing is known of it yet",
    lanes,
    latestExecution: latest ? (latestExecution as ServiceSummary["latestExecution"]) : undefined,
    ready,
    createdAt: service.createdAt,
  };
}

function pipelineHealth(latest: ObservedExecution | undefined): { health: Health; reason: string } | undefined {
  if (latest?.status === "failed") {
    const stage = latest.stages.find(({ status }) => status === "failed");
    return { health: "failing", reason: `The pipeline failed in ${stage?.name ?? "its last run"}` };
  }
  if (latest?.status === "running") return { health: "in-progress", reason: "The pipeline is running" };
  return undefined;
}

/** The services of the teams that `actor` is in, by name. */
export async function listServices(deps: CatalogDeps, actor: Actor): Promise<ServiceSummary[]> {
  const services = (await deps.services.list()).filter(({ owner }) => may(actor, "service:read", owner));
  return Promise.all(services.map((service) => summarise(deps, service)));
}

/** One service. Undefined when there is none of this name. Raises `ForbiddenError`. */
export async function getService(deps: CatalogDeps, actor: Actor, name: string): Promise<ServiceDetail | undefined> {
  const service = await deps.services.find(name);
  if (!service) return undefined;
  authorise(actor, "service:read", service.owner);
  const htmlUrl = `${deps.githubUrl}/${service.repository}`;
  return {
    ...(await summarise(deps, service)),
    id: service.id,
    repository: { fullName: service.repository, htmlUrl, cloneUrl: `${htmlUrl}.git` },
    requestedBy: service.requestedBy.email,
    pipelineName: service.name,
  };
}

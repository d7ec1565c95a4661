import { AppError, type Clock, type Logger } from "@turnpike/kernel";
import type { Changes } from "../live/index.ts";
import type { Pipelines } from "../pipelines/index.ts";
import {
  findAccount,
  type PlatformStore,
  publishStandards,
  type ServiceDocument,
  type StoredDocument,
  type Verifier,
} from "../platform/index.ts";
import type { Advisories } from "../standards/index.ts";
import type { PipelineStacks, RepositoryHost, ServiceStore, StoredStep, Templates } from "./ports.ts";
import { type StepKey, stepKeys } from "./views.ts";

export interface EnsureDeps {
  readonly services: ServiceStore;
  readonly platform: Pick<PlatformStore, "find" | "list">;
  readonly verifier: Verifier;
  readonly advisories: Advisories;
  readonly host: RepositoryHost;
  readonly templates: Templates;
  readonly stacks: PipelineStacks;
  readonly pipelines: Pick<Pipelines, "list">;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The branch that a service's pipeline follows. */
export const SERVICE_BRANCH = "main";

/** What a step came to: done, not yet (look again in a moment), or failed. */
type StepResult =
  | { kind: "done"; detail?: string; href?: string }
  | { kind: "waiting"; detail: string }
  | { kind: "failed"; error: string; final: boolean };

type EnsureStep = (deps: EnsureDeps, service: ServiceDocument) => Promise<StepResult>;

const ensureRepository: EnsureStep = async ({ host }, { metadata, spec }) => {
  const result = await host.ensureRepository({
    fullName: spec.repository,
    description: spec.description || metadata.name,
    marker: spec.id,
  });
  const { fullName, htmlUrl } = result.repository;
  if (result.kind === "ours") return { kind: "done", detail: fullName, href: htmlUrl };
  return {
    kind: "failed",
    final: true,
    error: `A repository ${fullName} exists and was not made for this service. It was left untouched. Rename it, or create the service under another name.`,
  };
};

const ensureFirstCommit: EnsureStep = async (deps, { metadata, spec }) => {
  const existing = await deps.host.head(spec.repository, SERVICE_BRANCH);
  if (existing) return { kind: "done", detail: existing };
  const [template = "", version] = spec.template.split("@");
  const offered = await deps.templates.find(template);
  if (offered?.version !== version) {
    const error = `The template ${spec.template} is not offered here (now: ${offered?.version ?? "none"}). The repository was left empty. Restore that version of the template.`;
    return { kind: "failed", final: false, error };
  }
  const files = await deps.templates.render(template, {
    name: metadata.name,
    owner: spec.owner,
    description: spec.description,
    serviceId: spec.id,
    repository: spec.repository,
    environments: spec.environments,
    parameters: spec.parameters,
  });
  const request = await deps.services.find(metadata.name);
  const { sha } = await deps.host.ensureFirstCommit({
    fullName: spec.repository,
    branch: SERVICE_BRANCH,
    files,
    message: `Create ${metadata.name} from ${spec.template}\n\nRequested-by: ${spec.requestedBy.email}\n`,
    author: { name: spec.requestedBy.email.split("@")[0] ?? "", email: spec.requestedBy.email },
    // The same on every attempt: a repeated push is the same commit.
    at: request?.createdAt ?? new Date(0),
  });
  return { kind: "done", detail: sha };
};

const ensurePipeline: EnsureStep = async (deps, { metadata, spec }) => {
  const platform = (await deps.platform.list("Platform"))[0]?.document.spec;
  const tooling = platform && (await findAccount(deps.platform, platform.tooling));
  if (!tooling) {
    return {
      kind: "failed",
      final: false,
      error: "The platform repository names no tooling account. Nothing was created in AWS.",
    };
  }
  const targets = [];
  for (const environment of spec.environments) {
    const account = await findAccount(deps.platform, environment);
    if (!account) {
      const error = `The platform repository has no accounts/${environment}.yaml. Nothing was created in AWS.`;
      return { kind: "failed", final: false, error };
    }
    targets.push({ environment, account });
  }
  // Its first execution begins with the stack, and takes the verifier from there.
  await publishStandards(deps);
  const result = await deps.stacks.ensure({
    service: metadata.name,
    serviceId: spec.id,
    owner: spec.owner,
    repository: spec.repository,
    branch: SERVICE_BRANCH,
    tooling,
    targets,
  });
  if (result.kind === "ready")
    return { kind: "done", detail: result.pipeline, href: `/services/${metadata.name}/pipeline` };
  if (result.kind === "in-progress") return { kind: "waiting", detail: result.detail };
  return { kind: "failed", final: result.final, error: result.reason };
};

const ensureFirstExecution: EnsureStep = async ({ pipelines }, { metadata }) => {
  const executions = await pipelines.list(metadata.name);
  const first = executions?.at(-1);
  if (!first) return { kind: "waiting", detail: "The pipeline starts by itself." };
  return { kind: "done", detail: first.id, href: `/services/${metadata.name}/pipeline` };
};

const ensures: Record<Exclude<StepKey, "decision">, EnsureStep> = {
  repository: ensureRepository,
  "first-commit": ensureFirstCommit,
  pipeline: ensurePipeline,
  "first-execution": ensureFirstExecution,
};

/**
 * Takes a service's next steps, as many as can be taken now. Every step is idempotent and looks before it acts, so it
 * may be run at any time, by any number of workers, after any crash.
 *
 * @returns `done`; `waiting`: look again soon; `failed`: look again after a while, or, when final, not at all
 */
export async function ensureService(
  deps: EnsureDeps,
  name: string,
): Promise<{ kind: "done" | "waiting" } | { kind: "failed"; attempts: number; final: boolean }> {
  const [steps, found] = await Promise.all([deps.services.steps(name), deps.platform.find("Service", name)]);
  const stored = new Map(steps.map((step) => [step.key, step]));
  const document = found?.document;
  if (found) await adoptIfUnknown(deps, found);
  const decided = await ensureDecision(deps, name, stored.get("decision"), document);
  if (decided) return decided;
  if (!document) return withdraw(deps, name);

  for (const key of stepKeys) {
    if (key === "decision") continue;
    const before = stored.get(key);
    if (before?.status === "done") continue;
    const startedAt = before?.startedAt ?? deps.clock.now();
    const [result] = await Promise.all([
      attempt(ensures[key], deps, document),
      before ? undefined : save(deps, name, { key, status: "running", startedAt, attempts: 0 }),
    ]);
    if (result.kind === "done") {
      await save(deps, name, {
        key,
        status: "done",
        startedAt,
        finishedAt: deps.clock.now(),
        attempts: 0,
        ...(result.detail ? { detail: result.detail } : {}),
        ...(result.href ? { href: result.href } : {}),
      });
      deps.log.info(
        { service: name, step: key, team: document.spec.owner, actor: document.spec.requestedBy.email },
        "step done",
      );
      continue;
    }
    if (result.kind === "waiting") {
      if (before?.detail !== result.detail || before.status !== "running") {
        await save(deps, name, { key, status: "running", detail: result.detail, startedAt, attempts: 0 });
      }
      return { kind: "waiting" };
    }
    const attempts = (before?.attempts ?? 0) + 1;
    const { error, final } = result;
    await save(deps, name, { key, status: "failed", error, final, startedAt, attempts });
    deps.log.warn({ service: name, step: key, attempts, final, error }, "step failed");
    return { kind: "failed", attempts, final };
  }
  return { kind: "done" };
}

/** Git decides: a service whose document was committed by hand is one like any other. */
async function adoptIfUnknown({ services, clock, log }: EnsureDeps, found: StoredDocument<ServiceDocument>) {
  const { path, commit, document } = found;
  const { name } = document.metadata;
  if (await services.find(name)) return;
  const { requestedBy, ...spec } = document.spec;
  const { email, github } = requestedBy;
  const request = { name, ...spec, requestedBy: { email, ...(github ? { github } : {}) }, createdAt: clock.now() };
  await services.adopt(request, { path, commit });
  log.info({ service: name, commit }, "service adopted");
}

/** The decision is the platform repository's: the step only shows where it is. Undefined when it is taken. */
async function ensureDecision(
  deps: EnsureDeps,
  name: string,
  before: StoredStep | undefined,
  document: ServiceDocument | undefined,
) {
  if (before?.status === "done") return undefined;
  const decision = await deps.services.decision(name);
  const startedAt = before?.startedAt ?? deps.clock.now();
  if (decision?.status === "conflict") {
    const error = decision.error ?? "The platform repository has this service already.";
    await save(deps, name, { key: "decision", status: "failed", error, final: true, startedAt, attempts: 1 });
    return { kind: "failed", attempts: 1, final: true } as const;
  }
  if (!document) {
    if (!before) await save(deps, name, { key: "decision", status: "running", startedAt, attempts: 0 });
    return { kind: "waiting" } as const;
  }
  const detail = decision?.commit;
  const finishedAt = deps.clock.now();
  await save(deps, name, {
    key: "decision",
    status: "done",
    startedAt,
    finishedAt,
    attempts: 0,
    ...(detail ? { detail } : {}),
  });
  return undefined;
}

/** The platform repository no longer asks for it: nothing more is made, nothing is deleted, and it is said so. */
async function withdraw(deps: EnsureDeps, name: string) {
  const error = `services/${name}.yaml was removed from the platform repository. What was made so far was left as it is. Restore the document to go on.`;
  await save(deps, name, { key: "decision", status: "failed", error, final: true, attempts: 1 });
  return { kind: "failed", attempts: 1, final: true } as const;
}

async function attempt(step: EnsureStep, deps: EnsureDeps, service: ServiceDocument): Promise<StepResult> {
  try {
    return await step(deps, service);
  } catch (error) {
    deps.log.error({ service: service.metadata.name, err: error }, "step raised an error");
    const message =
      error instanceof AppError ? error.message : "Something unexpected went wrong. Turnpike tries again by itself.";
    return { kind: "failed", error: message, final: false };
  }
}

async function save(deps: EnsureDeps, name: string, step: StoredStep): Promise<void> {
  await deps.services.saveStep(name, step);
  await deps.changes.publish(`service:${name}`);
}

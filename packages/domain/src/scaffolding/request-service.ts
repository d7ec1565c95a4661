import { type Clock, newId } from "@turnpike/kernel";
import { stringify } from "yaml";
import { type Actor, authorise } from "../identity/index.ts";
import type { Changes } from "../live/index.ts";
import { findStandards, type PlatformStore, type ServiceDocument } from "../platform/index.ts";
import type { Advisories } from "../standards/index.ts";
import { NoPlatformError, TemplateNotFoundError } from "./errors.ts";
import { judgeRendered } from "./judge-rendered.ts";
import { problemOfName } from "./name.ts";
import type { ServiceRequest, ServiceStore, Templates } from "./ports.ts";
import type { FieldProblem, NewService, Preview, PreviewFile, ServiceRequested, TemplateDetail } from "./views.ts";

export interface RequestDeps {
  readonly templates: Templates;
  readonly platform: Pick<PlatformStore, "find" | "list">;
  readonly services: ServiceStore;
  readonly advisories: Advisories;
  readonly changes: Changes;
  readonly clock: Clock;
}

const DESCRIPTION_MAX = 200;

interface Checked {
  readonly template: TemplateDetail;
  readonly parameters: Record<string, unknown>;
  readonly problems: FieldProblem[];
}

async function check(deps: RequestDeps, input: NewService): Promise<Checked> {
  const template = await deps.templates.find(input.template);
  if (!template) throw new TemplateNotFoundError(input.template);
  const problems: FieldProblem[] = [];
  const name = problemOfName(input.name);
  if (name) problems.push({ field: "name", message: name });
  if (!(await deps.platform.find("Team", input.owner))) {
    problems.push({ field: "owner", message: "Choose a team that exists in the platform repository." });
  }
  if (input.description.length > DESCRIPTION_MAX || /[\p{Cc}]/u.test(input.description)) {
    problems.push({ field: "description", message: `One line of at most ${DESCRIPTION_MAX} characters.` });
  }
  const validated = await deps.templates.validate(input.template, input.parameters);
  if (validated.kind === "invalid") problems.push(...validated.problems);
  return {
    template,
    problems,
    parameters: validated.kind === "valid" ? validated.parameters : { ...input.parameters },
  };
}

/** The repository in which a service of this name lives. */
async function locate(deps: RequestDeps, name: string) {
  const platform = (await deps.platform.list("Platform"))[0]?.document.spec;
  if (!platform) throw new NoPlatformError();
  return { repository: `${platform.organisation}/${name}`, environments: platform.environments };
}

/** Every file that would be in the repository's first commit. Writes nothing. Raises what `Templates.render` raises. */
export async function previewService(deps: RequestDeps, actor: Actor, input: NewService): Promise<Preview> {
  const { template, parameters, problems } = await check(deps, input);
  if (problems.length > 0) return { kind: "invalid", problems };
  authorise(actor, "service:create", input.owner);
  const { repository, environments } = await locate(deps, input.name);
  const files = await deps.templates.render(template.name, {
    name: input.name,
    owner: input.owner,
    description: input.description,
    serviceId: "svc_preview",
    repository,
    environments,
    parameters,
  });
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const shown = files.map(({ path, content, mode }) => ({
    path,
    text: decode(decoder, content),
    sizeBytes: content.byteLength,
    executable: mode === 0o755,
  }));
  return {
    kind: "rendered",
    files: shown,
    standards: judgeRendered(textsOf(shown), input.name, {
      standards: await findStandards(deps.platform),
      // Nothing of it runs yet: there is nobody whom it could break.
      delivery: { byTurnpike: true, served: null, advisories: (await deps.advisories.current())?.index },
      now: deps.clock.now(),
    }),
    creates: [
      `A private repository ${repository} with ${files.length} files`,
      `A pipeline ${input.name}: build, ${environments.join(", then ")}, with a person's approval before ${environments.at(-1)}`,
      ...environments.map(
        (environment) => `A stack ${input.name} in the account of ${environment}, made by the pipeline`,
      ),
      `A document services/${input.name}.yaml in the platform repository, committed in your name`,
    ],
  };
}

const textsOf = (files: readonly PreviewFile[]) =>
  new Map(files.flatMap(({ path, text }) => (text === undefined ? [] : [[path, text] as const])));

function decode(decoder: TextDecoder, content: Uint8Array): string | undefined {
  try {
    return decoder.decode(content);
  } catch {
    // Not text: it is shown by its size alone.
    return undefined;
  }
}

/**
 * Accepts the wish for a service: takes its name and stores the intent to commit `services/<name>.yaml`. The rest is
 * the worker's, from that commit on.
 *
 * @returns `invalid` with every problem, or `taken`; nothing was written in either case
 * @throws ForbiddenError, TemplateNotFoundError
 */
export async function requestService(deps: RequestDeps, actor: Actor, input: NewService): Promise<ServiceRequested> {
  const { template, parameters, problems } = await check(deps, input);
  if (problems.length > 0) return { kind: "invalid", problems };
  authorise(actor, "service:create", input.owner);
  const taken = {
    kind: "taken",
    message: `The name ${input.name} is taken. Nothing was created. Choose another name.`,
  } as const;
  if (await deps.platform.find("Service", input.name)) return taken;

  const now = deps.clock.now();
  const request: ServiceRequest = {
    id: newId("service", now),
    name: input.name,
    owner: input.owner,
    description: input.description,
    template: `${template.name}@${template.version}`,
    parameters,
    ...(await locate(deps, input.name)),
    requestedBy: { email: actor.email, ...(actor.githubLogins[0] ? { github: actor.githubLogins[0] } : {}) },
    createdAt: now,
  };
  const reserved = await deps.services.reserve(request, {
    change: { path: `services/${input.name}.yaml`, content: stringify(documentOf(request), { lineWidth: 0 }) },
    message: `Create ${input.name} from ${request.template}`,
    author: { name: actor.name, email: actor.email },
  });
  if (!reserved) return taken;
  await deps.changes.publish("intents");
  await deps.changes.publish("services");
  return { kind: "accepted", service: input.name };
}

function documentOf(request: ServiceRequest): ServiceDocument {
  const { id, owner, description, template, parameters, repository, environments, requestedBy } = request;
  return {
    apiVersion: "turnpike.dev/v1",
    kind: "Service",
    metadata: { name: request.name },
    spec: {
      id,
      owner,
      description,
      template,
      parameters: { ...parameters },
      repository,
      environments: [...environments],
      requestedBy: { email: requestedBy.email, ...(requestedBy.github ? { github: requestedBy.github } : {}) },
    },
  };
}

import { type Actor, authorise } from "../identity/index.ts";
import type { ServiceStore, Templates } from "./ports.ts";
import { type ServiceProgress, type StepKey, stepKeys } from "./views.ts";

const titles: Record<StepKey, string> = {
  decision: "Commit the decision to the platform repository",
  repository: "Create the repository",
  "first-commit": "Push the first commit",
  pipeline: "Create the pipeline",
  "first-execution": "Start the pipeline",
};

export function getTemplate(deps: { templates: Templates }, name: string) {
  return deps.templates.find(name);
}

/** How far a service is. Undefined when none of this name was asked for here. Raises `ForbiddenError`. */
export async function getServiceProgress(
  deps: { services: ServiceStore },
  actor: Actor,
  name: string,
): Promise<ServiceProgress | undefined> {
  const request = await deps.services.find(name);
  if (!request) return undefined;
  authorise(actor, "service:read", request.owner);
  const stored = new Map((await deps.services.steps(name)).map((step) => [step.key, step]));
  const steps = stepKeys.map((key) => {
    const { attempts: _attempts, ...step } = stored.get(key) ?? { key, status: "waiting" as const, attempts: 0 };
    return { ...step, title: titles[key] };
  });
  return { service: name, steps, done: steps.every(({ status }) => status === "done") };
}

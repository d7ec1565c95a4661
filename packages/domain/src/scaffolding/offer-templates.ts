import { estimateCost } from "../costs/index.ts";
import { findStandards } from "../platform/index.ts";
import { expandRendered, judgeRendered } from "./judge-rendered.ts";
import type { RequestDeps } from "./request-service.ts";
import type { BrokenTemplate, OfferedTemplate, TemplateSummary } from "./views.ts";

export type OfferDeps = Pick<RequestDeps, "templates" | "platform" | "advisories" | "clock">;

const ENVIRONMENTS = ["dev", "prod"];

/** The templates on offer, each with how what it makes stands and what that costs, and those that can't be offered. */
export async function offerTemplates(
  deps: OfferDeps,
): Promise<{ templates: readonly OfferedTemplate[]; broken: readonly BrokenTemplate[] }> {
  const { templates, broken } = await deps.templates.list();
  return { templates: await Promise.all(templates.map((template) => offer(deps, template))), broken };
}

async function offer(deps: OfferDeps, template: TemplateSummary): Promise<OfferedTemplate> {
  const files = await renderDefaults(deps, template.name);
  const advisories = (await deps.advisories.current())?.index;
  const expanded = files && expandRendered(files, ENVIRONMENTS.at(-1) ?? "");
  return {
    ...template,
    standards:
      files &&
      judgeRendered(files, "example", {
        standards: await findStandards(deps.platform),
        delivery: { byTurnpike: true, served: null, advisories },
        now: deps.clock.now(),
      }),
    cost: expanded && template.figures && estimateCost(expanded, template.figures),
  };
}

/** What a template makes for somebody who answers nothing but what they must; undefined where that isn't possible. */
async function renderDefaults(
  { templates }: Pick<RequestDeps, "templates">,
  name: string,
): Promise<ReadonlyMap<string, string> | undefined> {
  const asked = await templates.validate(name, {});
  if (asked.kind === "invalid") return undefined;
  const files = await templates.render(name, {
    ...{ name: "example", owner: "example", description: "An example", serviceId: "svc_example" },
    ...{ repository: "example/example", environments: ENVIRONMENTS, parameters: asked.parameters },
  });
  const decoder = new TextDecoder();
  return new Map(files.map(({ path, content }) => [path, decoder.decode(content)]));
}

import type { PlatformStore } from "../platform/index.ts";
import { SERVICE_BRANCH } from "../scaffolding/index.ts";

/** What is judged under a name: a service that Turnpike made, or a repository that was imported. */
export interface ScorecardSubject {
  readonly name: string;
  readonly kind: "service" | "repository";
  readonly owner: string;
  /** `acme/orders` */
  readonly repository: string;
  readonly branch: string;
  /** Where it says so; else it is looked for. */
  readonly template: string | undefined;
}

export async function findSubject(
  platform: Pick<PlatformStore, "find">,
  name: string,
): Promise<ScorecardSubject | undefined> {
  const service = (await platform.find("Service", name))?.document.spec;
  if (service) return ofService(name, service);
  const imported = (await platform.find("Repository", name))?.document.spec;
  return imported && ofRepository(name, imported);
}

export async function listSubjects(platform: Pick<PlatformStore, "list">): Promise<ScorecardSubject[]> {
  const services = await platform.list("Service");
  const names = new Set(services.map(({ document }) => document.metadata.name));
  const imported = await platform.list("Repository");
  return [
    ...services.map(({ document }) => ofService(document.metadata.name, document.spec)),
    ...imported
      .filter(({ document }) => !names.has(document.metadata.name))
      .map(({ document }) => ofRepository(document.metadata.name, document.spec)),
  ];
}

function ofService(name: string, { owner, repository }: { owner: string; repository: string }): ScorecardSubject {
  return { name, kind: "service", owner, repository, branch: SERVICE_BRANCH, template: undefined };
}

interface Imported {
  owner: string;
  repository: string;
  branch: string;
  template?: string;
}

function ofRepository(name: string, { owner, repository, branch, template }: Imported): ScorecardSubject {
  return { name, kind: "repository", owner, repository, branch, template };
}

/** Where templates of SAM and CloudFormation are by custom, the likeliest first. */
const CUSTOMARY =
  /^(?:(?:infra|infrastructure|cloudformation|deploy|sam|aws)\/)?(?:template|cloudformation|sam|stack|main)\.(?:ya?ml|json)$/;

/** The file that holds a repository's template; undefined where none does. */
export function templateFileOf(files: ReadonlyMap<string, string>, said: string | undefined): string | undefined {
  if (said !== undefined) return files.has(said) ? said : undefined;
  const candidates = [...files.keys()].filter((file) => CUSTOMARY.test(file) && isTemplate(files.get(file) ?? ""));
  return candidates.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))[0];
}

const rank = (file: string) => (file === "template.yaml" ? 0 : file.includes("/") ? 2 : 1);

const isTemplate = (text: string) => /^\s*["']?Resources["']?\s*:/m.test(text);

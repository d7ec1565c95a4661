import type { Clock } from "@turnpike/kernel";
import { stringify } from "yaml";
import { type Actor, authorise } from "../identity/index.ts";
import type { Changes } from "../live/index.ts";
import { type PlatformStore, type RepositoryDocument, repositoryDocument } from "../platform/index.ts";
import type { ScorecardStore } from "./ports.ts";
import { findSubject } from "./subject.ts";

export interface ImportDeps {
  readonly platform: Pick<PlatformStore, "find" | "list">;
  readonly scorecards: Pick<ScorecardStore, "importRepository">;
  readonly changes: Changes;
  readonly clock: Clock;
}

export interface NewImport {
  /** `acme/legacy`, or `legacy` in the platform's own organisation. */
  readonly repository: string;
  readonly owner: string;
  readonly branch: string;
  /** Path of its template; empty: looked for where templates are by custom. */
  readonly template: string;
}

export interface ImportProblem {
  readonly field: keyof NewImport;
  readonly message: string;
}

/** A name in lower-case letters, digits and hyphens that says which repository is meant. */
const nameOf = (fullName: string) =>
  fullName
    .split("/")
    .at(-1)
    ?.toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 63) ?? "";

/**
 * Accepts the wish that a repository which Turnpike never made be judged like a service: stores the intent to commit
 * `repositories/<name>.yaml`. Nothing in the repository itself is changed.
 *
 * @returns the name under which it is judged, or every problem; nothing was written then
 * @throws ForbiddenError
 */
export async function importRepository(
  deps: ImportDeps,
  actor: Actor,
  input: NewImport,
): Promise<{ kind: "accepted"; name: string } | { kind: "invalid"; problems: readonly ImportProblem[] }> {
  const invalid = (field: keyof NewImport, message: string) =>
    ({ kind: "invalid", problems: [{ field, message }] }) as const;
  if (!(await deps.platform.find("Team", input.owner))) {
    return invalid("owner", "Choose a team that exists in the platform repository.");
  }
  authorise(actor, "service:create", input.owner);
  const organisation = (await deps.platform.list("Platform"))[0]?.document.spec.organisation ?? "";
  const written = input.repository
    .trim()
    .replace(/^https?:\/\/[^/]+\//, "")
    .replace(/(\.git)?\/?$/, "");
  const repository = written.includes("/") ? written : `${organisation}/${written}`;
  const name = nameOf(repository);
  const document = {
    apiVersion: "turnpike.dev/v1",
    kind: "Repository",
    metadata: { name },
    spec: {
      repository,
      owner: input.owner,
      branch: input.branch.trim() || "main",
      ...(input.template.trim() ? { template: input.template.trim() } : {}),
      importedBy: { email: actor.email },
    },
  } satisfies RepositoryDocument;
  const parsed = repositoryDocument.safeParse(document);
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path }) => path.at(-1));
    if (fields.includes("branch")) return invalid("branch", "This isn't the name of a branch.");
    if (fields.includes("template")) return invalid("template", "This isn't the path of a file in a repository.");
    return invalid("repository", "Give a repository as it is on GitHub, such as acme/legacy.");
  }
  if (await findSubject(deps.platform, name)) {
    return invalid("repository", `${name} is judged already: see its scorecard. Nothing was changed.`);
  }
  await deps.scorecards.importRepository({
    name,
    owner: input.owner,
    at: deps.clock.now(),
    intent: {
      change: { path: `repositories/${name}.yaml`, content: stringify(document, { lineWidth: 0 }) },
      message: `Judge ${repository} by the standards`,
      author: { name: actor.name, email: actor.email },
    },
  });
  await deps.changes.publish("intents");
  return { kind: "accepted", name };
}

import { createHash } from "node:crypto";
import { TemplateError } from "@turnpike/cloudformation";
import type { Clock } from "@turnpike/kernel";
import type { Changes } from "../live/index.ts";
import { findStandards, type PlatformStore } from "../platform/index.ts";
import {
  judgeStandards,
  openSubject,
  type RuleResult,
  type Standards,
  type Subject,
  standardsView,
} from "../standards/index.ts";
import type { Judged, ScorecardStore, Sources } from "./ports.ts";
import { findSubject, listSubjects, type ScorecardSubject, templateFileOf } from "./subject.ts";

export interface JudgeDeps {
  readonly platform: Pick<PlatformStore, "find" | "list">;
  readonly sources: Pick<Sources, "head" | "files">;
  readonly scorecards: Pick<ScorecardStore, "latest" | "save">;
  readonly changes: Changes;
  readonly clock: Clock;
}

const dayOf = (at: Date) => at.toISOString().slice(0, 10);

/** What a verdict depends on beside the commit: the standards, and the day, on which a waiver may end. */
function basisOf(standards: Standards, subject: ScorecardSubject, at: Date): string {
  const said = JSON.stringify([standards, subject.template, dayOf(at)]);
  return createHash("sha256").update(said).digest("hex");
}

/** What a commit's files come to, or why they can't be judged. */
export type Reading =
  | {
      readonly kind: "judged";
      readonly subject: Subject;
      readonly file: string;
      readonly results: readonly RuleResult[];
    }
  | { readonly kind: "problem"; readonly problem: string };

/** Judges the files of a repository as the pipeline's Verify action does. */
export function judgeFiles(
  files: ReadonlyMap<string, string> | undefined,
  { name, template }: Pick<ScorecardSubject, "name" | "template">,
  standards: Standards,
  at: Date,
): Reading {
  if (!files) return { kind: "problem", problem: "The repository is larger than can be read: 5,000 files or 20 MB." };
  const file = templateFileOf(files, template);
  if (!file) {
    const where = template ? `at ${template}` : "where one is by custom, such as template.yaml";
    return { kind: "problem", problem: `There is no template of SAM or CloudFormation ${where}.` };
  }
  try {
    const subject = openSubject({ file, text: files.get(file) ?? "", files });
    return {
      kind: "judged",
      subject,
      file,
      results: judgeStandards(subject, { service: name, standards, today: dayOf(at) }),
    };
  } catch (error) {
    if (error instanceof TemplateError) return { kind: "problem", problem: error.message };
    throw error;
  }
}

/**
 * Judges the head of a repository, unless that was done by the same standards today. Safe to repeat.
 *
 * @throws RepositoryHostError: try again later
 */
export async function judgeScorecard(deps: JudgeDeps, name: string): Promise<void> {
  const subject = await findSubject(deps.platform, name);
  if (!subject) return;
  const at = deps.clock.now();
  const standards = await findStandards(deps.platform);
  const basis = basisOf(standards, subject, at);
  const commit = await deps.sources.head(subject.repository, subject.branch);
  const known = await deps.scorecards.latest(name);
  if (known && known.basis === basis && known.commit === (commit ?? "")) return;
  const judged: Pick<Judged, "problem" | "rules"> = commit
    ? read(judgeFiles(await deps.sources.files(subject.repository, commit), subject, standards, at))
    : { problem: `${subject.repository} has no branch ${subject.branch}, or Turnpike may not see it.`, rules: [] };
  await deps.scorecards.save({ name, commit: commit ?? "", basis, judgedAt: at, ...judged });
  await deps.changes.publish("scorecards");
  await deps.changes.publish(`service:${name}`);
}

/** Names of those that weren't judged yet by the standards as they are today. */
export async function listUnjudged(deps: {
  platform: Pick<PlatformStore, "list">;
  scorecards: Pick<ScorecardStore, "bases">;
  clock: Clock;
}): Promise<string[]> {
  const standards = await findStandards(deps.platform);
  const at = deps.clock.now();
  const judged = await deps.scorecards.bases();
  const subjects = await listSubjects(deps.platform);
  return subjects
    .filter((subject) => judged.get(subject.name) !== basisOf(standards, subject, at))
    .map(({ name }) => name);
}

function read(reading: Reading): Pick<Judged, "problem" | "rules"> {
  if (reading.kind === "problem") return { problem: reading.problem, rules: [] };
  return { problem: undefined, rules: standardsView(reading.results) };
}

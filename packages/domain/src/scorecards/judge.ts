import { createHash } from "node:crypto";
import { TemplateError } from "@turnpike/cloudformation";
import type { Clock } from "@turnpike/kernel";
import type { Changes } from "../live/index.ts";
import { findStandards, type PlatformStore, runningCommits } from "../platform/index.ts";
import {
  type Advisories,
  contractIn,
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
  readonly advisories: Advisories;
  readonly changes: Changes;
  readonly clock: Clock;
}

const dayOf = (at: Date) => at.toISOString().slice(0, 10);

/** What a repository is judged by, beside its own files. */
export interface Yardstick {
  readonly standards: Standards;
  readonly advisories: Awaited<ReturnType<Advisories["current"]>>;
  /** By service: the commit that production runs. */
  readonly running: ReadonlyMap<string, string>;
  readonly at: Date;
}

export async function readYardstick(deps: {
  platform: Pick<PlatformStore, "list">;
  advisories: Advisories;
  clock: Clock;
}): Promise<Yardstick> {
  return {
    standards: await findStandards(deps.platform),
    advisories: await deps.advisories.current(),
    running: await runningCommits(deps.platform),
    at: deps.clock.now(),
  };
}

/** What a verdict depends on beside the commit: also the day, on which a waiver may end. */
function basisOf({ name, template }: ScorecardSubject, { standards, advisories, running, at }: Yardstick): string {
  const said = JSON.stringify([standards, advisories?.version, running.get(name), template, dayOf(at)]);
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

/**
 * Judges the files of a repository as the pipeline's Verify action does.
 *
 * @param served the contract that production serves; null: none; undefined: not known
 */
export function judgeFiles(
  files: ReadonlyMap<string, string> | undefined,
  { name, kind, template }: Pick<ScorecardSubject, "name" | "kind" | "template">,
  { standards, advisories, at }: Yardstick,
  served: string | null | undefined,
): Reading {
  if (!files) return { kind: "problem", problem: "The repository is larger than can be read: 5,000 files or 20 MB." };
  const file = templateFileOf(files, template);
  if (!file) {
    const where = template ? `at ${template}` : "where one is by custom, such as template.yaml";
    return { kind: "problem", problem: `There is no template of SAM or CloudFormation ${where}.` };
  }
  try {
    const delivery = { byTurnpike: kind === "service", served, advisories: advisories?.index };
    const subject = openSubject({ file, text: files.get(file) ?? "", files, delivery });
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
  const yardstick = await readYardstick(deps);
  const basis = basisOf(subject, yardstick);
  const commit = await deps.sources.head(subject.repository, subject.branch);
  const known = await deps.scorecards.latest(name);
  if (known && known.basis === basis && known.commit === (commit ?? "")) return;
  const judged: Pick<Judged, "problem" | "rules"> = commit
    ? read(await judgeCommit(deps, subject, yardstick, commit))
    : { problem: `${subject.repository} has no branch ${subject.branch}, or Turnpike may not see it.`, rules: [] };
  await deps.scorecards.save({ name, commit: commit ?? "", basis, judgedAt: yardstick.at, ...judged });
  await deps.changes.publish("scorecards");
  await deps.changes.publish(`service:${name}`);
}

/** Judges a commit of a repository, its contract by the one that production serves. Raises `RepositoryHostError`. */
async function judgeCommit(
  { sources }: Pick<JudgeDeps, "sources">,
  subject: ScorecardSubject,
  yardstick: Yardstick,
  commit: string,
): Promise<Reading> {
  const running = yardstick.running.get(subject.name);
  const before = running === undefined ? undefined : await sources.files(subject.repository, running);
  const served = running === undefined ? null : before && (contractIn(before)?.text ?? null);
  return judgeFiles(await sources.files(subject.repository, commit), subject, yardstick, served);
}

/** Names of those that weren't judged yet by the standards as they are today. */
export async function listUnjudged(deps: {
  platform: Pick<PlatformStore, "list">;
  scorecards: Pick<ScorecardStore, "bases">;
  advisories: Advisories;
  clock: Clock;
}): Promise<string[]> {
  const yardstick = await readYardstick(deps);
  const judged = await deps.scorecards.bases();
  const subjects = await listSubjects(deps.platform);
  return subjects.filter((subject) => judged.get(subject.name) !== basisOf(subject, yardstick)).map(({ name }) => name);
}

function read(reading: Reading): Pick<Judged, "problem" | "rules"> {
  if (reading.kind === "problem") return { problem: reading.problem, rules: [] };
  return { problem: undefined, rules: standardsView(reading.results) };
}

import { type Clock, newId } from "@turnpike/kernel";
import { type Actor, authorise } from "../identity/index.ts";
import type { Changes } from "../live/index.ts";
import type { PlatformStore } from "../platform/index.ts";
import { type Advisories, applyFixes } from "../standards/index.ts";
import { NothingToFixError, ScorecardNotFoundError } from "./errors.ts";
import { judgeFiles, readYardstick } from "./judge.ts";
import type { FixRequest, ScorecardStore, Sources } from "./ports.ts";
import { findSubject } from "./subject.ts";

export interface RequestFixDeps {
  readonly platform: Pick<PlatformStore, "find">;
  readonly scorecards: Pick<ScorecardStore, "latest" | "requestFix">;
  readonly changes: Changes;
  readonly clock: Clock;
}

/**
 * Accepts a person's wish for a pull request that mends a rule, with every patch that is known for it. The worker opens
 * it. Asked twice for one commit, it is one wish.
 *
 * @throws ForbiddenError, ScorecardNotFoundError, NothingToFixError
 */
export async function requestFix(
  deps: RequestFixDeps,
  actor: Actor,
  { name, rule }: { name: string; rule: string },
): Promise<void> {
  const subject = await findSubject(deps.platform, name);
  if (!subject) throw new ScorecardNotFoundError(name);
  authorise(actor, "service:change", subject.owner);
  const judged = await deps.scorecards.latest(name);
  const found = judged?.rules.find(({ id }) => id === rule);
  if (!judged || !found?.findings.some(({ fix }) => fix !== undefined)) throw new NothingToFixError(rule, name);
  const at = deps.clock.now();
  const [github] = actor.githubLogins;
  await deps.scorecards.requestFix({
    id: newId("fix", at),
    name,
    rule,
    base: judged.commit,
    requestedBy: { email: actor.email, name: actor.name, ...(github ? { github } : {}) },
    requestedAt: at,
  });
  await deps.changes.publish("fixes");
  await deps.changes.publish(`service:${name}`);
}

export interface OpenFixesDeps {
  readonly platform: Pick<PlatformStore, "find" | "list">;
  readonly scorecards: Pick<ScorecardStore, "fixOpened" | "fixFailed">;
  readonly sources: Sources;
  readonly advisories: Advisories;
  readonly changes: Changes;
  readonly clock: Clock;
}

/**
 * Opens the pull request of a wish. What it would mend is judged anew at the commit that the person saw: a patch that no
 * longer follows from it fails the wish, and changes nothing.
 *
 * @throws RepositoryHostError: try again later
 */
export async function openFix(deps: OpenFixesDeps, fix: FixRequest): Promise<void> {
  const subject = await findSubject(deps.platform, fix.name);
  const yardstick = await readYardstick(deps);
  const files = subject && (await deps.sources.files(subject.repository, fix.base));
  const reading = subject && judgeFiles(files, subject, yardstick, undefined);
  const result = reading?.kind === "judged" ? reading.results.find(({ rule }) => rule.id === fix.rule) : undefined;
  const mended = (result?.findings ?? []).filter((finding) => finding.fix && !finding.waiver);
  if (!subject || reading?.kind !== "judged" || !result || mended.length === 0) {
    await deps.scorecards.fixFailed(fix.id, `There is no patch for ${fix.rule} any more. Nothing was changed.`);
  } else {
    const fixes = mended.flatMap((finding) => (finding.fix ? [finding.fix] : []));
    const [first] = fixes;
    const title = `${fix.rule}: ${fixes.length === 1 && first ? first.summary : result.rule.title}`;
    const { sha: commit, url } = await deps.sources.propose({
      fullName: subject.repository,
      into: subject.branch,
      base: fix.base,
      branch: `turnpike/${fix.rule.toLowerCase()}-${fix.base.slice(0, 7)}`,
      files: new Map([[reading.file, applyFixes(reading.subject, fixes)]]),
      message: `${title}\n\n${result.rule.reason}\n`,
      author: fix.requestedBy,
      at: fix.requestedAt,
      title,
      body: bodyOf(fix, result.rule.reason, mended),
    });
    await deps.scorecards.fixOpened(fix.id, { commit, url });
  }
  await deps.changes.publish(`service:${fix.name}`);
  await deps.changes.publish("scorecards");
}

interface Mended {
  readonly file: string;
  readonly line: number;
  readonly message: string;
  readonly fix: { readonly summary: string } | undefined;
}

function bodyOf({ rule, requestedBy }: FixRequest, reason: string, mended: readonly Mended[]): string {
  const findings = mended.map(({ file, line, message, fix }) => `- \`${file}:${line}\` ${message} ${fix?.summary}.`);
  return [
    reason,
    "",
    ...findings,
    "",
    `Asked for by ${requestedBy.github ? `@${requestedBy.github}` : requestedBy.name}, from the scorecard of ${rule}.`,
  ].join("\n");
}

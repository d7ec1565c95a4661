import { type Actor, authorise, may } from "../identity/index.ts";
import type { PlatformStore } from "../platform/index.ts";
import type { RuleView } from "../standards/index.ts";
import type { Judged, ScorecardStore } from "./ports.ts";
import { findSubject, listSubjects } from "./subject.ts";
import type {
  FleetStandards,
  PillarStanding,
  RuleStanding,
  Scorecard,
  ScorecardSummary,
  Standing,
  TeamStanding,
} from "./views.ts";

export interface ReadScorecardsDeps {
  readonly platform: Pick<PlatformStore, "find" | "list">;
  readonly scorecards: Pick<ScorecardStore, "latest" | "latestOfAll" | "history" | "fixes">;
}

const HISTORY = 50;
const NONE: Standing = { pass: 0, warn: 0, block: 0, waived: 0, notDecided: 0 };

function standingOf(rules: readonly RuleView[]): Standing {
  const count = (outcome: RuleView["outcome"]) => rules.filter((rule) => rule.outcome === outcome).length;
  return {
    pass: count("pass"),
    warn: count("warn"),
    block: count("block"),
    waived: count("waived"),
    notDecided: count("not-decided"),
  };
}

const sum = (standings: readonly Standing[]): Standing =>
  standings.reduce(
    (total, each) => ({
      pass: total.pass + each.pass,
      warn: total.warn + each.warn,
      block: total.block + each.block,
      waived: total.waived + each.waived,
      notDecided: total.notDecided + each.notDecided,
    }),
    NONE,
  );

/** Below zero when `a` is worse: more that blocks, then more that warns, then more that is open. */
const byStanding = (a: Standing, b: Standing) =>
  b.block - a.block || b.warn - a.warn || b.notDecided - a.notDecided || b.waived - a.waived;

function pillarsOf(rules: readonly RuleView[]): PillarStanding[] {
  return [...Map.groupBy(rules, ({ pillar }) => pillar)]
    .map(([pillar, each]) => ({ pillar, ...standingOf(each) }))
    .sort((a, b) => byStanding(a, b) || (a.pillar < b.pillar ? -1 : 1));
}

/** How a service or an imported repository stands. Undefined when there is none of this name. Raises `ForbiddenError`. */
export async function getScorecard(
  deps: ReadScorecardsDeps,
  actor: Actor,
  name: string,
): Promise<Scorecard | undefined> {
  const subject = await findSubject(deps.platform, name);
  if (!subject) return undefined;
  authorise(actor, "service:read", subject.owner);
  const [judged, history, fixes] = await Promise.all([
    deps.scorecards.latest(name),
    deps.scorecards.history(name, HISTORY),
    deps.scorecards.fixes(name),
  ]);
  return {
    name,
    owner: subject.owner,
    repository: subject.repository,
    commit: judged?.commit || undefined,
    judgedAt: judged?.judgedAt,
    problem: judged?.problem,
    rules: judged?.rules ?? [],
    standing: standingOf(judged?.rules ?? []),
    pillars: pillarsOf(judged?.rules ?? []),
    history: history
      .filter(({ problem }) => problem === undefined)
      .map(({ commit, judgedAt, rules }) => ({ commit, judgedAt, standing: standingOf(rules) }))
      .reverse(),
    fixes,
    mayFix: may(actor, "service:change", subject.owner),
  };
}

/** All that the person may see, the worst first; the rules that are broken most often; each team's sum. */
export async function listScorecards(deps: ReadScorecardsDeps, actor: Actor): Promise<FleetStandards> {
  const subjects = (await listSubjects(deps.platform)).filter(({ owner }) => may(actor, "service:read", owner));
  const judged = new Map((await deps.scorecards.latestOfAll()).map((each) => [each.name, each]));
  const services = subjects
    .map(({ name, owner, kind }): ScorecardSummary => {
      const found = judged.get(name);
      return {
        ...{ name, owner, kind },
        commit: found?.commit || undefined,
        judgedAt: found?.judgedAt,
        problem: found?.problem,
        standing: standingOf(found?.rules ?? []),
      };
    })
    .sort((a, b) => rank(a) - rank(b) || byStanding(a.standing, b.standing) || (a.name < b.name ? -1 : 1));
  const names = new Set(services.map(({ name }) => name));
  return {
    services,
    rules: rulesOf([...judged.values()].filter(({ name }) => names.has(name))),
    teams: teamsOf(services),
  };
}

/** What can't be judged comes before what is judged, for nobody knows how bad it is; what waits for its turn, last. */
function rank({ problem, judgedAt }: ScorecardSummary): number {
  if (problem !== undefined) return 0;
  return judgedAt ? 1 : 2;
}

const isBroken = ({ outcome }: RuleView) => outcome === "block" || outcome === "warn";

function rulesOf(judged: readonly Judged[]): RuleStanding[] {
  const entries = judged.flatMap(({ name, rules }) => rules.map((rule) => ({ name, rule })));
  return [...Map.groupBy(entries, ({ rule }) => rule.id).values()]
    .flatMap((each): RuleStanding[] => {
      const [first] = each;
      const failing = each.filter(({ rule }) => isBroken(rule)).map(({ name }) => name);
      if (!first || failing.length === 0) return [];
      const { id, pillar, title } = first.rule;
      return [{ id, pillar, title, failing: failing.sort(), of: each.length }];
    })
    .sort((a, b) => b.failing.length - a.failing.length || (a.id < b.id ? -1 : 1));
}

function teamsOf(services: readonly ScorecardSummary[]): TeamStanding[] {
  return [...Map.groupBy(services, ({ owner }) => owner)]
    .map(([team, each]) => ({ team, services: each.length, standing: sum(each.map(({ standing }) => standing)) }))
    .sort((a, b) => byStanding(a.standing, b.standing) || (a.team < b.team ? -1 : 1));
}

export { NothingToFixError, ScorecardNotFoundError } from "./errors.ts";
export { type OpenFixesDeps, openFix, type RequestFixDeps, requestFix } from "./fixes.ts";
export { type ImportDeps, type ImportProblem, importRepository, type NewImport } from "./import-repository.ts";
export { type JudgeDeps, judgeScorecard, listUnjudged } from "./judge.ts";
export type { FixRequest, Judged, ScorecardStore, Sources } from "./ports.ts";
export { getScorecard, listScorecards, type ReadScorecardsDeps } from "./read-scorecards.ts";
export { listSubjects } from "./subject.ts";
export type {
  FixView,
  FleetStandards,
  PillarStanding,
  RuleStanding,
  Scorecard,
  ScorecardPoint,
  ScorecardSummary,
  Standing,
  TeamStanding,
} from "./views.ts";

export {
  applyFixes,
  type JudgeInput,
  judgeStandards,
  type RuleResult,
  type Standards,
  type StandardsFinding,
  type Waiver,
} from "./evaluate.ts";
export type { Effect, Fix, Pillar, Rule, Verdict, Violation } from "./rule.ts";
export { rules } from "./rules/index.ts";
export { openSubject, type Subject, type SubjectInput } from "./subject.ts";
export { type FindingView, type RuleView, standardsView } from "./views.ts";

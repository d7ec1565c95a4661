export { type Contract, contractIn } from "./contract.ts";
export {
  applyFixes,
  type JudgeInput,
  judgeStandards,
  type RuleResult,
  type Standards,
  type StandardsFinding,
  type Waiver,
} from "./evaluate.ts";
export type { Advisories } from "./ports.ts";
export type { Effect, Fix, Pillar, Rule, Verdict, Violation } from "./rule.ts";
export { rules } from "./rules/index.ts";
export { type Delivery, openSubject, type Subject, type SubjectInput } from "./subject.ts";
export { type Advisory, type AdvisoryIndex, advisory, indexAdvisories } from "./supply/advisories.ts";
export { type Bom, bomOf } from "./supply/bom.ts";
export { type FindingView, type RuleView, standardsView } from "./views.ts";

import { editTemplate, type Path } from "@turnpike/cloudformation";
import { openBecause } from "./as-packaged.ts";
import type { Effect, Fix, Rule, Verdict, Violation } from "./rule.ts";
import { rules } from "./rules/index.ts";
import type { Subject } from "./subject.ts";

/** Another effect than a rule's own, for the whole platform. */
export interface Standards {
  readonly effects: Readonly<Record<string, Effect>>;
  readonly waivers: readonly Waiver[];
}

/** Leave not to keep a rule, until a day. */
export interface Waiver {
  readonly rule: string;
  readonly service: string;
  /** Logical id; left out: the whole service. */
  readonly resource?: string;
  readonly reason: string;
  /** `2027-01-31`: the last day on which it holds. */
  readonly until: string;
}

export interface StandardsFinding {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly resource: string | undefined;
  readonly message: string;
  readonly fix: Fix | undefined;
  /** The waiver that covers it; one that has ended covers nothing. */
  readonly waiver: Waiver | undefined;
  /** One that would have covered it, had it not ended. */
  readonly expired: Waiver | undefined;
}

/** How a service stands to one rule: the worst of its findings. */
export interface RuleResult {
  readonly rule: Pick<Rule, "id" | "pillar" | "title" | "reason">;
  readonly effect: Effect;
  readonly outcome: "pass" | "block" | "warn" | "waived" | "not-decided" | "not-applicable";
  /** What a person should look at, where it isn't decided. */
  readonly look: string | undefined;
  readonly findings: readonly StandardsFinding[];
}

export interface JudgeInput {
  readonly service: string;
  readonly standards?: Standards;
  /** `2026-11-24`, in UTC: what a waiver's end is compared with. */
  readonly today: string;
}

const NONE: Standards = { effects: {}, waivers: [] };

/** Judges a subject by every rule. Pure: it reads no clock, and no file but those that it is given. */
export function judgeStandards(subject: Subject, { service, standards = NONE, today }: JudgeInput): RuleResult[] {
  return rules.map((rule) => {
    const effect = standards.effects[rule.id] ?? rule.effect;
    const { id, pillar, title, reason } = rule;
    const known = { rule: { id, pillar, title, reason }, effect };
    const verdict = withOpen(rule, subject);
    if (verdict.kind === "not-decided") {
      return { ...known, outcome: "not-decided", look: verdict.look, findings: [] };
    }
    if (verdict.kind !== "fail") return { ...known, outcome: verdict.kind, look: undefined, findings: [] };
    const waivers = standards.waivers.filter((waiver) => waiver.rule === id && waiver.service === service);
    const findings = verdict.violations.map((violation) => findingOf(subject, violation, waivers, today));
    const open = findings.some(({ waiver }) => !waiver);
    return { ...known, outcome: open ? effect : "waived", look: undefined, findings };
  });
}

/** A rule's verdict; it isn't kept for sure while something that it is about isn't read. */
function withOpen(rule: Rule, subject: Subject): Verdict {
  const verdict = rule.check(subject);
  const look = verdict.kind === "fail" ? undefined : openBecause(rule.id, subject.unread);
  if (look === undefined) return verdict;
  return { kind: "not-decided", look: verdict.kind === "not-decided" ? `${verdict.look} ${look}` : look };
}

function findingOf(
  { expanded }: Subject,
  { resource, at, message, fix }: Violation,
  waivers: readonly Waiver[],
  today: string,
): StandardsFinding {
  const place = isPath(at) ? expanded.positionOf(at) : at;
  const covering = waivers.filter((waiver) => waiver.resource === undefined || waiver.resource === resource);
  return {
    file: place.file,
    line: place.line,
    resource,
    message,
    fix,
    waiver: covering.find(({ until }) => until >= today),
    expired: covering.find(({ until }) => until < today),
  };
}

const isPath = (at: Violation["at"]): at is Path => Array.isArray(at);

/** The template's text with fixes applied, all else unchanged. Raises an `Error` for a fix of another text. */
export function applyFixes({ text }: Pick<Subject, "text">, fixes: readonly Fix[]): string {
  return editTemplate(
    text,
    fixes.flatMap(({ edits }) => edits),
  );
}

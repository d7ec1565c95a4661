import type { Path, TemplateEdit } from "@turnpike/cloudformation";
import type { Subject } from "./subject.ts";

/** The six pillars of AWS's Well-Architected Framework. */
export type Pillar = "security" | "reliability" | "performance" | "cost" | "operations" | "sustainability";

/** How much a finding matters: what blocks must be mended, what warns should be. */
export type Effect = "block" | "warn";

/** A change that makes a finding go away. */
export interface Fix {
  /** `Name the API in SourceArn` */
  readonly summary: string;
  /** Of the template as it was written. */
  readonly edits: readonly TemplateEdit[];
}

/** One place where a rule isn't kept. */
export interface Violation {
  /** Logical id of the expanded template, where one is meant. */
  readonly resource?: string;
  /** In the expanded template; or a line of another file. */
  readonly at: Path | { readonly file: string; readonly line: number };
  /** What is wrong there, in one sentence. */
  readonly message: string;
  /** Left out where a person must decide what is right. */
  readonly fix?: Fix;
}

/** What a rule finds. `not-decided` never counts as kept: it says what a person should look at. */
export type Verdict =
  | { readonly kind: "pass" }
  | { readonly kind: "not-applicable" }
  | { readonly kind: "not-decided"; readonly look: string }
  | { readonly kind: "fail"; readonly violations: readonly Violation[] };

/** A standard as a check: pure, so that it says the same wherever it is asked. */
export interface Rule {
  /** `SEC-5` */
  readonly id: string;
  readonly pillar: Pillar;
  /** What good looks like, in a line. */
  readonly title: string;
  /** Why, in two sentences. */
  readonly reason: string;
  /** Unless the platform's standards say otherwise. */
  readonly effect: Effect;
  check(subject: Subject): Verdict;
}

/** What reading can't decide: a sentence that says what a person should look at. */
export interface Doubt {
  readonly look: string;
}

/** What one look at one thing finds. */
export type Found = readonly (Violation | Doubt)[];

/**
 * The verdict on things that are judged one by one: nothing to judge, what is wrong, what stays open, or nothing of these.
 * A doubt shows once nothing is wrong, and never counts as kept.
 */
export function verdictOf<T>(things: readonly T[], judge: (thing: T) => Found): Verdict {
  if (things.length === 0) return { kind: "not-applicable" };
  const found = things.flatMap(judge);
  const violations = found.filter((each): each is Violation => "message" in each);
  if (violations.length > 0) return { kind: "fail", violations };
  const looks = new Set(found.flatMap((each) => ("look" in each ? [each.look] : [])));
  return looks.size === 0 ? { kind: "pass" } : { kind: "not-decided", look: [...looks].join(" ") };
}

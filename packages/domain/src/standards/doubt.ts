import type { Verdict, Violation } from "./rule.ts";

/** What reading can't decide: a sentence that says what a person should look at. */
export interface Doubt {
  readonly look: string;
}

/**
 * The verdict on things that are judged one by one, where a judgement may stay open. What is wrong is told first: a
 * doubt shows once nothing is wrong, and never counts as kept.
 */
export function verdictWithDoubts<T>(
  things: readonly T[],
  judge: (thing: T) => readonly (Violation | Doubt)[],
): Verdict {
  if (things.length === 0) return { kind: "not-applicable" };
  const found = things.flatMap(judge);
  const violations = found.filter((each): each is Violation => "message" in each);
  if (violations.length > 0) return { kind: "fail", violations };
  const looks = new Set(found.flatMap((each) => ("look" in each ? [each.look] : [])));
  return looks.size === 0 ? { kind: "pass" } : { kind: "not-decided", look: [...looks].join(" ") };
}

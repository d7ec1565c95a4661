import type { Judged } from "./judged/row.ts";

const matches = (differs: string | RegExp, difference: string) =>
  typeof differs === "string" ? differs === difference : differs.test(difference);

/** Judges one run's differences by the rows, and keeps count, so that no row outlives what it speaks of. */
export function createJudge(rows: readonly Judged[]) {
  const seen = new Map<Judged, string[]>();
  return {
    /** The row that speaks of a difference (`Path: ours / theirs`), where there is one. */
    rowOf(scenario: string, operation: string, difference: string): Judged | undefined {
      const row = rows.find(
        (each) =>
          each.scenario === scenario &&
          (each.operation === undefined || each.operation === operation) &&
          each.differs.some((differs) => matches(differs, difference)),
      );
      if (row) seen.set(row, [...(seen.get(row) ?? []), difference]);
      return row;
    },

    /** What the rows of these scenarios say that the run didn't show, a line each. */
    complaints(scenarios: readonly string[]): string[] {
      return rows
        .filter(({ scenario }) => scenarios.includes(scenario))
        .flatMap((row) => {
          const found = seen.get(row) ?? [];
          const name = `${row.scenario} ${row.operation ?? "any"}`;
          const unseen = row.differs.filter((differs) => !found.some((difference) => matches(differs, difference)));
          if (unseen.length > 0) return unseen.map((differs) => `${name}: no longer differs by ${differs}`);
          const times = row.times ?? row.differs.length;
          return found.length === times ? [] : [`${name}: ${found.length} times, not ${times}: ${row.differs[0]}`];
        });
    },
  };
}

import type { Push } from "@turnpike/domain/scaffolding";
import { expect, test } from "vitest";
import { broughtTo } from "./pushes.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 12, minute));

/** Oldest first, as they happened; the function is given them newest first, as GitHub tells them. */
function history(...moves: [login: string, ref: string, after: string, minute: number][]): Push[] {
  return moves
    .map(([login, ref, after, minute]) => ({
      ref: `refs/heads/${ref}`,
      before: "",
      after,
      login,
      byTurnpike: false,
      at: at(minute),
      kind: "push" as const,
    }))
    .reverse();
}

const loginsOf = (moves: Push[], commits: string[], base = { sha: "base", at: at(10) }) =>
  [...new Set(broughtTo(moves, "main", { base, commits }).map(({ login }) => login))].sort();

test("what came after the base counts, and what came before it doesn't", () => {
  const moves = history(["ann", "main", "old", 1], ["bob", "main", "base", 2], ["cat", "main", "new", 3]);
  expect(loginsOf(moves, ["new"])).toEqual(["cat"]);
  expect(broughtTo(moves, "main", { commits: [] })).toHaveLength(3);
});

test("whoever sets the branch back to the base after its moment hides nothing that was pushed between", () => {
  const moves = history(
    ["bob", "main", "base", 2],
    ["eve", "main", "new", 20],
    ["fay", "main", "base", 21],
    ["dan", "main", "new", 22],
  );
  expect(loginsOf(moves, ["new"])).toEqual(["dan", "eve", "fay"]);
});

test("who pushed a commit to the branch before the base counts, also when it was taken back", () => {
  const moves = history(["eve", "main", "new", 1], ["bob", "main", "base", 2], ["dan", "main", "new", 12]);
  expect(loginsOf(moves, ["new"])).toEqual(["dan", "eve"]);
});

test("another branch that was at the base is not the branch: what the record lacks hides nothing", () => {
  const moves = history(["hal", "main", "old", 1], ["zoe", "later", "base", 2]);
  expect(loginsOf(moves, ["new"])).toEqual(["hal"]);
});

test("who pushed a commit to another branch counts; who branched off once it was here doesn't", () => {
  const moves = history(
    ["eve", "feature", "new", 1],
    ["bob", "main", "base", 2],
    ["dan", "main", "new", 12],
    ["fay", "later", "new", 13],
    ["gil", "other", "unrelated", 14],
  );
  expect(loginsOf(moves, ["new"])).toEqual(["dan", "eve"]);
});

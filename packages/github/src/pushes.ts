import type { Push, PushRange } from "@turnpike/domain/scaffolding";

/**
 * Who brought what onto a branch, from GitHub's record of all moves of all refs, newest first. Whoever rewinds the branch
 * to what it was is as much in it as whoever pushed on: the record is read to the push by which the base first was the
 * head at its moment, not to the newest that put it there.
 */
export function broughtTo(moves: readonly Push[], branch: string, range: PushRange): Push[] {
  const ref = `refs/heads/${branch}`;
  const start = startOf(moves, branch, range) ?? moves.length;
  const wanted = new Set(range.commits);
  // When each commit was first the branch's head: whoever branches off it later has brought nothing.
  const arrivals = new Map<string, number>();
  for (const move of moves) if (move.ref === ref) arrivals.set(move.after, move.at.getTime());
  return moves.filter((move, index) => {
    if (move.ref === ref) return index < start || wanted.has(move.after);
    const arrived = arrivals.get(move.after);
    return wanted.has(move.after) && (arrived === undefined || move.at.getTime() <= arrived);
  });
}

/** Index of the move by which the base came to be the head at its moment; undefined where it isn't among `moves`. */
export function startOf(moves: readonly Push[], branch: string, { base }: PushRange): number | undefined {
  if (!base) return undefined;
  const index = moves.findIndex(
    ({ ref, after, at }) => ref === `refs/heads/${branch}` && after === base.sha && at.getTime() <= base.at.getTime(),
  );
  return index < 0 ? undefined : index;
}

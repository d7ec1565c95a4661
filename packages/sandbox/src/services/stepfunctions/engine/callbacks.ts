import type { DatabaseSync } from "node:sqlite";
import { AwsError } from "../../../core/errors.ts";
import { StateFailure } from "../asl/failure.ts";
import type { Json } from "../asl/json.ts";
import { aborted, before, type Visit } from "./run.ts";

export type TokenResult = { readonly ok: Json } | { readonly error: string | null; readonly reason: string | null };

interface TokenRow {
  readonly beatAtMs: number;
  readonly result: string | null;
  readonly isOver: number;
}

/** A token for a task that somebody else ends; the same one when the execution is run again. */
export function openToken({ run, thread }: Visit): string {
  const token = run.journal.value(thread, () => Buffer.from(run.context.random.hex(256), "hex").toString("base64"));
  run.context.store.sql
    .prepare("INSERT INTO sfn_tokens VALUES (?, ?, ?, NULL, 0) ON CONFLICT DO NOTHING")
    .run(token, run.record.arn, run.context.clock.now().getTime());
  return token;
}

const rowOf = (sql: DatabaseSync, token: string) =>
  sql.prepare("SELECT beatAtMs, result, isOver FROM sfn_tokens WHERE token = ?").get(token) as unknown as
    | TokenRow
    | undefined;

/** Waits until the token's holder tells how the task ended. Raises `States.Timeout` too when heartbeats stay away. */
export async function awaitToken(
  visit: Visit,
  token: string,
  until: number | undefined,
  heartbeatS: number | undefined,
): Promise<Json> {
  const { sql } = visit.run.context.store;
  try {
    return await visit.run.journal.effect(visit.thread, async () => {
      for (;;) {
        const changed = visit.run.changed(token);
        const row = rowOf(sql, token);
        if (row?.result) return resultOf(JSON.parse(row.result) as TokenResult);
        const beatBy = heartbeatS === undefined ? undefined : (row?.beatAtMs ?? 0) + heartbeatS * 1000;
        const times = [until, beatBy].filter((time) => time !== undefined);
        await before(visit, times.length > 0 ? Math.min(...times) : undefined, aborted(visit.thread.signal, changed));
      }
    });
  } finally {
    // Not where the sandbox stops: the task goes on with the next start.
    if (!visit.thread.signal.aborted) sql.prepare("UPDATE sfn_tokens SET isOver = 1 WHERE token = ?").run(token);
  }
}

function resultOf(result: TokenResult): Json {
  if ("ok" in result) return result.ok;
  throw new StateFailure(result.error ?? undefined, result.reason ?? undefined);
}

/** What the token's holder says. Raises as SendTaskSuccess does for one that is unknown or over. */
export function settleToken(sql: DatabaseSync, token: string | undefined, result: TokenResult): void {
  requireOpen(sql, token);
  sql.prepare("UPDATE sfn_tokens SET result = ? WHERE token = ?").run(JSON.stringify(result), token ?? "");
}

export function beat(sql: DatabaseSync, token: string | undefined, nowMs: number): void {
  requireOpen(sql, token);
  sql.prepare("UPDATE sfn_tokens SET beatAtMs = ? WHERE token = ?").run(nowMs, token ?? "");
}

function requireOpen(sql: DatabaseSync, token: string | undefined): void {
  const row = rowOf(sql, token ?? "");
  if (!row) throw new AwsError("InvalidToken", "Invalid Token: 'Invalid token'");
  if (row.isOver === 1 || row.result !== null) {
    throw new AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
  }
}

import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { ControlledClock } from "./clock.ts";
import { AwsError } from "./errors.ts";
import type { FaultPlan, Faults } from "./faults.ts";
import type { RequestHandler } from "./fronts.ts";

/**
 * What only a sandbox can do, beside the AWS API on the same port: no bucket or service is called `_sandbox`.
 *
 * - `GET /_sandbox/faults`, `POST` (a `FaultPlan`; answers 201 with its id), `DELETE` (all), `DELETE /_sandbox/faults/<id>`
 * - `GET /_sandbox/clock`, `POST` with `{"advanceMs": 60000}`: `{"now": "2026-11-23T12:00:00.000Z"}`
 */
const PREFIX = "/_sandbox/";
/** A year: what a clock is advanced by at most, in milliseconds, so that a slip of the pen doesn't end all sessions. */
const LONGEST_ADVANCE_MS = 366 * 24 * 3600 * 1000;

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export function withControl(deps: { faults: Faults; clock: ControlledClock }, next: RequestHandler): RequestHandler {
  return async (request, response) => {
    if (!request.url?.startsWith(PREFIX)) return next(request, response);
    send(response, await answer(deps, request).catch(refused));
  };
}

async function answer(
  { faults, clock }: { faults: Faults; clock: ControlledClock },
  request: IncomingMessage,
): Promise<Answer> {
  const [what, id] = (request.url ?? "").slice(PREFIX.length).split("/");
  const asked = `${request.method} ${what}`;
  if (asked === "GET faults" && !id) return { status: 200, body: { faults: faults.list() } };
  if (asked === "POST faults" && !id) return { status: 201, body: faults.add((await bodyOf(request)) as FaultPlan) };
  if (asked === "DELETE faults") {
    if (id && !faults.remove(id)) return { status: 404, body: { message: `There is no fault ${id}.` } };
    if (!id) faults.clear();
    return { status: 204 };
  }
  if (asked === "POST clock") {
    const { advanceMs } = ((await bodyOf(request)) ?? {}) as { advanceMs?: unknown };
    if (typeof advanceMs !== "number" || !(advanceMs >= 0 && advanceMs <= LONGEST_ADVANCE_MS)) {
      throw new AwsError("ValidationException", `advanceMs is a number from 0 to ${LONGEST_ADVANCE_MS}.`);
    }
    clock.advance(advanceMs);
    return { status: 200, body: { now: clock.now() } };
  }
  if (asked === "GET clock") return { status: 200, body: { now: clock.now() } };
  return { status: 404, body: { message: `The sandbox has no ${request.method} ${request.url}.` } };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  try {
    return JSON.parse(await text(request));
  } catch {
    throw new AwsError("ValidationException", "The body isn't JSON.");
  }
}

function refused(error: unknown): Answer {
  if (error instanceof AwsError) return { status: 400, body: { message: error.message } };
  throw error;
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, body === undefined ? {} : { "content-type": "application/json" });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

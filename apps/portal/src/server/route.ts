import { randomUUID } from "node:crypto";
import { type Actor, type Permission, teamsWith } from "@turnpike/domain/identity";
import { type Logger, pathOfUnplainText } from "@turnpike/kernel";
import type { z } from "zod";
import { requireActor } from "./actor.ts";
import { type Container, container } from "./deps.ts";
import { BadRequestError, ForeignOriginError, NoPermissionError, problemOf } from "./errors.ts";
import { isSameOrigin } from "./origin.ts";
import { readBody } from "./read-body.ts";

const MAX_BODY_BYTES = 256 * 1024;

interface RouteContext<I> {
  readonly actor: Actor;
  readonly input: I;
  readonly deps: Container;
  readonly log: Logger;
  readonly request: Request;
}

interface RouteOptions<S extends z.ZodType> {
  /** Held in at least one team; the domain function then asks for the team that owns the resource. */
  readonly permission?: Permission;
  /** Of path parameters, query and JSON body together; the path wins over the query, and both over the body. */
  readonly input: S;
  /** What it returns is the answer, as JSON; a `Response` goes out as it is. */
  readonly run: (context: RouteContext<z.infer<S>>) => Promise<unknown>;
}

/**
 * A handler of `/api/v1`: authenticate, refuse foreign origins, check the declared permission, parse, run one service,
 * map its errors. Nothing else belongs in a route file.
 */
export function route<S extends z.ZodType>(options: RouteOptions<S>) {
  return async (request: Request, { params }: { params: Promise<object> }): Promise<Response> => {
    const requestId = request.headers.get("x-request-id")?.slice(0, 64) ?? randomUUID();
    const started = performance.now();
    const deps = await container();
    const { pathname } = new URL(request.url);
    let log: Logger = deps.log.child({ requestId, method: request.method, path: pathname });
    try {
      if (request.method !== "GET" && !isSameOrigin(request.headers, deps.config.portalUrl)) {
        throw new ForeignOriginError();
      }
      const actor = await requireActor();
      log = log.child({ actor: actor.email });
      requirePermission(actor, options.permission);
      const input = parse(options.input, { ...(await bodyOf(request)), ...queryOf(request), ...(await params) });
      const answer = await options.run({ actor, input, deps, log, request });
      const response = answer instanceof Response ? answer : Response.json(answer ?? null);
      response.headers.set("x-request-id", requestId);
      if (!response.headers.has("cache-control")) response.headers.set("cache-control", "no-store");
      if (request.method !== "GET") log.info({ status: response.status, ms: since(started) }, "api request");
      return response;
    } catch (error) {
      const problem = problemOf(error, requestId);
      const fields = { status: problem.status, code: problem.code, ms: since(started) };
      if (problem.status >= 500) log.error({ ...fields, err: error }, "api request failed");
      else log.info({ ...fields, reason: problem.message }, "api request refused");
      return Response.json({ error: problem }, { status: problem.status, headers: { "x-request-id": requestId } });
    }
  };
}

export function requirePermission(actor: Actor, permission: Permission | undefined): void {
  if (permission === undefined || teamsWith(actor, permission).length > 0) return;
  throw new NoPermissionError(permission);
}

export function parse<S extends z.ZodType>(schema: S, raw: unknown): z.infer<S> {
  const unplain = pathOfUnplainText(raw);
  if (unplain) {
    const field = unplain.join(".");
    const message = "This text holds a character that is none (NUL, or half of a surrogate pair).";
    throw new BadRequestError(`${field || "all of it"}: ${message} Nothing was changed. Send it without.`, [
      { field, message },
    ]);
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => ({ field: path.join("."), message }));
  throw new BadRequestError(
    `What was sent is not what this needs (${fields.map(({ field, message }) => `${field || "all of it"}: ${message}`).join("; ")}). Nothing was changed. Correct it and send it again.`,
    fields,
  );
}

function since(started: number): number {
  return Math.round(performance.now() - started);
}

function queryOf(request: Request): Record<string, string> {
  return Object.fromEntries(new URL(request.url).searchParams);
}

async function bodyOf(request: Request): Promise<object> {
  if (request.method === "GET") return {};
  if (!request.headers.get("content-type")?.startsWith("application/json")) {
    throw new BadRequestError("The body must be JSON (content-type: application/json). Nothing was changed.");
  }
  const text = await readBody(request, MAX_BODY_BYTES);
  if (text === undefined) {
    throw new BadRequestError("The body is larger than 256 kB. Nothing was changed. Send less.");
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new BadRequestError(`The body is not JSON: ${(error as Error).message}. Nothing was changed.`);
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new BadRequestError("The body must be a JSON object. Nothing was changed.");
  }
  return body;
}

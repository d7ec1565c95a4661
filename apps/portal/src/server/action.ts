import { randomUUID } from "node:crypto";
import type { Actor, Permission } from "@turnpike/domain/identity";
import type { Logger } from "@turnpike/kernel";
import { headers } from "next/headers";
import type { z } from "zod";
import { requireActor } from "./actor.ts";
import { type Container, container } from "./deps.ts";
import { ForeignOriginError, type Problem, problemOf } from "./errors.ts";
import { isSameOrigin } from "./origin.ts";
import { parse, requirePermission } from "./route.ts";

export type ActionResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem };

/**
 * A server action: a public endpoint like any other, with the same steps as a route. Errors come back as data, because
 * Next hides the message of what is thrown.
 */
export function action<S extends z.ZodType, T>(options: {
  readonly permission?: Permission;
  readonly input: S;
  readonly run: (context: { actor: Actor; input: z.infer<S>; deps: Container; log: Logger }) => Promise<T>;
}) {
  return async (raw: z.input<S>): Promise<ActionResult<T>> => {
    const requestId = randomUUID();
    const deps = await container();
    let log: Logger = deps.log.child({ requestId });
    try {
      if (!isSameOrigin(await headers(), deps.config.portalUrl)) throw new ForeignOriginError();
      const actor = await requireActor();
      log = log.child({ actor: actor.email });
      requirePermission(actor, options.permission);
      return { ok: true, value: await options.run({ actor, input: parse(options.input, raw), deps, log }) };
    } catch (error) {
      const problem = problemOf(error, requestId);
      if (problem.status >= 500) log.error({ err: error }, "action failed");
      else log.info({ code: problem.code }, "action refused");
      return { ok: false, problem };
    }
  };
}

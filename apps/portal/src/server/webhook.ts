import type { Changes } from "@turnpike/domain/live";
import type { Clock, Logger } from "@turnpike/kernel";
import { z } from "zod";
import { readBody } from "./read-body.ts";

export interface WebhookDeps {
  /** Whether `signature` (`x-hub-signature-256`) is this body's, in constant time. */
  readonly verifyWebhook: (body: string, signature: string) => Promise<boolean>;
  readonly deliveries: { take(id: string, event: string, at: Date): Promise<boolean> };
  readonly changes: Pick<Changes, "publish">;
  readonly clock: Clock;
  readonly config: { readonly platformRepository: string };
  readonly log: Logger;
}

/** GitHub refuses to send more than this. */
const MAX_BODY_BYTES = 25 * 1024 * 1024;

const delivered = z.object({
  repository: z.object({ full_name: z.string() }).optional(),
  /** What the branch is now: of pushes. */
  after: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
});

/**
 * Takes one delivery: 401 without the right signature, 202 otherwise, also for one that came before (GitHub repeats
 * them). It only wakes the worker, which looks at GitHub itself, unless it made the very commit that was pushed.
 */
export async function receiveWebhook(deps: WebhookDeps, request: Request): Promise<Response> {
  const id = request.headers.get("x-github-delivery");
  const event = request.headers.get("x-github-event");
  const signature = request.headers.get("x-hub-signature-256");
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) return new Response(null, { status: 413 });
  if (!id || !event || !signature || !(await deps.verifyWebhook(body, signature))) {
    deps.log.warn({ delivery: id, event }, "webhook refused");
    return new Response(null, { status: 401 });
  }
  const { repository, after } = payloadOf(body);
  if (await deps.deliveries.take(id, event, deps.clock.now())) {
    // A service's pipeline hears of the push itself, and the worker of the pipeline; its scorecard hears of it here.
    if (event === "push" && repository !== undefined) {
      const isPlatform = repository === deps.config.platformRepository;
      await deps.changes.publish(isPlatform ? `platform-pushed:${after ?? ""}` : `repository-pushed:${repository}`);
    }
    deps.log.info({ delivery: id, event, repository }, "webhook taken");
  }
  return new Response(null, { status: 202 });
}

function payloadOf(body: string): { repository?: string | undefined; after?: string | undefined } {
  try {
    const { repository, after } = delivered.parse(JSON.parse(body));
    return { repository: repository?.full_name, after };
  } catch {
    // Signed, but not a payload that speaks of a repository: there is nothing to wake for.
    return {};
  }
}

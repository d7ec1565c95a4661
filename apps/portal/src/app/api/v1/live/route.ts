import { authorise } from "@turnpike/domain/identity";
import { z } from "zod";
import { NotFoundError } from "../../../../server/errors.ts";
import { eventStream } from "../../../../server/event-stream.ts";
import { route } from "../../../../server/route.ts";

const topic = z.string().regex(/^(services|approvals|scorecards|service:[a-z0-9-]{1,64})$/);
const input = z.object({
  topics: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(topic).min(1).max(8)),
});

/** Tells that something changed, never what: whoever hears it reads again, with their own permissions. */
export const GET = route({
  input,
  run: async ({ deps, actor, input: { topics }, request }) => {
    for (const each of topics) {
      const service = each.startsWith("service:") ? each.slice("service:".length) : undefined;
      if (service === undefined) continue;
      const owner = await deps.owners.ownerOf(service);
      if (owner === undefined) throw new NotFoundError(`service ${service}`);
      authorise(actor, "service:read", owner);
    }
    return eventStream([request.signal, deps.stopping], (send) => {
      send("snapshot", { revision: deps.live.revision(topics) });
      return deps.live.listen(topics, () => send("change", { revision: deps.live.revision(topics) }));
    });
  },
});

import { decideRelease } from "@turnpike/domain/releases";
import { decision } from "../../../../../../server/inputs.ts";
import { route } from "../../../../../../server/route.ts";

const statuses = { recorded: 202, refused: 403, changed: 409 };

export const POST = route({
  permission: "release:read",
  input: decision,
  run: async ({ deps, actor, input, log }) => {
    const result = await decideRelease(deps, actor, input);
    log.info({ release: input.id, decision: input.decision, result: result.kind }, "release decided");
    return Response.json(result, { status: statuses[result.kind] });
  },
});

"use server";

import { decideRelease } from "@turnpike/domain/releases";
import { action } from "../server/action.ts";
import { decision } from "../server/inputs.ts";

export const decideReleaseAction = action({
  permission: "release:read",
  input: decision,
  run: async ({ deps, actor, input, log }) => {
    const result = await decideRelease(deps, actor, input);
    log.info({ release: input.id, decision: input.decision, result: result.kind }, "release decided");
    return result;
  },
});

"use server";

import { requestService } from "@turnpike/domain/scaffolding";
import { action } from "../server/action.ts";
import { newService } from "../server/inputs.ts";

export const requestServiceAction = action({
  permission: "service:create",
  input: newService,
  run: async ({ deps, actor, input, log }) => {
    const result = await requestService(deps, actor, input);
    log.info(
      { service: input.name, team: input.owner, template: input.template, result: result.kind },
      "service asked for",
    );
    return result;
  },
});

"use server";

import { importRepository, requestFix } from "@turnpike/domain/scorecards";
import { action } from "../server/action.ts";
import { fixRequest, newImport } from "../server/inputs.ts";

export const requestFixAction = action({
  permission: "service:change",
  input: fixRequest,
  run: async ({ deps, actor, input, log }) => {
    await requestFix(deps, actor, input);
    log.info({ name: input.name, rule: input.rule }, "fix requested");
  },
});

export const importRepositoryAction = action({
  permission: "service:create",
  input: newImport,
  run: async ({ deps, actor, input, log }) => {
    const result = await importRepository(deps, actor, input);
    log.info({ repository: input.repository, result: result.kind }, "repository import asked for");
    return result;
  },
});

import { listExecutions } from "@turnpike/domain/pipelines";
import { z } from "zod";
import { route } from "../../../../../../server/route.ts";

export const GET = route({
  permission: "service:read",
  input: z.object({ name: z.string() }),
  run: async ({ deps, actor, input: { name } }) => ({
    executions: await listExecutions(deps, actor, { service: name }),
  }),
});

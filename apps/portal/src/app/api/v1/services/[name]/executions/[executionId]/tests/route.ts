import { getTestReports } from "@turnpike/domain/pipelines";
import { z } from "zod";
import { route } from "../../../../../../../../server/route.ts";

export const GET = route({
  permission: "service:read",
  input: z.object({ name: z.string(), executionId: z.string() }),
  run: async ({ deps, actor, input: { name, executionId } }) => ({
    reports: await getTestReports(deps, actor, { service: name, executionId }),
  }),
});

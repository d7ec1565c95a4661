import { listScorecards } from "@turnpike/domain/scorecards";
import { z } from "zod";
import { route } from "../../../../server/route.ts";

export const GET = route({
  permission: "service:read",
  input: z.object({}),
  run: async ({ deps, actor }) => listScorecards(deps, actor),
});

import { getScorecard } from "@turnpike/domain/scorecards";
import { z } from "zod";
import { found } from "../../../../../server/errors.ts";
import { route } from "../../../../../server/route.ts";

export const GET = route({
  permission: "service:read",
  input: z.object({ name: z.string() }),
  run: async ({ deps, actor, input: { name } }) => found(await getScorecard(deps, actor, name), `scorecard ${name}`),
});

import { getServiceProgress } from "@turnpike/domain/scaffolding";
import { z } from "zod";
import { found } from "../../../../../../server/errors.ts";
import { route } from "../../../../../../server/route.ts";

export const GET = route({
  permission: "service:read",
  input: z.object({ name: z.string() }),
  run: async ({ deps, actor, input: { name } }) =>
    found(await getServiceProgress(deps, actor, name), `service ${name}`),
});

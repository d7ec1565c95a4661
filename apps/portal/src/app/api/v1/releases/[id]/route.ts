import { getRelease } from "@turnpike/domain/releases";
import { z } from "zod";
import { found } from "../../../../../server/errors.ts";
import { route } from "../../../../../server/route.ts";

export const GET = route({
  permission: "release:read",
  input: z.object({ id: z.string() }),
  run: async ({ deps, actor, input: { id } }) => found(await getRelease(deps, actor, id), `release ${id}`),
});

import { listReleases } from "@turnpike/domain/releases";
import { z } from "zod";
import { route } from "../../../../../../server/route.ts";

export const GET = route({
  permission: "release:read",
  input: z.object({ name: z.string() }),
  run: async ({ deps, actor, input: { name } }) => ({ releases: await listReleases(deps, actor, { service: name }) }),
});

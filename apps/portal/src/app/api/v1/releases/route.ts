import { listWaitingReleases } from "@turnpike/domain/releases";
import { z } from "zod";
import { route } from "../../../../server/route.ts";

export const GET = route({
  permission: "release:read",
  input: z.object({}),
  run: async ({ deps, actor }) => ({ releases: await listWaitingReleases(deps, actor) }),
});

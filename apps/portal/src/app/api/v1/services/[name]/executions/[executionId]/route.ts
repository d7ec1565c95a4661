import { getExecution } from "@turnpike/domain/pipelines";
import { z } from "zod";
import { found } from "../../../../../../../server/errors.ts";
import { route } from "../../../../../../../server/route.ts";

/** `latest` is the newest. */
export const GET = route({
  permission: "service:read",
  input: z.object({ name: z.string(), executionId: z.string() }),
  run: async ({ deps, actor, input: { name, executionId } }) =>
    found(await getExecution(deps, actor, { service: name, executionId }), `execution ${executionId} of ${name}`),
});

import { listServices } from "@turnpike/domain/catalog";
import { requestService } from "@turnpike/domain/scaffolding";
import { z } from "zod";
import { newService } from "../../../../server/inputs.ts";
import { route } from "../../../../server/route.ts";

export const GET = route({
  permission: "service:read",
  input: z.object({}),
  run: async ({ deps, actor }) => ({ services: await listServices(deps, actor) }),
});

const statuses = { accepted: 202, invalid: 422, taken: 409 };

export const POST = route({
  permission: "service:create",
  input: newService,
  run: async ({ deps, actor, input, log }) => {
    const result = await requestService(deps, actor, input);
    log.info(
      { service: input.name, team: input.owner, template: input.template, result: result.kind },
      "service asked for",
    );
    return Response.json(result, { status: statuses[result.kind] });
  },
});

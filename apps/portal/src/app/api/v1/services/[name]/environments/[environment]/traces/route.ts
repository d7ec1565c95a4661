import { listTraces } from "@turnpike/domain/telemetry";
import { telemetryQuery } from "../../../../../../../../server/inputs.ts";
import { route } from "../../../../../../../../server/route.ts";

export const GET = route({
  permission: "service:read",
  input: telemetryQuery,
  run: ({ deps, actor, input: { name, environment, minutes } }) =>
    listTraces(deps, actor, { service: name, environment, minutes }),
});

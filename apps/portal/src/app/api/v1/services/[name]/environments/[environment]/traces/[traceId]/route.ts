import { getTrace } from "@turnpike/domain/telemetry";
import { z } from "zod";
import { route } from "../../../../../../../../../server/route.ts";

export const GET = route({
  permission: "service:read",
  input: z.object({ name: z.string(), environment: z.string(), traceId: z.string() }),
  run: ({ deps, actor, input: { name, environment, traceId } }) =>
    getTrace(deps, actor, { service: name, environment, traceId }),
});

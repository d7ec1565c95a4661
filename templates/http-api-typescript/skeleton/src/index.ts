import { Logger } from "@aws-lambda-powertools/logger";
import { createHandler } from "./handler.ts";
import { routes } from "./router.ts";
import { createTracer } from "./telemetry.ts";

const name = process.env["SERVICE_NAME"] ?? "service";
const environment = process.env["ENVIRONMENT"] ?? "local";

/** What Lambda calls. Made once for each execution environment. */
export const handler = createHandler({
  routes: routes({ name, environment }),
  logger: new Logger(),
  tracer: createTracer(name, process.env),
});

import type { FrontDefinition } from "./core/fronts.ts";
import type { ServiceDefinition } from "./core/service.ts";

/** Every AWS service of the sandbox, in the order in which they start; they stop in the opposite order. */
export const services: readonly ServiceDefinition[] = [];

/** What listens beside the AWS API; each has a port of its own. */
export const fronts: readonly FrontDefinition[] = [];

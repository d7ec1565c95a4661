import type { Rule } from "../rule.ts";
import { tracing } from "./ops-2-tracing.ts";
import { memory } from "./perf-1-memory.ts";
import { availabilityZones } from "./rel-1-availability-zones.ts";
import { leastPrivilege } from "./sec-1-least-privilege.ts";
import { boundary } from "./sec-2-boundary.ts";
import { invokePermission } from "./sec-5-invoke-permission.ts";
import { callers } from "./sec-6-callers.ts";

/** Every rule, in the order in which they are shown. */
export const rules: readonly Rule[] = [
  leastPrivilege,
  boundary,
  invokePermission,
  callers,
  availabilityZones,
  memory,
  tracing,
];

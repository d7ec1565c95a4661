import type { Rule } from "../rule.ts";
import { scaledConcurrency } from "./cost-1-scaled-concurrency.ts";
import { noPings } from "./cost-2-no-pings.ts";
import { nothingGrows } from "./cost-3-nothing-grows.ts";
import { ownerTags } from "./cost-4-owner-tags.ts";
import { errorAlarm } from "./ops-1-error-alarm.ts";
import { tracing } from "./ops-2-tracing.ts";
import { logs } from "./ops-3-logs.ts";
import { inTheTemplate } from "./ops-4-in-the-template.ts";
import { gradualDeployment } from "./ops-5-gradual-deployment.ts";
import { builtOnce } from "./ops-6-built-once.ts";
import { tests } from "./ops-7-tests.ts";
import { independent } from "./ops-8-independent.ts";
import { configuration } from "./ops-9-configuration.ts";
import { knownSupply } from "./ops-10-known-supply.ts";
import { memory } from "./perf-1-memory.ts";
import { provisionedAlias } from "./perf-2-provisioned-alias.ts";
import { cachedReads } from "./perf-3-cached-reads.ts";
import { currentRuntime } from "./perf-4-current-runtime.ts";
import { availabilityZones } from "./rel-1-availability-zones.ts";
import { failures } from "./rel-2-failures.ts";
import { deadLetterAlarms } from "./rel-3-dead-letter-alarms.ts";
import { callersRetry } from "./rel-4-callers-retry.ts";
import { partialFailures } from "./rel-5-partial-failures.ts";
import { stateMachines } from "./rel-6-state-machines.ts";
import { leastPrivilege } from "./sec-1-least-privilege.ts";
import { boundary } from "./sec-2-boundary.ts";
import { privateNetwork } from "./sec-3-private-network.ts";
import { secrets } from "./sec-4-secrets.ts";
import { invokePermission } from "./sec-5-invoke-permission.ts";
import { callers } from "./sec-6-callers.ts";
import { arm64 } from "./sus-1-arm64.ts";

/** Every rule, in the order in which they are shown. */
export const rules: readonly Rule[] = [
  leastPrivilege,
  boundary,
  privateNetwork,
  secrets,
  invokePermission,
  callers,
  availabilityZones,
  failures,
  deadLetterAlarms,
  callersRetry,
  partialFailures,
  stateMachines,
  memory,
  provisionedAlias,
  cachedReads,
  currentRuntime,
  scaledConcurrency,
  noPings,
  nothingGrows,
  ownerTags,
  errorAlarm,
  tracing,
  logs,
  inTheTemplate,
  gradualDeployment,
  builtOnce,
  tests,
  independent,
  configuration,
  knownSupply,
  arm64,
];

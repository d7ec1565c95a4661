import * as sdk from "@aws-sdk/client-sfn";
import { defineService } from "../../core/service.ts";
import { engineOf, resumeExecutions } from "./engine/engine.ts";
import { executionOperations } from "./executions.ts";
import { machineOperations } from "./machines.ts";
import { createTables } from "./records.ts";
import { versionOperations } from "./versions.ts";

/**
 * Step Functions, standard workflows in JSONPath: every type of state, Retry and Catch, intrinsic functions, task tokens,
 * versions and aliases, history as AWS writes it, logging, metrics, EventBridge events. Tasks: functions by their ARN,
 * and the integrations in `engine/integrations.ts`, as the machine's role.
 *
 * The interpreter is the sandbox's own: an execution survives a crash. It is run again from its journal, in which what
 * was done isn't done again; a task that a crash interrupted fails with `<Service>.SdkClientException` and a cause that
 * says so, for Retry and Catch to handle.
 *
 * Gaps, refused by name: JSONata, variables (Assign), EXPRESS, distributed maps with their readers and writers,
 * activities, `aws-sdk:` and other integrations, credentials of a task, keys of one's own. 501: redrive, map runs,
 * TestState. Tracing is kept and not sent. Payloads of history events are never truncated.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
 */
export const stepFunctions = defineService({
  sdk,
  client: "SFNClient",
  operations: { ...machineOperations, ...versionOperations, ...executionOperations },
  start(runtime) {
    createTables(runtime.storeOf("", "").sql);
    resumeExecutions(runtime);
    return { stop: () => engineOf(runtime).stop() };
  },
});

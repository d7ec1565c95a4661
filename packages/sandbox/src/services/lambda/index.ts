import { rmSync } from "node:fs";
import { join } from "node:path";
import * as sdk from "@aws-sdk/client-lambda";
import { defineService } from "../../core/service.ts";
import { sweepCode } from "./code.ts";
import { eventSourceOperations } from "./event-sources/operations.ts";
import { startEventSources } from "./event-sources/pollers.ts";
import { resumeEvents } from "./events.ts";
import { functionOperations } from "./functions.ts";
import { DEFAULT_LIMITS, startHost } from "./host/host.ts";
import { endingOf, invoke } from "./invoke.ts";
import { layerOperations } from "./layers.ts";
import { permissionOperations, policyDocument } from "./permissions.ts";
import { provisionedOperations } from "./provisioned.ts";
import { settingOperations } from "./settings.ts";
import { versionOperations } from "./versions.ts";

/**
 * AWS Lambda: functions from a zip, versions, aliases with weights, policies, and invocations that really run: one
 * process for each concurrent execution environment, over the Runtime API, killed with all its children at the
 * timeout. Synchronous and asynchronous (retries, age, destinations, dead letters, as the function's role), log tail,
 * reserved and provisioned concurrency, the account's limit, active tracing; logs, metrics and traces arrive in CloudWatch
 * and X-Ray a moment later. A function that takes more memory than it may have is killed, looked at ten times a second;
 * one that floods its output waits in its pipe. Layers of the account lie in a folder that stands for `/opt` in the paths by
 * which runtimes look there; a function that opens `/opt/…` itself doesn't find it.
 *
 * `nodejs*` runs on this Node whatever its number says, `python3.*` on the machine's python3, `provided*` runs the zip's
 * own `bootstrap`. The architecture is kept and not looked at.
 *
 * Gaps, refused by name: container images, layers of other accounts, file systems, SnapStart, other runtimes, response streaming.
 * Gaps, kept as settings without effect: VPC, ephemeral storage's size. A bucket as destination is refused. Function
 * URLs, extensions and code signing answer 501. The AWS SDK isn't provided by the runtime: bundle it. The code's folder isn't read-only. More
 * environments than the machine has room for wait instead of being throttled.
 * https://docs.aws.amazon.com/lambda/latest/api/
 */
export const lambda = defineService({
  sdk,
  client: "LambdaClient",
  operations: {
    ...functionOperations,
    ...versionOperations,
    ...permissionOperations,
    ...settingOperations,
    ...provisionedOperations,
    ...layerOperations,
    ...eventSourceOperations,
    Invoke: invoke,
  },
  policyOf: policyDocument,
  start(runtime) {
    rmSync(join(runtime.surroundings.dataDir, "lambda", "tmp"), { recursive: true, force: true });
    sweepCode(runtime);
    const host = startHost(runtime, DEFAULT_LIMITS);
    const ending = endingOf(runtime);
    host.provisioner.resume();
    resumeEvents(runtime, ending.signal);
    startEventSources(runtime, ending.signal);
    return {
      async stop() {
        ending.abort(new Error("The sandbox is stopping."));
        await host.stop();
      },
    };
  },
});

import * as sdk from "@aws-sdk/client-application-auto-scaling";
import { defineService } from "../../core/service.ts";
import { startScaling } from "./engine.ts";
import { targetOperations } from "./operations.ts";
import { policyOperations } from "./policies.ts";

/**
 * Application Auto Scaling of Lambda's provisioned concurrency: targets, target tracking on
 * LambdaProvisionedConcurrencyUtilization as CloudWatch has it, and scheduled actions, on the sandbox's clock. As on AWS a
 * minute without an invocation has no utilisation, so a function that nobody calls isn't scaled in.
 *
 * Gaps, refused by name: every other service namespace, step scaling, customised metrics, tags. A policy makes no alarms
 * that one could see: it looks at the metric itself, each minute of sandbox time, by the rules of AWS's alarms.
 * https://docs.aws.amazon.com/autoscaling/application/APIReference/
 */
export const applicationAutoScaling = defineService({
  sdk,
  client: "ApplicationAutoScalingClient",
  operations: { ...targetOperations, ...policyOperations },
  start: (runtime) => startScaling(runtime),
});

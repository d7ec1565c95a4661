import * as sdk from "@aws-sdk/client-cloudformation";
import { defineService } from "../../core/service.ts";
import { changeSetOperations } from "./change-sets.ts";
import { descriptionOperations } from "./descriptions.ts";
import { driftOperations } from "./drift.ts";
import { startEngine } from "./engine.ts";
import { exportOperations } from "./exports.ts";
import { recoveryOperations } from "./recovery.ts";
import { stackPolicyOperations } from "./stack-policy.ts";
import { stackOperations } from "./stacks.ts";

/**
 * AWS CloudFormation: stacks and change sets, deployed for real through the sandbox's other services. Templates as
 * `@turnpike/cloudformation` knows them (AWS SAM's functions and HTTP APIs included); resource types are the files below
 * `providers/`. Creation in the order of needs and at once where there are none, rollback, replacement, clean-up,
 * deletion policies, stack policies, outputs, exports and imports, dynamic references and stored parameters, custom
 * resources by Lambda or SNS, drift, tags down to the resources; cancelling an update, and going on with a rollback that
 * got stuck. An operation that was under way when the sandbox was killed goes on at its next start.
 *
 * Who waits for a stack inside the sandbox listens to the signal `cloudformation.settled`.
 *
 * Gaps: no nested stacks, stack sets, wait conditions, resource imports, hooks, macros, creation policies, rollback
 * triggers (each refused by name); TimeoutInMinutes and NotificationARNs are kept and shown, no more. Siblings of a
 * failed resource are let finish, but for those that wait for an answer, which are cancelled as on AWS. Drift is told
 * for types whose provider reads (`NOT_CHECKED` for others). Change sets and GetTemplate answer at once with the final
 * state, where AWS takes seconds.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/
 */
export const cloudFormation = defineService({
  sdk,
  client: "CloudFormationClient",
  operations: {
    ...stackOperations,
    ...changeSetOperations,
    ...descriptionOperations,
    ...driftOperations,
    ...exportOperations,
    ...recoveryOperations,
    ...stackPolicyOperations,
  },
  // What changes is compared with recorded answers in packages/cloudformation/src/changes.test.ts.
  grades: { CreateChangeSet: "recorded", DescribeChangeSet: "recorded" },
  start: startEngine,
});

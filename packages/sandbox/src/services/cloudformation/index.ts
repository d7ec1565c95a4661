import * as sdk from "@aws-sdk/client-cloudformation";
import { defineService } from "../../core/service.ts";
import { changeSetOperations } from "./change-sets.ts";
import { descriptionOperations } from "./descriptions.ts";
import { startEngine } from "./engine.ts";
import { stackOperations } from "./stacks.ts";

/**
 * AWS CloudFormation: stacks and change sets, deployed for real through the sandbox's other services. Templates as
 * `@turnpike/cloudformation` knows them (AWS SAM's functions and HTTP APIs included); resource types are the files below
 * `providers/`. Creation in the order of needs and at once where there are none, rollback, replacement, clean-up,
 * deletion policies, outputs, exports (listed; importing is refused), tags down to the resources. An operation that was
 * under way when the sandbox was killed goes on at its next start.
 *
 * Who waits for a stack inside the sandbox listens to the signal `cloudformation.settled`.
 *
 * Gaps: no nested stacks, stack sets, drift, imports, hooks, stack policies, macros, custom resources, creation or update
 * policies; TimeoutInMinutes and NotificationARNs are kept and shown, no more. Siblings of a failed resource are let
 * finish, where AWS cancels them. A stack can't be deleted while it is being created or updated. DeleteStack, change
 * sets and GetTemplate answer at once with the final state, where AWS takes seconds (DELETE itself takes its time).
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/
 */
export const cloudFormation = defineService({
  sdk,
  client: "CloudFormationClient",
  operations: { ...stackOperations, ...changeSetOperations, ...descriptionOperations },
  // What changes is compared with recorded answers in packages/cloudformation/src/changes.test.ts.
  grades: { CreateChangeSet: "recorded", DescribeChangeSet: "recorded" },
  start: startEngine,
});

import * as sdk from "@aws-sdk/client-iam";
import { defineService } from "../../core/service.ts";
import { accessKeyOperations } from "./access-keys.ts";
import { identitiesOf } from "./identities.ts";
import { instanceProfileOperations } from "./instance-profiles.ts";
import { policyOperations } from "./policies.ts";
import { rolePolicyOperations } from "./role-policies.ts";
import { roleOperations } from "./roles.ts";
import { simulateOperations } from "./simulate.ts";
import { userOperations } from "./users.ts";

/**
 * AWS Identity and Access Management: roles with trust policy, inline and attached policies, permissions boundary and
 * tags; users with access keys; managed policies with versions, and AWS's own that templates attach; instance profiles as
 * records. Every request of a session or a user is evaluated against them (`core/authorization`). Everything of an
 * account, in no region.
 *
 * Gaps: no groups, login profiles, service-linked roles or identity providers; service and resource control policies
 * don't exist; `aws:ResourceTag` isn't known to conditions; within an account, the policies of buckets, keys, queues, topics,
 * functions and roles count beside the identity's, those of secrets, buses and tables don't. An account's own key (`user/sandbox`) may everything. In
 * realistic mode a changed role, user or policy decides, and shows in lists of them, five seconds later; a new access
 * key works at once.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/
 */
export const iam = defineService({
  sdk,
  client: "IAMClient",
  operations: {
    ...roleOperations,
    ...rolePolicyOperations,
    ...policyOperations,
    ...userOperations,
    ...accessKeyOperations,
    ...instanceProfileOperations,
    ...simulateOperations,
  },
  identities: identitiesOf,
});

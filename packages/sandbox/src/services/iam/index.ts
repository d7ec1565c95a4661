import * as sdk from "@aws-sdk/client-iam";
import { defineService } from "../../core/service.ts";
import { policyOperations } from "./policies.ts";
import { rolePolicyOperations } from "./role-policies.ts";
import { roleOperations } from "./roles.ts";

/**
 * AWS Identity and Access Management: roles with trust policy, inline and attached policies, permissions boundary and
 * tags; managed policies with versions. Everything of an account, in no region.
 *
 * Gaps: policies are kept and shown, but no call is checked against them yet; the trust policy alone is evaluated, by
 * STS. No users, groups, instance profiles or service-linked roles. AWS's own managed policies can be attached, but
 * reading their documents answers 501. A new role is there at once, where AWS may take seconds.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/
 */
export const iam = defineService({
  sdk,
  client: "IAMClient",
  operations: { ...roleOperations, ...rolePolicyOperations, ...policyOperations },
});

import type * as sdk from "@aws-sdk/client-iam";
import type { ContextEntry, EvaluationResult } from "@aws-sdk/client-iam";
import type { Context } from "../../core/context.ts";
import { judgePolicies } from "../../core/policy.ts";
import type { Operations } from "../../core/service.ts";
import { noSuchEntity } from "./records.ts";

/**
 * The policy simulator, by the evaluator that decides about requests. `ResourcePolicy` isn't taken into account: only what
 * the identity's own policies and boundaries say.
 */
export const simulateOperations: Operations<typeof sdk> = {
  SimulatePrincipalPolicy(context, input) {
    const [, account = "", kind, name = ""] =
      /^arn:aws:iam::(\d{12}):(role|user)\/(?:.*\/)?([^/]+)$/.exec(input.PolicySourceArn ?? "") ?? [];
    const identity =
      kind === "role" ? context.identities?.role(account, name) : context.identities?.user(account, name);
    if (!identity) throw noSuchEntity(`The entity ${input.PolicySourceArn} cannot be found.`);
    const policies = [...identity.policies, ...(input.PolicyInputList ?? [])];
    const boundaries = input.PermissionsBoundaryPolicyInputList ?? (identity.boundary ? [identity.boundary] : []);
    return answer(context, identity.arn, policies, boundaries, input);
  },

  SimulateCustomPolicy(context, input) {
    const caller = `arn:aws:iam::${context.account}:user/sandbox`;
    return answer(context, caller, input.PolicyInputList ?? [], input.PermissionsBoundaryPolicyInputList ?? [], input);
  },
};

interface Question {
  readonly ActionNames?: string[] | undefined;
  readonly ResourceArns?: string[] | undefined;
  readonly ContextEntries?: ContextEntry[] | undefined;
}

function answer(context: Context, arn: string, policies: string[], boundaries: string[], question: Question) {
  const conditions = Object.fromEntries(
    (question.ContextEntries ?? []).map(({ ContextKeyName: key = "", ContextKeyValues: values = [] }) => [
      key.toLowerCase(),
      values,
    ]),
  );
  const roleArn = arn.includes(":role/") ? { roleArn: arn } : {};
  const caller = { account: context.account, arn, accessKeyId: "", ...roleArn };
  const EvaluationResults = (question.ActionNames ?? []).flatMap((action) =>
    (question.ResourceArns ?? ["*"]).map((resource): EvaluationResult => {
      const request = { action, resource, caller, conditions };
      const byIdentity = judgePolicies(policies, request);
      const byBoundary = boundaries.length === 0 ? "allow" : judgePolicies(boundaries, request);
      const isDenied = byIdentity === "deny" || byBoundary === "deny";
      const isAllowed = byIdentity === "allow" && byBoundary === "allow";
      return {
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: isDenied ? "explicitDeny" : isAllowed ? "allowed" : "implicitDeny",
        MatchedStatements: [],
        MissingContextValues: [],
        ...(boundaries.length > 0
          ? { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: byBoundary === "allow" } }
          : {}),
      };
    }),
  );
  return { EvaluationResults, IsTruncated: false };
}

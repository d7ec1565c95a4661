import { GetPolicyCommand, GetPolicyVersionCommand, GetRoleCommand } from "@aws-sdk/client-iam";
import type { AssumeRoleCommandInput } from "@aws-sdk/client-sts";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { parsePolicy } from "../../core/policy.ts";

export interface TrustedRole {
  readonly roleId: string;
  readonly trustPolicy: string;
  readonly longestSessionS: number;
}

const DEFAULT_SESSION_S = 3600;

/** The role of an ARN, whoever asks; undefined when there is none. */
export async function findRole(context: Context, account: string, roleArn: string): Promise<TrustedRole | undefined> {
  try {
    const { Role } = await context.send(new GetRoleCommand({ RoleName: roleArn.split("/").at(-1) }), { account });
    // A role is known by its whole ARN: its name without its path is no role's.
    if (Role?.Arn !== roleArn) return undefined;
    const inForce = context.identities?.role(account, Role.RoleName ?? "");
    if (inForce?.trustPolicy === undefined) return undefined;
    return {
      roleId: Role.RoleId ?? "",
      trustPolicy: inForce.trustPolicy,
      longestSessionS: Role.MaxSessionDuration ?? DEFAULT_SESSION_S,
    };
  } catch (error) {
    // A role that isn't there is answered like one that may not be assumed, so that names can't be probed.
    if (error instanceof AwsError && error.code === "NoSuchEntityException") return undefined;
    throw error;
  }
}

const MOST_POLICIES = 10;
const LONGEST_POLICY = 2048;

/** Documents that limit a session beside its role's: the one given, and managed policies of the role's account. */
export async function sessionPolicies(
  context: Context,
  input: AssumeRoleCommandInput,
  account: string,
): Promise<string[]> {
  const arns = (input.PolicyArns ?? []).map(({ arn = "" }) => arn);
  if (arns.length > MOST_POLICIES)
    throw new AwsError("ValidationError", `At most ${MOST_POLICIES} policy ARNs can be given.`);
  const documents: string[] = [];
  if (input.Policy !== undefined) {
    parsePolicy(input.Policy);
    if (input.Policy.length > LONGEST_POLICY) {
      throw new AwsError("PackedPolicyTooLarge", `The session policy is longer than ${LONGEST_POLICY} characters.`);
    }
    documents.push(input.Policy);
  }
  for (const PolicyArn of arns) {
    const { Policy } = await context.send(new GetPolicyCommand({ PolicyArn }), { account });
    const VersionId = Policy?.DefaultVersionId ?? "";
    const { PolicyVersion } = await context.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }), { account });
    documents.push(decodeURIComponent(PolicyVersion?.Document ?? ""));
  }
  return documents;
}

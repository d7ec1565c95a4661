import { GetRoleCommand } from "@aws-sdk/client-iam";
import * as sdk from "@aws-sdk/client-sts";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { policyAllows } from "../../core/policy.ts";
import { defineService, type Operations } from "../../core/service.ts";

/**
 * AWS Security Token Service.
 *
 * Supported: AssumeRole with the role's trust policy (accounts, roles, services; `sts:ExternalId`, `sts:SourceIdentity`
 * and `sts:RoleSessionName` as conditions), session duration and expiry, source identity through role chains.
 * Gaps: session policies and session tags are refused by name; the caller's own permission to assume isn't asked,
 * because identity policies aren't evaluated yet; no federation.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */

const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const SHORTEST_SESSION_S = 900;
const DEFAULT_SESSION_S = 3600;
/** A role assumed by a role's session lasts an hour at most, whatever the role allows. */
const LONGEST_CHAINED_SESSION_S = 3600;

interface TrustedRole {
  readonly roleId: string;
  readonly trustPolicy: string;
  readonly longestSessionS: number;
}

const operations: Operations<typeof sdk> = {
  async AssumeRole(context, input) {
    const { RoleArn: roleArn = "", RoleSessionName: sessionName = "", ExternalId, SourceIdentity } = input;
    if (input.Policy || input.PolicyArns?.length) throw notImplemented("session policies");
    if (input.Tags?.length) throw notImplemented("session tags");
    for (const name of [sessionName, ...(SourceIdentity ? [SourceIdentity] : [])]) {
      if (!SESSION_NAME.test(name)) throw invalid(`"${name}" must match [\\w+=,.@-]{2,64}.`);
    }
    const account = /^arn:aws:iam::(\d{12}):role\/.+$/.exec(roleArn)?.[1];
    if (!account) throw invalid(`${roleArn} is invalid`);

    const { caller } = context;
    if (SourceIdentity && caller.sourceIdentity && SourceIdentity !== caller.sourceIdentity) {
      throw denied(context, "sts:SetSourceIdentity", roleArn);
    }
    const sourceIdentity = caller.sourceIdentity ?? SourceIdentity;
    const role = await findRole(context, account, roleArn);
    if (!role) throw denied(context, "sts:AssumeRole", roleArn);
    const conditions = {
      "sts:externalid": ExternalId,
      "sts:sourceidentity": sourceIdentity,
      "sts:rolesessionname": sessionName,
    };
    for (const action of ["sts:AssumeRole", ...(sourceIdentity ? ["sts:SetSourceIdentity"] : [])]) {
      if (!policyAllows(role.trustPolicy, { action, caller, conditions })) throw denied(context, action, roleArn);
    }
    const durationS = sessionSeconds(input.DurationSeconds, role, caller.arn.includes(":assumed-role/"));
    const session = context.surroundings.credentialsFor(roleArn, sessionName, {
      durationMs: durationS * 1000,
      sourceIdentity,
    });
    const arn = `arn:aws:sts::${account}:assumed-role/${roleArn.split("/").at(-1)}/${sessionName}`;
    return {
      Credentials: {
        AccessKeyId: session.accessKeyId,
        SecretAccessKey: session.secretAccessKey,
        SessionToken: session.sessionToken,
        Expiration: session.expiration,
      },
      AssumedRoleUser: { Arn: arn, AssumedRoleId: `${role.roleId}:${sessionName}` },
      SourceIdentity: sourceIdentity,
    };
  },

  async GetCallerIdentity(context) {
    const { account, caller } = context;
    const [, roleName, sessionName] = /:assumed-role\/([^/]+)\/(.+)$/.exec(caller.arn) ?? [];
    if (!roleName) return { Account: account, Arn: caller.arn, UserId: `AIDA${account}USER` };
    const role = await findRole(context, account, `arn:aws:iam::${account}:role/${roleName}`);
    return { Account: account, Arn: caller.arn, UserId: `${role?.roleId ?? "AROA"}:${sessionName}` };
  },
};

async function findRole(context: Context, account: string, roleArn: string): Promise<TrustedRole | undefined> {
  try {
    const { Role } = await context.send(new GetRoleCommand({ RoleName: roleArn.split("/").at(-1) }), { account });
    if (!Role) return undefined;
    return {
      roleId: Role.RoleId ?? "",
      trustPolicy: decodeURIComponent(Role.AssumeRolePolicyDocument ?? ""),
      longestSessionS: Role.MaxSessionDuration ?? DEFAULT_SESSION_S,
    };
  } catch (error) {
    // A role that isn't there is answered like one that may not be assumed, so that names can't be probed.
    if (error instanceof AwsError && error.code === "NoSuchEntityException") return undefined;
    throw error;
  }
}

function sessionSeconds(asked: number | undefined, role: TrustedRole, chained: boolean): number {
  const seconds = asked ?? DEFAULT_SESSION_S;
  if (chained && seconds > LONGEST_CHAINED_SESSION_S) {
    throw invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining");
  }
  if (seconds < SHORTEST_SESSION_S || seconds > role.longestSessionS) {
    throw invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  return seconds;
}

function denied(context: Context, action: string, roleArn: string): AwsError {
  const message = `User: ${context.caller.arn} is not authorized to perform: ${action} on resource: ${roleArn}`;
  return new AwsError("AccessDenied", message, { status: 403 });
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

function notImplemented(what: string): AwsError {
  return new AwsError("NotImplemented", `sandbox: STS AssumeRole with ${what} is not implemented`, { status: 501 });
}

export const sts = defineService({ sdk, client: "STSClient", operations });

import * as sdk from "@aws-sdk/client-sts";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Caller } from "../../core/identity.ts";
import { policyAllows } from "../../core/policy.ts";
import { defineService, type Operations } from "../../core/service.ts";
import { findRole, sessionPolicies, type TrustedRole } from "./roles.ts";

/**
 * AWS Security Token Service.
 *
 * Supported: AssumeRole with the role's trust policy (accounts, roles, users, services; `sts:ExternalId`,
 * `sts:SourceIdentity`, `sts:RoleSessionName` and `aws:RequestTag/…` as conditions) and the caller's own permission,
 * session policies and tags, session duration and expiry, source identity and transitive tags through role chains.
 * Gaps: no federation, no session of a user (GetSessionToken), no MFA.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */

const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const SHORTEST_SESSION_S = 900;
const DEFAULT_SESSION_S = 3600;
/** A role assumed by a role's session lasts an hour at most, whatever the role allows. */
const LONGEST_CHAINED_SESSION_S = 3600;
const MOST_TAGS = 50;

const operations: Operations<typeof sdk> = {
  async AssumeRole(context, input) {
    const { RoleArn: roleArn = "", RoleSessionName: sessionName = "", ExternalId, SourceIdentity } = input;
    for (const name of [sessionName, ...(SourceIdentity ? [SourceIdentity] : [])]) {
      if (!SESSION_NAME.test(name))
        throw invalidName(name, name === sessionName ? "roleSessionName" : "sourceIdentity");
    }
    const account = /^arn:aws:iam::(\d{12}):role\/.+$/.exec(roleArn)?.[1];
    if (!account) throw invalid(`${roleArn} is invalid`);
    if (input.SerialNumber || input.TokenCode || input.ProvidedContexts?.length)
      throw notImplemented("MFA or contexts");

    const { caller } = context;
    if (SourceIdentity && caller.sourceIdentity && SourceIdentity !== caller.sourceIdentity) {
      throw denied(context, "sts:SetSourceIdentity", roleArn);
    }
    const sourceIdentity = caller.sourceIdentity ?? SourceIdentity;
    const role = await findRole(context, account, roleArn);
    if (!role) throw denied(context, "sts:AssumeRole", roleArn);
    const { tags, transitiveTagKeys, inherited } = readTags(input, caller);
    const conditions: Record<string, string | readonly string[] | undefined> = {
      "sts:externalid": ExternalId,
      "sts:sourceidentity": sourceIdentity,
      "sts:rolesessionname": sessionName,
      ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:requesttag/${key.toLowerCase()}`, value])),
    };
    const tagKeys = Object.keys(tags);
    if (tagKeys.length > 0) conditions["aws:tagkeys"] = tagKeys;
    const isTagged = tagKeys.length > 0;
    for (const action of [
      "sts:AssumeRole",
      ...(sourceIdentity ? ["sts:SetSourceIdentity"] : []),
      ...(isTagged ? ["sts:TagSession"] : []),
    ]) {
      if (!policyAllows(role.trustPolicy, { action, caller, conditions })) throw denied(context, action, roleArn);
      const policy = role.trustPolicy;
      // The trust names no resource, the caller's own policies do.
      context.authorize({ action, resource: roleArn, conditions, policy, owner: account, policyDecides: true });
    }
    const policies = await sessionPolicies(context, input, account);
    const durationS = sessionSeconds(input.DurationSeconds, role, caller.arn.includes(":assumed-role/"));
    const session = context.surroundings.credentialsFor(roleArn, sessionName, {
      durationMs: durationS * 1000,
      sourceIdentity,
      policies,
      tags: { ...inherited, ...tags },
      transitiveTagKeys,
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
      ...(policies.length > 0 ? { PackedPolicySize: Math.ceil((policies.join("").length / 2048) * 100) } : {}),
    };
  },

  async GetCallerIdentity(context) {
    const { account, caller } = context;
    const [, roleName, sessionName] = /:assumed-role\/([^/]+)\/(.+)$/.exec(caller.arn) ?? [];
    if (!roleName) return { Account: account, Arn: caller.arn, UserId: `AIDA${account}USER` };
    const role = caller.roleArn === undefined ? undefined : await findRole(context, account, caller.roleArn);
    return { Account: account, Arn: caller.arn, UserId: `${role?.roleId ?? "AROA"}:${sessionName}` };
  },

  GetAccessKeyInfo(context, { AccessKeyId: id = "" }) {
    const account = /^AKIA(\d{12})0000$/.exec(id)?.[1];
    if (account) return { Account: account };
    if (id === context.caller.accessKeyId) return { Account: context.account };
    throw notImplemented("a question (GetAccessKeyInfo) about a key that isn't the caller's");
  },
};

/** Tags of a session: those asked for, and those that the caller's session hands on. */
function readTags({ Tags: given = [], TransitiveTagKeys: asked = [] }: sdk.AssumeRoleCommandInput, caller: Caller) {
  const refuse = (message: string) => new AwsError("InvalidParameterValue", message);
  if (given.length > MOST_TAGS) throw invalid(`A session can have at most ${MOST_TAGS} tags.`);
  const tags = Object.fromEntries(given.map(({ Key = "", Value = "" }) => [Key, Value]));
  const keys = new Set(given.map(({ Key = "" }) => Key.toLowerCase()));
  if (keys.size < given.length) {
    throw refuse("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  }
  if (asked.some((key) => !keys.has(key.toLowerCase()))) {
    throw refuse("The specified transitive tag key must be included in the requested tags.");
  }
  const handedOn = caller.transitiveTagKeys ?? [];
  if (handedOn.some((key) => keys.has(key.toLowerCase()))) {
    throw refuse(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  }
  const inherited = Object.fromEntries(Object.entries(caller.tags ?? {}).filter(([key]) => handedOn.includes(key)));
  return { tags, inherited, transitiveTagKeys: [...handedOn, ...asked] };
}

function invalidName(name: string, member: string): AwsError {
  const problem =
    name.length < 2
      ? "Member must have length greater than or equal to 2"
      : name.length > 64
        ? "Member must have length less than or equal to 64"
        : "Member must satisfy regular expression pattern: [\\w+=,.@-]*";
  return invalid(
    `1 validation error detected: Value '${name}' at '${member}' failed to satisfy constraint: ${problem}`,
  );
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

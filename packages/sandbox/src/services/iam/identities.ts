import type { ServiceRuntime } from "../../core/context.ts";
import type { Identity, IdentitySource } from "../../core/identity.ts";
import { awsManagedDocument } from "./aws-managed.ts";
import {
  type PolicyRecord,
  policiesIn,
  type RoleRecord,
  rolesIn,
  type UserRecord,
  usersIn,
  whenChanged,
} from "./records.ts";

/**
 * What roles and users may, for the evaluator. An account's identities are read once and kept until something of that
 * account's IAM changes: every request of a session asks for its role.
 */
export function identitiesOf(runtime: ServiceRuntime): IdentitySource {
  const known = new Map<string, Identity | undefined>();
  whenChanged(runtime, (account) => {
    for (const key of known.keys()) if (key.startsWith(account)) known.delete(key);
  });
  const remember = (key: string, read: () => Identity | undefined): Identity | undefined => {
    // What is in force then changes with time alone.
    if (runtime.clock.isRealistic) return read();
    if (!known.has(key)) known.set(key, read());
    return known.get(key);
  };
  return {
    role: (account, name) =>
      remember(`${account}/role/${name}`, () => identityOf(runtime, account, rolesIn(runtime, account).inForce(name))),
    user: (account, name) =>
      remember(`${account}/user/${name}`, () => identityOf(runtime, account, usersIn(runtime, account).inForce(name))),
    resource: (account, kind, name) => (kind === "role" ? rolesIn : usersIn)(runtime, account).get(name),
  };
}

function identityOf(
  runtime: ServiceRuntime,
  account: string,
  record: RoleRecord | UserRecord | undefined,
): Identity | undefined {
  if (!record) return undefined;
  const documentOf = (arn: string) =>
    awsManagedDocument(arn) ?? defaultVersion(policiesIn(runtime, account).inForce(arn));
  const attached = record.attachedPolicyArns.flatMap((arn) => documentOf(arn) ?? []);
  return {
    arn: record.arn,
    policies: [...Object.values(record.inlinePolicies), ...attached],
    boundary: record.boundaryArn === undefined ? undefined : (documentOf(record.boundaryArn) ?? NOTHING),
    boundaryArn: record.boundaryArn,
    ...("trustPolicy" in record ? { trustPolicy: record.trustPolicy } : {}),
    tags: Object.fromEntries(record.tags.map(({ Key = "", Value = "" }) => [Key, Value])),
  };
}

/** A boundary that isn't there any more allows nothing. */
const NOTHING = '{"Statement":[]}';

function defaultVersion(policy: PolicyRecord | undefined): string | undefined {
  return policy?.versions.find(({ id }) => id === policy.defaultVersion)?.document;
}

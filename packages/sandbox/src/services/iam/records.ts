import type { Tag } from "@aws-sdk/client-iam";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { IAM_PROPAGATION_MS, propagating, type Replaced } from "../../core/propagation.ts";
import { awsManagedDocument, isAwsManaged } from "./aws-managed.ts";

export interface RoleRecord {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly createdAt: string;
  readonly trustPolicy: string;
  readonly description?: string | undefined;
  readonly longestSessionS: number;
  readonly boundaryArn?: string | undefined;
  readonly tags: readonly Tag[];
  /** Documents by policy name. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
  readonly attachedPolicyArns: readonly string[];
}

export interface PolicyRecord {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly description?: string | undefined;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly tags: readonly Tag[];
  readonly defaultVersion: string;
  readonly nextVersion: number;
  readonly versions: readonly { readonly id: string; readonly document: string; readonly createdAt: string }[];
}

export interface UserRecord {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly createdAt: string;
  readonly boundaryArn?: string | undefined;
  readonly tags: readonly Tag[];
  readonly inlinePolicies: Readonly<Record<string, string>>;
  readonly attachedPolicyArns: readonly string[];
}

export interface InstanceProfileRecord {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly createdAt: string;
  readonly tags: readonly Tag[];
  readonly roleName?: string | undefined;
}

const listeners = new WeakMap<ServiceRuntime, (account: string) => void>();

/** Tells of every change of an account's roles, users and policies, at once. One listener for each sandbox. */
export function whenChanged(runtime: ServiceRuntime, listener: (account: string) => void): void {
  listeners.set(runtime, listener);
}

/** IAM has no regions: everything of an account is in one store. */
function collectionIn<T>(runtime: ServiceRuntime, account: string, name: string) {
  const store = runtime.storeOf(account, "");
  const replaced = store.collection<readonly Replaced<T>[]>(`replaced ${name}`);
  const collection = propagating(store.collection<T>(name), replaced, {
    clock: runtime.clock,
    delayMs: IAM_PROPAGATION_MS,
  });
  const tell = () => listeners.get(runtime)?.(account);
  return {
    ...collection,
    put(key: string, value: T) {
      collection.put(key, value);
      tell();
    },
    delete(key: string) {
      const isGone = collection.delete(key);
      tell();
      return isGone;
    },
  };
}

export const rolesIn = (runtime: ServiceRuntime, account: string) =>
  collectionIn<RoleRecord>(runtime, account, "roles");
export const usersIn = (runtime: ServiceRuntime, account: string) =>
  collectionIn<UserRecord>(runtime, account, "users");
/** By ARN. */
export const policiesIn = (runtime: ServiceRuntime, account: string) =>
  collectionIn<PolicyRecord>(runtime, account, "policies");

export const roles = (context: Context) => rolesIn(context.runtime, context.account);
export const users = (context: Context) => usersIn(context.runtime, context.account);
export const policies = (context: Context) => policiesIn(context.runtime, context.account);
export const instanceProfiles = (context: Context) =>
  collectionIn<InstanceProfileRecord>(context.runtime, context.account, "instance-profiles");

export function getUser(context: Context, name: string | undefined): UserRecord {
  const user = users(context).get(name ?? "");
  if (!user) throw noSuchEntity(`The user with name ${name} cannot be found.`);
  return user;
}

export function getRole(context: Context, name: string | undefined): RoleRecord {
  const role = roles(context).get(name ?? "");
  if (!role) throw noSuchEntity(`The role with name ${name} cannot be found.`);
  return role;
}

export function getPolicy(context: Context, arn: string | undefined): PolicyRecord {
  const policy = policies(context).get(arn ?? "") ?? awsManaged(arn ?? "");
  if (!policy) throw noSuchEntity(`Policy ${arn} was not found.`);
  return policy;
}

/** One of AWS's own, as a record; raises 501 for one whose document isn't here. */
function awsManaged(arn: string): PolicyRecord | undefined {
  if (!isAwsManaged(arn)) return undefined;
  const document = awsManagedDocument(arn);
  if (document === undefined) {
    const message = `sandbox: the document of AWS's own policy ${arn} is not here, so it can't be attached or evaluated`;
    throw new AwsError("NotImplemented", message, { status: 501 });
  }
  const name = arn.split("/").at(-1) ?? "";
  const path = arn.slice(arn.indexOf("/"), arn.lastIndexOf("/") + 1);
  const createdAt = "2015-04-10T00:00:00.000Z";
  const id = `ANPA${name
    .toUpperCase()
    .replace(/[^A-Z]/g, "")
    .padEnd(17, "X")
    .slice(0, 17)}`;
  const versions = [{ id: "v1", document, createdAt }];
  return {
    name,
    path,
    id,
    arn,
    createdAt,
    updatedAt: createdAt,
    tags: [],
    defaultVersion: "v1",
    nextVersion: 2,
    versions,
  };
}

/** Raises `NoSuchEntity` for a policy that isn't there, and 501 for one of AWS's own that isn't known. */
export function requirePolicy(context: Context, arn: string): void {
  if (!arn.startsWith("arn:")) throw new AwsError("ValidationError", "Invalid ARN:  Could not be parsed!");
  const known = policies(context).get(arn) ?? awsManaged(arn);
  if (!known) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
}

const NAME = /^[\w+=,.@-]+$/;

/** Raises `ValidationError` unless `name` is one that IAM takes. */
export function requireName(name: string | undefined, member: string, longest: number): string {
  if (name && name.length <= longest && NAME.test(name)) return name;
  const message = `The specified value for ${member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_- and have 1 to ${longest} of them.`;
  throw new AwsError("ValidationError", message);
}

export function requirePath(path = "/"): string {
  if (/^\/$|^\/[\u0021-\u007e]*\/$/.test(path)) return path;
  throw new AwsError(
    "ValidationError",
    `The specified value for path is invalid: "${path}" must begin and end with /.`,
  );
}

export function noSuchEntity(message: string): AwsError {
  return new AwsError("NoSuchEntityException", message);
}

export function deleteConflict(message: string): AwsError {
  return new AwsError("DeleteConflictException", message);
}

/** IAM answers policy documents percent-encoded. */
export const encodeDocument = (document: string) =>
  encodeURIComponent(document).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

export function withTags(old: readonly Tag[], added: readonly Tag[]): Tag[] {
  const names = new Set(added.map((tag) => tag.Key));
  return [...old.filter((tag) => !names.has(tag.Key)), ...added];
}

export function withoutTags(old: readonly Tag[], removed: readonly string[]): Tag[] {
  return old.filter((tag) => !removed.includes(tag.Key ?? ""));
}

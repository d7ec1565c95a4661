import type { Tag } from "@aws-sdk/client-iam";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Collection, Store } from "../../core/store.ts";

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

/** IAM has no regions: everything of an account is in one store. */
function iamStore(context: Context): Store {
  return context.runtime.storeOf(context.account, "");
}

export const roles = (context: Context): Collection<RoleRecord> => iamStore(context).collection("roles");
export const policies = (context: Context): Collection<PolicyRecord> => iamStore(context).collection("policies");

export function getRole(context: Context, name: string | undefined): RoleRecord {
  const role = roles(context).get(name ?? "");
  if (!role) throw noSuchEntity(`The role with name ${name} cannot be found.`);
  return role;
}

export function getPolicy(context: Context, arn: string | undefined): PolicyRecord {
  if (isAwsManaged(arn ?? "")) {
    const message = `sandbox: the documents of AWS's own policies (${arn}) are not here`;
    throw new AwsError("NotImplemented", message, { status: 501 });
  }
  const policy = policies(context).get(arn ?? "");
  if (!policy) throw noSuchEntity(`Policy ${arn} was not found.`);
  return policy;
}

const isAwsManaged = (arn: string) => arn.startsWith("arn:aws:iam::aws:policy/");

/** Raises `NoSuchEntity` for a policy of an account that isn't there; AWS's own are taken as existing. */
export function requirePolicy(context: Context, arn: string): void {
  if (!isAwsManaged(arn)) getPolicy(context, arn);
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

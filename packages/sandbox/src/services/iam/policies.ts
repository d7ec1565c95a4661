import type * as sdk from "@aws-sdk/client-iam";
import type { Policy, PolicyVersion } from "@aws-sdk/client-iam";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import { parsePolicy } from "../../core/policy.ts";
import type { Operations } from "../../core/service.ts";
import { awsManagedArns, isAwsManaged } from "./aws-managed.ts";
import {
  deleteConflict,
  encodeDocument,
  getPolicy,
  noSuchEntity,
  type PolicyRecord,
  policies,
  requireName,
  requirePath,
  roles,
  users,
  withoutTags,
  withTags,
} from "./records.ts";

const MOST_VERSIONS = 5;

/** Managed policies of an account, with versions, and those of AWS's own that are known here. */
export const policyOperations: Operations<typeof sdk> = {
  CreatePolicy(context, input) {
    const name = requireName(input.PolicyName, "policyName", 128);
    const path = requirePath(input.Path);
    const arn = `arn:aws:iam::${context.account}:policy${path}${name}`;
    if (policies(context).get(arn)) {
      throw new AwsError(
        "EntityAlreadyExistsException",
        `A policy called ${name} already exists. Duplicate names are not allowed.`,
      );
    }
    const document = input.PolicyDocument ?? "";
    parsePolicy(document);
    const createdAt = context.clock.now().toISOString();
    const policy: PolicyRecord = {
      name,
      path,
      id: `ANPA${context.random.token(17)}`,
      arn,
      description: input.Description,
      createdAt,
      updatedAt: createdAt,
      tags: input.Tags ?? [],
      defaultVersion: "v1",
      nextVersion: 2,
      versions: [{ id: "v1", document, createdAt }],
    };
    policies(context).put(arn, policy);
    return { Policy: show(context, policy) };
  },

  GetPolicy: (context, { PolicyArn }) => ({ Policy: show(context, getPolicy(context, PolicyArn)) }),

  ListPolicies(context, { Scope = "All", OnlyAttached, PathPrefix = "/", Marker, MaxItems }) {
    const own = Scope === "AWS" ? [] : policies(context).listInForce();
    const aws = Scope === "Local" ? [] : awsManagedArns().map((arn) => getPolicy(context, arn));
    const all = [...own.map(({ value }) => value), ...aws]
      .filter((policy) => policy.path.startsWith(PathPrefix))
      .filter((policy) => !OnlyAttached || attachments(context, policy.arn) > 0);
    const { items, nextToken } = page(all, (policy) => policy.arn, { token: Marker, size: MaxItems });
    const Policies = items.map((policy) => show(context, policy));
    return { Policies, IsTruncated: nextToken !== undefined, Marker: nextToken };
  },

  DeletePolicy(context, { PolicyArn }) {
    const policy = getOwnPolicy(context, PolicyArn);
    if (attachments(context, policy.arn) > 0) throw deleteConflict("Cannot delete a policy attached to entities.");
    if (policy.versions.length > 1) {
      throw deleteConflict(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
      );
    }
    policies(context).delete(policy.arn);
    return {};
  },

  CreatePolicyVersion(context, { PolicyArn, PolicyDocument: document = "", SetAsDefault }) {
    const policy = getOwnPolicy(context, PolicyArn);
    parsePolicy(document);
    if (policy.versions.length >= MOST_VERSIONS) {
      throw new AwsError(
        "LimitExceededException",
        `A managed policy can have up to ${MOST_VERSIONS} versions. Before you create a new version, you must delete an existing version.`,
      );
    }
    const createdAt = context.clock.now().toISOString();
    const version = { id: `v${policy.nextVersion}`, document, createdAt };
    const changed: PolicyRecord = {
      ...policy,
      updatedAt: createdAt,
      nextVersion: policy.nextVersion + 1,
      versions: [version, ...policy.versions],
      defaultVersion: SetAsDefault ? version.id : policy.defaultVersion,
    };
    policies(context).put(policy.arn, changed);
    return { PolicyVersion: showVersion(changed, version.id) };
  },

  GetPolicyVersion(context, { PolicyArn, VersionId = "" }) {
    return { PolicyVersion: showVersion(getPolicy(context, PolicyArn), VersionId) };
  },

  ListPolicyVersions(context, { PolicyArn }) {
    const policy = getPolicy(context, PolicyArn);
    const Versions = policy.versions.map(({ id }) => ({ ...showVersion(policy, id), Document: undefined }));
    return { Versions, IsTruncated: false };
  },

  SetDefaultPolicyVersion(context, { PolicyArn, VersionId = "" }) {
    const policy = getPolicy(context, PolicyArn);
    showVersion(policy, VersionId);
    policies(context).put(policy.arn, { ...policy, defaultVersion: VersionId });
    return {};
  },

  DeletePolicyVersion(context, { PolicyArn, VersionId = "" }) {
    const policy = getPolicy(context, PolicyArn);
    showVersion(policy, VersionId);
    if (policy.defaultVersion === VersionId) throw deleteConflict("Cannot delete the default version of a policy.");
    policies(context).put(policy.arn, { ...policy, versions: policy.versions.filter(({ id }) => id !== VersionId) });
    return {};
  },

  TagPolicy(context, { PolicyArn, Tags = [] }) {
    const policy = getPolicy(context, PolicyArn);
    policies(context).put(policy.arn, { ...policy, tags: withTags(policy.tags, Tags) });
    return {};
  },

  UntagPolicy(context, { PolicyArn, TagKeys = [] }) {
    const policy = getPolicy(context, PolicyArn);
    policies(context).put(policy.arn, { ...policy, tags: withoutTags(policy.tags, TagKeys) });
    return {};
  },

  ListPolicyTags: (context, { PolicyArn }) => ({ Tags: [...getPolicy(context, PolicyArn).tags], IsTruncated: false }),

  ListEntitiesForPolicy(context, { PolicyArn = "" }) {
    const has = ({ value }: { value: { attachedPolicyArns: readonly string[] } }) =>
      value.attachedPolicyArns.includes(PolicyArn);
    const PolicyRoles = roles(context)
      .list()
      .filter(has)
      .map(({ value }) => ({ RoleName: value.name, RoleId: value.id }));
    const PolicyUsers = users(context)
      .list()
      .filter(has)
      .map(({ value }) => ({ UserName: value.name, UserId: value.id }));
    return { PolicyRoles, PolicyGroups: [], PolicyUsers, IsTruncated: false };
  },
};

/** Raises `AccessDenied` for AWS's own, which nobody else changes. */
function getOwnPolicy(context: Context, arn: string | undefined): PolicyRecord {
  if (!isAwsManaged(arn ?? "")) return getPolicy(context, arn);
  throw new AwsError("AccessDenied", `Policy ${arn} is owned by AWS and can't be changed.`, { status: 403 });
}

/** How many roles and users have the policy; a boundary counts elsewhere. */
function attachments(context: Context, arn: string): number {
  const holders = [...roles(context).list(), ...users(context).list()];
  return holders.filter(({ value }) => value.attachedPolicyArns.includes(arn)).length;
}

function show(context: Context, policy: PolicyRecord): Policy {
  const boundaries = roles(context)
    .list()
    .filter(({ value }) => value.boundaryArn === policy.arn).length;
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: attachments(context, policy.arn),
    PermissionsBoundaryUsageCount: boundaries,
    IsAttachable: true,
    Description: policy.description,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
    ...(policy.tags.length > 0 ? { Tags: [...policy.tags] } : {}),
  };
}

function showVersion(policy: PolicyRecord, id: string): PolicyVersion {
  const version = policy.versions.find((candidate) => candidate.id === id);
  if (!version) throw noSuchEntity(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`);
  return {
    VersionId: id,
    Document: encodeDocument(version.document),
    IsDefaultVersion: policy.defaultVersion === id,
    CreateDate: new Date(version.createdAt),
  };
}

import type * as sdk from "@aws-sdk/client-iam";
import type { Role } from "@aws-sdk/client-iam";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import { parsePolicy } from "../../core/policy.ts";
import type { Operations } from "../../core/service.ts";
import {
  deleteConflict,
  encodeDocument,
  getRole,
  instanceProfiles,
  type RoleRecord,
  requireName,
  requirePath,
  requirePolicy,
  roles,
  withoutTags,
  withTags,
} from "./records.ts";

const DEFAULT_SESSION_S = 3600;
const LONGEST_SESSION_S = 43_200;

export const roleOperations: Operations<typeof sdk> = {
  CreateRole(context, input) {
    const name = requireName(input.RoleName, "roleName", 64);
    const path = requirePath(input.Path);
    if (roles(context).get(name)) {
      throw new AwsError("EntityAlreadyExistsException", `Role with name ${name} already exists.`);
    }
    const trustPolicy = input.AssumeRolePolicyDocument ?? "";
    parseTrust(trustPolicy);
    if (input.PermissionsBoundary) requirePolicy(context, input.PermissionsBoundary);
    const role: RoleRecord = {
      name,
      path,
      id: `AROA${context.random.token(17)}`,
      arn: `arn:aws:iam::${context.account}:role${path}${name}`,
      createdAt: context.clock.now().toISOString(),
      trustPolicy,
      description: input.Description,
      longestSessionS: sessionSeconds(input.MaxSessionDuration),
      boundaryArn: input.PermissionsBoundary,
      tags: input.Tags ?? [],
      inlinePolicies: {},
      attachedPolicyArns: [],
    };
    roles(context).put(name, role);
    const { MaxSessionDuration, ...shown } = showRole(role);
    return { Role: shown };
  },

  GetRole: (context, { RoleName }) => ({ Role: { ...showRole(getRole(context, RoleName)), RoleLastUsed: {} } }),

  ListRoles(context, { PathPrefix = "/", Marker, MaxItems }) {
    const all = roles(context)
      .listInForce()
      .map(({ value }) => value)
      .filter((role) => role.path.startsWith(PathPrefix));
    const { items, nextToken } = page(all, (role) => role.name, { token: Marker, size: MaxItems });
    // A list tells neither of a role's tags nor of its boundary.
    const Roles = items.map((role) => showRole({ ...role, tags: [], boundaryArn: undefined }));
    return { Roles, IsTruncated: nextToken !== undefined, Marker: nextToken };
  },

  UpdateRole(context, { RoleName, Description, MaxSessionDuration }) {
    const role = getRole(context, RoleName);
    roles(context).put(role.name, {
      ...role,
      description: Description ?? role.description,
      longestSessionS: MaxSessionDuration === undefined ? role.longestSessionS : sessionSeconds(MaxSessionDuration),
    });
    return {};
  },

  UpdateRoleDescription(context, { RoleName, Description }) {
    const role = { ...getRole(context, RoleName), description: Description };
    roles(context).put(role.name, role);
    return { Role: showRole(role) };
  },

  UpdateAssumeRolePolicy(context, { RoleName, PolicyDocument: trustPolicy = "" }) {
    parseTrust(trustPolicy);
    const role = getRole(context, RoleName);
    roles(context).put(role.name, { ...role, trustPolicy });
    return {};
  },

  DeleteRole(context, { RoleName }) {
    const role = getRole(context, RoleName);
    if (
      instanceProfiles(context)
        .list()
        .some(({ value }) => value.roleName === role.name)
    ) {
      throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
    }
    if (role.attachedPolicyArns.length > 0)
      throw deleteConflict("Cannot delete entity, must detach all policies first.");
    if (Object.keys(role.inlinePolicies).length > 0) {
      throw deleteConflict("Cannot delete entity, must delete policies first.");
    }
    roles(context).delete(role.name);
    return {};
  },

  PutRolePermissionsBoundary(context, { RoleName, PermissionsBoundary: boundaryArn = "" }) {
    const role = getRole(context, RoleName);
    requirePolicy(context, boundaryArn);
    roles(context).put(role.name, { ...role, boundaryArn });
    return {};
  },

  DeleteRolePermissionsBoundary(context, { RoleName }) {
    const role = getRole(context, RoleName);
    roles(context).put(role.name, { ...role, boundaryArn: undefined });
    return {};
  },

  TagRole(context, { RoleName, Tags = [] }) {
    const role = getRole(context, RoleName);
    roles(context).put(role.name, { ...role, tags: withTags(role.tags, Tags) });
    return {};
  },

  UntagRole(context, { RoleName, TagKeys = [] }) {
    const role = getRole(context, RoleName);
    roles(context).put(role.name, { ...role, tags: withoutTags(role.tags, TagKeys) });
    return {};
  },

  ListRoleTags: (context, { RoleName }) => ({ Tags: [...getRole(context, RoleName).tags], IsTruncated: false }),
};

/** A trust policy that isn't JSON is refused in words of its own. */
function parseTrust(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new AwsError("MalformedPolicyDocument", "This policy contains invalid Json");
  }
  parsePolicy(text);
}

function sessionSeconds(seconds = DEFAULT_SESSION_S): number {
  if (seconds >= DEFAULT_SESSION_S && seconds <= LONGEST_SESSION_S) return seconds;
  throw new AwsError("ValidationError", `MaxSessionDuration must be 3600 to 43200 seconds, not ${seconds}.`);
}

export function showRole(role: RoleRecord): Role {
  return {
    RoleName: role.name,
    Path: role.path,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    Description: role.description,
    MaxSessionDuration: role.longestSessionS,
    ...(role.tags.length > 0 ? { Tags: [...role.tags] } : {}),
    ...(role.boundaryArn
      ? {
          PermissionsBoundary: {
            PermissionsBoundaryArn: role.boundaryArn,
            PermissionsBoundaryType: "PermissionsBoundaryPolicy",
          },
        }
      : {}),
  };
}

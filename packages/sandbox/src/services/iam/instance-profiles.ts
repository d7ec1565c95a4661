import type * as sdk from "@aws-sdk/client-iam";
import type { InstanceProfile } from "@aws-sdk/client-iam";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import {
  deleteConflict,
  getRole,
  type InstanceProfileRecord,
  instanceProfiles,
  noSuchEntity,
  requireName,
  requirePath,
  roles,
} from "./records.ts";
import { showRole } from "./roles.ts";

/** Instance profiles as records: no instance is here to use one. */
export const instanceProfileOperations: Operations<typeof sdk> = {
  CreateInstanceProfile(context, input) {
    const name = requireName(input.InstanceProfileName, "instanceProfileName", 128);
    const path = requirePath(input.Path);
    if (instanceProfiles(context).get(name)) {
      throw new AwsError("EntityAlreadyExistsException", `Instance Profile ${name} already exists.`);
    }
    const profile: InstanceProfileRecord = {
      name,
      path,
      id: `AIPA${context.random.token(17)}`,
      arn: `arn:aws:iam::${context.account}:instance-profile${path}${name}`,
      createdAt: context.clock.now().toISOString(),
      tags: input.Tags ?? [],
    };
    instanceProfiles(context).put(name, profile);
    return { InstanceProfile: show(context, profile) };
  },

  GetInstanceProfile: (context, { InstanceProfileName: name }) => ({
    InstanceProfile: show(context, get(context, name)),
  }),

  ListInstanceProfiles(context, { PathPrefix = "/", Marker, MaxItems }) {
    const all = instanceProfiles(context)
      .list()
      .map(({ value }) => value)
      .filter(({ path }) => path.startsWith(PathPrefix));
    const { items, nextToken } = page(all, ({ name }) => name, { token: Marker, size: MaxItems });
    const InstanceProfiles = items.map((profile) => show(context, profile));
    return { InstanceProfiles, IsTruncated: nextToken !== undefined, Marker: nextToken };
  },

  ListInstanceProfilesForRole(context, { RoleName }) {
    const role = getRole(context, RoleName);
    const all = instanceProfiles(context)
      .list()
      .filter(({ value }) => value.roleName === role.name);
    return { InstanceProfiles: all.map(({ value }) => show(context, value)), IsTruncated: false };
  },

  AddRoleToInstanceProfile(context, { InstanceProfileName: name, RoleName }) {
    const profile = get(context, name);
    if (profile.roleName !== undefined) {
      const message = "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1";
      throw new AwsError("LimitExceededException", message);
    }
    instanceProfiles(context).put(profile.name, { ...profile, roleName: getRole(context, RoleName).name });
    return {};
  },

  RemoveRoleFromInstanceProfile(context, { InstanceProfileName: name, RoleName }) {
    const profile = get(context, name);
    if (profile.roleName !== RoleName) throw noSuchEntity(`The role with name ${RoleName} cannot be found.`);
    instanceProfiles(context).put(profile.name, { ...profile, roleName: undefined });
    return {};
  },

  DeleteInstanceProfile(context, { InstanceProfileName: name }) {
    const profile = get(context, name);
    if (profile.roleName !== undefined) {
      throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
    }
    instanceProfiles(context).delete(profile.name);
    return {};
  },
};

function get(context: Context, name: string | undefined): InstanceProfileRecord {
  const profile = instanceProfiles(context).get(name ?? "");
  if (!profile) throw noSuchEntity(`Instance Profile ${name} cannot be found.`);
  return profile;
}

function show(context: Context, profile: InstanceProfileRecord): InstanceProfile {
  const role = profile.roleName === undefined ? undefined : roles(context).get(profile.roleName);
  return {
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: profile.arn,
    Path: profile.path,
    CreateDate: new Date(profile.createdAt),
    Roles: role ? [showRole(role)] : [],
    Tags: [...profile.tags],
  };
}

import type * as sdk from "@aws-sdk/client-iam";
import type { User } from "@aws-sdk/client-iam";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import { parsePolicy } from "../../core/policy.ts";
import type { Operations } from "../../core/service.ts";
import {
  deleteConflict,
  encodeDocument,
  getUser,
  noSuchEntity,
  requireName,
  requirePath,
  requirePolicy,
  type UserRecord,
  users,
  withoutTags,
  withTags,
} from "./records.ts";

/** Users with inline and attached policies, boundary and tags. */
export const userOperations: Operations<typeof sdk> = {
  CreateUser(context, input) {
    const name = requireName(input.UserName, "userName", 64);
    const path = requirePath(input.Path);
    if (users(context).get(name)) {
      throw new AwsError("EntityAlreadyExistsException", `User with name ${name} already exists.`);
    }
    if (input.PermissionsBoundary) requirePolicy(context, input.PermissionsBoundary);
    const user: UserRecord = {
      name,
      path,
      id: `AIDA${context.random.token(17)}`,
      arn: `arn:aws:iam::${context.account}:user${path}${name}`,
      createdAt: context.clock.now().toISOString(),
      boundaryArn: input.PermissionsBoundary,
      tags: input.Tags ?? [],
      inlinePolicies: {},
      attachedPolicyArns: [],
    };
    users(context).put(name, user);
    return { User: show(user) };
  },

  GetUser(context, { UserName = context.caller.user }) {
    if (UserName !== undefined) return { User: show(getUser(context, UserName)) };
    // Asked by a key of the account itself, which is nobody's in IAM.
    const { account, caller } = context;
    const CreateDate = new Date(0);
    return { User: { UserName: "sandbox", UserId: `AIDA${account}USER`, Arn: caller.arn, Path: "/", CreateDate } };
  },

  ListUsers(context, { PathPrefix = "/", Marker, MaxItems }) {
    const all = users(context)
      .listInForce()
      .map(({ value }) => value)
      .filter(({ path }) => path.startsWith(PathPrefix));
    const { items, nextToken } = page(all, ({ name }) => name, { token: Marker, size: MaxItems });
    return { Users: items.map(show), IsTruncated: nextToken !== undefined, Marker: nextToken };
  },

  DeleteUser(context, { UserName }) {
    const user = getUser(context, UserName);
    if (context.surroundings.userKeys.list(user.arn).length > 0) {
      throw deleteConflict("Cannot delete entity, must delete access keys first.");
    }
    if (user.attachedPolicyArns.length > 0)
      throw deleteConflict("Cannot delete entity, must detach all policies first.");
    if (Object.keys(user.inlinePolicies).length > 0) {
      throw deleteConflict("Cannot delete entity, must delete policies first.");
    }
    users(context).delete(user.name);
    return {};
  },

  PutUserPolicy(context, { UserName, PolicyName, PolicyDocument = "" }) {
    const user = getUser(context, UserName);
    const name = requireName(PolicyName, "policyName", 128);
    parsePolicy(PolicyDocument);
    change(context, user, { inlinePolicies: { ...user.inlinePolicies, [name]: PolicyDocument } });
    return {};
  },

  GetUserPolicy(context, { UserName, PolicyName = "" }) {
    const user = getUser(context, UserName);
    const document = Object.hasOwn(user.inlinePolicies, PolicyName) ? user.inlinePolicies[PolicyName] : undefined;
    if (document === undefined) throw noSuchEntity(`The user policy with name ${PolicyName} cannot be found.`);
    return { UserName: user.name, PolicyName, PolicyDocument: encodeDocument(document) };
  },

  DeleteUserPolicy(context, { UserName, PolicyName = "" }) {
    const user = getUser(context, UserName);
    if (!Object.hasOwn(user.inlinePolicies, PolicyName)) {
      throw noSuchEntity(`The user policy with name ${PolicyName} cannot be found.`);
    }
    const { [PolicyName]: _, ...inlinePolicies } = user.inlinePolicies;
    change(context, user, { inlinePolicies });
    return {};
  },

  ListUserPolicies(context, { UserName }) {
    return { PolicyNames: Object.keys(getUser(context, UserName).inlinePolicies).sort(), IsTruncated: false };
  },

  AttachUserPolicy(context, { UserName, PolicyArn = "" }) {
    const user = getUser(context, UserName);
    requirePolicy(context, PolicyArn);
    change(context, user, { attachedPolicyArns: [...new Set([...user.attachedPolicyArns, PolicyArn])].sort() });
    return {};
  },

  DetachUserPolicy(context, { UserName, PolicyArn = "" }) {
    const user = getUser(context, UserName);
    if (!user.attachedPolicyArns.includes(PolicyArn)) throw noSuchEntity(`Policy ${PolicyArn} was not found.`);
    change(context, user, { attachedPolicyArns: user.attachedPolicyArns.filter((arn) => arn !== PolicyArn) });
    return {};
  },

  ListAttachedUserPolicies(context, { UserName }) {
    const arns = getUser(context, UserName).attachedPolicyArns;
    const AttachedPolicies = arns.map((PolicyArn) => ({ PolicyArn, PolicyName: PolicyArn.split("/").at(-1) }));
    return { AttachedPolicies, IsTruncated: false };
  },

  PutUserPermissionsBoundary(context, { UserName, PermissionsBoundary: boundaryArn = "" }) {
    requirePolicy(context, boundaryArn);
    change(context, getUser(context, UserName), { boundaryArn });
    return {};
  },

  DeleteUserPermissionsBoundary(context, { UserName }) {
    change(context, getUser(context, UserName), { boundaryArn: undefined });
    return {};
  },

  // A user without groups is what every user is here.
  ListGroupsForUser(context, { UserName }) {
    getUser(context, UserName);
    return { Groups: [], IsTruncated: false };
  },

  TagUser(context, { UserName, Tags = [] }) {
    const user = getUser(context, UserName);
    change(context, user, { tags: withTags(user.tags, Tags) });
    return {};
  },

  UntagUser(context, { UserName, TagKeys = [] }) {
    const user = getUser(context, UserName);
    change(context, user, { tags: withoutTags(user.tags, TagKeys) });
    return {};
  },

  ListUserTags: (context, { UserName }) => ({ Tags: [...getUser(context, UserName).tags], IsTruncated: false }),
};

function change(context: Context, user: UserRecord, settings: Partial<UserRecord>): void {
  users(context).put(user.name, { ...user, ...settings });
}

function show(user: UserRecord): User {
  const boundary = user.boundaryArn;
  return {
    UserName: user.name,
    UserId: user.id,
    Arn: user.arn,
    Path: user.path,
    CreateDate: new Date(user.createdAt),
    Tags: [...user.tags],
    ...(boundary
      ? {
          PermissionsBoundary: {
            PermissionsBoundaryArn: boundary,
            PermissionsBoundaryType: "PermissionsBoundaryPolicy",
          },
        }
      : {}),
  };
}

import type * as sdk from "@aws-sdk/client-iam";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { getUser, noSuchEntity, type UserRecord } from "./records.ts";

const MOST_KEYS = 2;

/** Access keys of users: real ones, with which a client signs and is that user. */
export const accessKeyOperations: Operations<typeof sdk> = {
  CreateAccessKey(context, { UserName = context.caller.user }) {
    const user = getUser(context, UserName);
    if (context.surroundings.userKeys.list(user.arn).length >= MOST_KEYS) {
      throw new AwsError("LimitExceededException", `Cannot exceed quota for AccessKeysPerUser: ${MOST_KEYS}`);
    }
    const { accessKeyId, secretAccessKey, createdAt } = context.surroundings.userKeys.create(user.arn);
    return {
      AccessKey: {
        UserName: user.name,
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        Status: "Active",
        CreateDate: new Date(createdAt),
      },
    };
  },

  ListAccessKeys(context, { UserName = context.caller.user }) {
    const user = getUser(context, UserName);
    const keys = context.surroundings.userKeys.list(user.arn);
    const AccessKeyMetadata = keys.map((key) => ({
      UserName: user.name,
      AccessKeyId: key.accessKeyId,
      Status: key.isActive ? ("Active" as const) : ("Inactive" as const),
      CreateDate: new Date(key.createdAt),
    }));
    return { AccessKeyMetadata, IsTruncated: false };
  },

  UpdateAccessKey(context, { UserName = context.caller.user, AccessKeyId = "", Status }) {
    requireKey(context, getUser(context, UserName), AccessKeyId);
    context.surroundings.userKeys.setActive(AccessKeyId, Status === "Active");
    return {};
  },

  DeleteAccessKey(context, { UserName = context.caller.user, AccessKeyId = "" }) {
    requireKey(context, getUser(context, UserName), AccessKeyId);
    context.surroundings.userKeys.delete(AccessKeyId);
    return {};
  },
};

function requireKey(context: Context, user: UserRecord, accessKeyId: string): void {
  const isTheirs = context.surroundings.userKeys.list(user.arn).some((key) => key.accessKeyId === accessKeyId);
  if (!isTheirs) throw noSuchEntity(`The Access Key with id ${accessKeyId} cannot be found.`);
}

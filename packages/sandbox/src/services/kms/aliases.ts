import type * as sdk from "@aws-sdk/client-kms";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { type AliasRecord, aliasesOf, openKey } from "./keys.ts";

const NAME = /^alias\/[A-Za-z0-9/_-]{1,250}$/;

function getAlias(context: Context, name = ""): AliasRecord {
  const alias = aliasesOf(context).get(name);
  if (alias) return alias;
  const arn = `arn:aws:kms:${context.region}:${context.account}:${name}`;
  throw new AwsError("NotFoundException", `Alias ${arn} is not found.`);
}

export const aliasOperations: Operations<typeof sdk> = {
  CreateAlias(context, { AliasName: name = "", TargetKeyId }) {
    if (!name.startsWith("alias/")) {
      const help = "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html";
      throw new AwsError("ValidationException", `Alias must start with the prefix "alias/". Please see ${help}`);
    }
    if (!NAME.test(name) || name.startsWith("alias/aws/")) {
      throw new AwsError("InvalidAliasNameException", `Alias ${name} must begin with alias/, not with alias/aws/.`);
    }
    const key = openKey(context, TargetKeyId, "kms:CreateAlias");
    if (aliasesOf(context).get(name)) {
      const arn = `arn:aws:kms:${context.region}:${context.account}:${name}`;
      throw new AwsError("AlreadyExistsException", `An alias with the name ${arn} already exists`);
    }
    const now = context.clock.now().toISOString();
    aliasesOf(context).put(name, { name, keyId: key.id, createdAt: now, updatedAt: now });
    return {};
  },

  UpdateAlias(context, { AliasName, TargetKeyId }) {
    const alias = getAlias(context, AliasName);
    const { id: keyId } = openKey(context, TargetKeyId, "kms:UpdateAlias");
    aliasesOf(context).put(alias.name, { ...alias, keyId, updatedAt: context.clock.now().toISOString() });
    return {};
  },

  DeleteAlias(context, { AliasName }) {
    aliasesOf(context).delete(getAlias(context, AliasName).name);
    return {};
  },

  ListAliases(context, { KeyId, Limit, Marker }) {
    if (KeyId === undefined) context.authorize({ action: "kms:ListAliases", resource: "*" });
    const keyId = KeyId === undefined ? undefined : openKey(context, KeyId, "kms:ListAliases").id;
    const all = aliasesOf(context)
      .list()
      .map(({ value }) => value)
      .filter((alias) => keyId === undefined || alias.keyId === keyId);
    const { items, nextToken } = page(all, ({ name }) => name, { token: Marker, size: Limit });
    const Aliases = items.map((alias) => ({
      AliasName: alias.name,
      AliasArn: `arn:aws:kms:${context.region}:${context.account}:${alias.name}`,
      TargetKeyId: alias.keyId,
      CreationDate: new Date(alias.createdAt),
      LastUpdatedDate: new Date(alias.updatedAt),
    }));
    return { Aliases, Truncated: nextToken !== undefined, NextMarker: nextToken };
  },
};

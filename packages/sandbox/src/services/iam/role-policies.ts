import type * as sdk from "@aws-sdk/client-iam";
import { page } from "../../core/paging.ts";
import { parsePolicy } from "../../core/policy.ts";
import type { Operations } from "../../core/service.ts";
import { encodeDocument, getRole, noSuchEntity, requireName, requirePolicy, roles } from "./records.ts";

/** Inline and attached policies of roles. */
export const rolePolicyOperations: Operations<typeof sdk> = {
  PutRolePolicy(context, { RoleName, PolicyName, PolicyDocument = "" }) {
    const role = getRole(context, RoleName);
    const name = requireName(PolicyName, "policyName", 128);
    parsePolicy(PolicyDocument);
    roles(context).put(role.name, { ...role, inlinePolicies: { ...role.inlinePolicies, [name]: PolicyDocument } });
    return {};
  },

  GetRolePolicy(context, { RoleName, PolicyName = "" }) {
    const role = getRole(context, RoleName);
    const document = inlinePolicy(role.inlinePolicies, PolicyName);
    return { RoleName: role.name, PolicyName, PolicyDocument: encodeDocument(document) };
  },

  DeleteRolePolicy(context, { RoleName, PolicyName = "" }) {
    const role = getRole(context, RoleName);
    inlinePolicy(role.inlinePolicies, PolicyName);
    const { [PolicyName]: _, ...inlinePolicies } = role.inlinePolicies;
    roles(context).put(role.name, { ...role, inlinePolicies });
    return {};
  },

  ListRolePolicies(context, { RoleName, Marker, MaxItems }) {
    const names = Object.keys(getRole(context, RoleName).inlinePolicies).sort();
    const { items, nextToken } = page(names, (name) => name, { token: Marker, size: MaxItems });
    return { PolicyNames: items, IsTruncated: nextToken !== undefined, Marker: nextToken };
  },

  AttachRolePolicy(context, { RoleName, PolicyArn = "" }) {
    const role = getRole(context, RoleName);
    requirePolicy(context, PolicyArn);
    const attachedPolicyArns = [...new Set([...role.attachedPolicyArns, PolicyArn])].sort();
    roles(context).put(role.name, { ...role, attachedPolicyArns });
    return {};
  },

  DetachRolePolicy(context, { RoleName, PolicyArn = "" }) {
    const role = getRole(context, RoleName);
    if (!role.attachedPolicyArns.includes(PolicyArn)) throw noSuchEntity(`Policy ${PolicyArn} was not found.`);
    const attachedPolicyArns = role.attachedPolicyArns.filter((arn) => arn !== PolicyArn);
    roles(context).put(role.name, { ...role, attachedPolicyArns });
    return {};
  },

  ListAttachedRolePolicies(context, { RoleName, PathPrefix = "/", Marker, MaxItems }) {
    const arns = getRole(context, RoleName).attachedPolicyArns.filter((arn) => pathOf(arn).startsWith(PathPrefix));
    const { items, nextToken } = page(arns, (arn) => arn, { token: Marker, size: MaxItems });
    const AttachedPolicies = items.map((PolicyArn) => ({ PolicyArn, PolicyName: PolicyArn.split("/").at(-1) }));
    return { AttachedPolicies, IsTruncated: nextToken !== undefined, Marker: nextToken };
  },
};

function inlinePolicy(documents: Readonly<Record<string, string>>, name: string): string {
  const document = Object.hasOwn(documents, name) ? documents[name] : undefined;
  if (document === undefined) throw noSuchEntity(`The role policy with name ${name} cannot be found.`);
  return document;
}

/** `/service/` of `arn:aws:iam::111111111111:policy/service/name`. */
const pathOf = (arn: string) => arn.slice(arn.indexOf("/"), arn.lastIndexOf("/") + 1);

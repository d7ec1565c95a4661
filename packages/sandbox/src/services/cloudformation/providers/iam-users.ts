import {
  AddRoleToInstanceProfileCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateInstanceProfileCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteInstanceProfileCommand,
  DeleteRolePolicyCommand,
  DeleteUserCommand,
  DeleteUserPermissionsBoundaryCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  GetInstanceProfileCommand,
  GetUserCommand,
  ListAttachedUserPoliciesCommand,
  ListUserPoliciesCommand,
  PutRolePolicyCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import type { JsonObject } from "@turnpike/cloudformation";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { createOnce, document, goneTags, list, object, tagList, text, texts } from "./values.ts";

const user = defineProvider({
  type: "AWS::IAM::User",
  properties: ["ManagedPolicyArns", "Path", "PermissionsBoundary", "Policies", "Tags", "UserName"],
  required: [],
  takesTags: true,
  async create(call) {
    const { properties } = call;
    const UserName = text(properties.UserName) ?? call.name(64);
    const PermissionsBoundary = text(properties.PermissionsBoundary);
    const Path = text(properties.Path);
    await createOnce(call, () =>
      call.send(new CreateUserCommand({ UserName, Path, PermissionsBoundary, Tags: tagList(call) })),
    );
    call.initiated(UserName);
    await putPolicies(call, UserName, {});
    return madeUser(call, UserName);
  },
  async update(call, { physicalId: UserName, properties: before, tags }) {
    const PermissionsBoundary = text(call.properties.PermissionsBoundary);
    if (PermissionsBoundary) await call.send(new PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary }));
    else if (before.PermissionsBoundary) await call.send(new DeleteUserPermissionsBoundaryCommand({ UserName }));
    await putPolicies(call, UserName, before);
    await call.send(new TagUserCommand({ UserName, Tags: tagList(call) }));
    const TagKeys = goneTags(call, tags);
    if (TagKeys.length > 0) await call.send(new UntagUserCommand({ UserName, TagKeys }));
    return madeUser(call, UserName);
  },
  async remove(call, { physicalId: UserName }) {
    const { PolicyNames: names = [] } = await call.send(new ListUserPoliciesCommand({ UserName }));
    for (const PolicyName of names) await call.send(new DeleteUserPolicyCommand({ UserName, PolicyName }));
    const { AttachedPolicies: attached = [] } = await call.send(new ListAttachedUserPoliciesCommand({ UserName }));
    for (const { PolicyArn } of attached) await call.send(new DetachUserPolicyCommand({ UserName, PolicyArn }));
    await call.send(new DeleteUserCommand({ UserName }));
  },
});

const policyNames = (properties: JsonObject) =>
  list(properties.Policies).map((policy) => text(object(policy).PolicyName) ?? "");

async function putPolicies(call: ProviderCall, UserName: string, before: JsonObject): Promise<void> {
  const { properties, send } = call;
  for (const policy of list(properties.Policies).map(object)) {
    const PolicyName = text(policy.PolicyName) ?? "";
    const PolicyDocument = document(policy.PolicyDocument);
    await send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument }));
  }
  for (const PolicyName of policyNames(before)) {
    if (policyNames(properties).includes(PolicyName)) continue;
    await send(new DeleteUserPolicyCommand({ UserName, PolicyName }));
  }
  const arns = texts(properties.ManagedPolicyArns);
  for (const PolicyArn of arns) await send(new AttachUserPolicyCommand({ UserName, PolicyArn }));
  for (const PolicyArn of texts(before.ManagedPolicyArns)) {
    if (!arns.includes(PolicyArn)) await send(new DetachUserPolicyCommand({ UserName, PolicyArn }));
  }
}

async function madeUser(call: ProviderCall, UserName: string): Promise<Made> {
  const { User: found } = await call.send(new GetUserCommand({ UserName }));
  return { physicalId: UserName, attributes: { Arn: found?.Arn ?? "" } };
}

/** Its secret is an attribute, readable by whoever reads the stack's template outputs: as on AWS. */
const accessKey = defineProvider({
  type: "AWS::IAM::AccessKey",
  properties: ["Serial", "Status", "UserName"],
  required: ["UserName"],
  takesTags: false,
  async create(call) {
    const UserName = text(call.properties.UserName) ?? "";
    const { AccessKey: made } = await call.send(new CreateAccessKeyCommand({ UserName }));
    const AccessKeyId = made?.AccessKeyId ?? "";
    call.initiated(AccessKeyId);
    if (text(call.properties.Status) === "Inactive") {
      await call.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: "Inactive" }));
    }
    return { physicalId: AccessKeyId, attributes: { SecretAccessKey: made?.SecretAccessKey ?? "" } };
  },
  async update(call, { physicalId, attributes }) {
    const UserName = text(call.properties.UserName) ?? "";
    const Status = text(call.properties.Status) === "Inactive" ? "Inactive" : "Active";
    await call.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId: physicalId, Status }));
    return { physicalId, attributes };
  },
  async remove(call, { physicalId: AccessKeyId, properties }) {
    await call.send(new DeleteAccessKeyCommand({ UserName: text(properties.UserName) ?? "", AccessKeyId }));
  },
});

const instanceProfile = defineProvider({
  type: "AWS::IAM::InstanceProfile",
  properties: ["InstanceProfileName", "Path", "Roles"],
  required: ["Roles"],
  takesTags: false,
  async create(call) {
    const InstanceProfileName = text(call.properties.InstanceProfileName) ?? call.name(128);
    const Path = text(call.properties.Path);
    await createOnce(call, () => call.send(new CreateInstanceProfileCommand({ InstanceProfileName, Path })));
    call.initiated(InstanceProfileName);
    return setRole(call, InstanceProfileName);
  },
  update: (call, { physicalId }) => setRole(call, physicalId),
  async remove(call, { physicalId: InstanceProfileName }) {
    const { InstanceProfile: found } = await call.send(new GetInstanceProfileCommand({ InstanceProfileName }));
    for (const { RoleName } of found?.Roles ?? []) {
      await call.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }));
    }
    await call.send(new DeleteInstanceProfileCommand({ InstanceProfileName }));
  },
});

async function setRole(call: ProviderCall, InstanceProfileName: string): Promise<Made> {
  const { InstanceProfile: found } = await call.send(new GetInstanceProfileCommand({ InstanceProfileName }));
  const [wanted] = texts(call.properties.Roles);
  const [current] = (found?.Roles ?? []).map(({ RoleName }) => RoleName);
  if (current !== wanted) {
    if (current) await call.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName: current }));
    if (wanted) await call.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: wanted }));
  }
  return { physicalId: InstanceProfileName, attributes: { Arn: found?.Arn ?? "" } };
}

const rolePolicy = defineProvider({
  type: "AWS::IAM::RolePolicy",
  properties: ["PolicyDocument", "PolicyName", "RoleName"],
  required: ["PolicyName", "RoleName"],
  takesTags: false,
  create: putRolePolicy,
  update: putRolePolicy,
  async remove(call, { properties }) {
    const [PolicyName, RoleName] = [text(properties.PolicyName), text(properties.RoleName)];
    await call.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
  },
});

async function putRolePolicy(call: ProviderCall): Promise<Made> {
  const PolicyName = text(call.properties.PolicyName) ?? "";
  const RoleName = text(call.properties.RoleName) ?? "";
  const PolicyDocument = document(call.properties.PolicyDocument);
  await call.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
  return { physicalId: `${PolicyName}|${RoleName}`, attributes: {} };
}

export const userProviders = [user, accessKey, instanceProfile, rolePolicy];

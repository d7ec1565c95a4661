import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  ListAttachedRolePoliciesCommand,
  ListEntitiesForPolicyCommand,
  ListPolicyVersionsCommand,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from "@aws-sdk/client-iam";
import type { Json, JsonObject } from "@turnpike/cloudformation";
import { IAM_PROPAGATION_MS } from "../../../core/propagation.ts";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { createOnce, document, goneTags, list, number, object, tagList, text, texts } from "./values.ts";

/** IAM keeps five versions of a policy; the oldest must go before a sixth. */
const MOST_VERSIONS = 5;

/** As CloudFormation does: what depends on a role or a policy is made only when that is in force. */
async function inForce(call: ProviderCall): Promise<void> {
  if (call.clock.isRealistic) await call.clock.sleep(IAM_PROPAGATION_MS, call.signal);
}

const role = defineProvider({
  type: "AWS::IAM::Role",
  properties: [
    "AssumeRolePolicyDocument",
    "Description",
    "ManagedPolicyArns",
    "MaxSessionDuration",
    "Path",
    "PermissionsBoundary",
    "Policies",
    "RoleName",
    "Tags",
  ],
  required: ["AssumeRolePolicyDocument"],
  takesTags: true,
  async create(call) {
    const { properties } = call;
    const RoleName = text(properties.RoleName) ?? call.name(64);
    await createOnce(call, () =>
      call.send(
        new CreateRoleCommand({
          RoleName,
          Path: text(properties.Path),
          AssumeRolePolicyDocument: document(properties.AssumeRolePolicyDocument),
          Description: text(properties.Description),
          MaxSessionDuration: number(properties.MaxSessionDuration),
          PermissionsBoundary: text(properties.PermissionsBoundary),
          Tags: tagList(call),
        }),
      ),
    );
    call.initiated(RoleName);
    await putPolicies(call, RoleName, {});
    return madeRole(call, RoleName);
  },
  async update(call, { physicalId: RoleName, properties: before, tags }) {
    const { properties, send } = call;
    await send(
      new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: document(properties.AssumeRolePolicyDocument) }),
    );
    await send(
      new UpdateRoleCommand({
        RoleName,
        Description: text(properties.Description) ?? "",
        MaxSessionDuration: number(properties.MaxSessionDuration),
      }),
    );
    const PermissionsBoundary = text(properties.PermissionsBoundary);
    if (PermissionsBoundary) await send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary }));
    else if (before.PermissionsBoundary) await send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
    await putPolicies(call, RoleName, before);
    await send(new TagRoleCommand({ RoleName, Tags: tagList(call) }));
    const TagKeys = goneTags(call, tags);
    if (TagKeys.length > 0) await send(new UntagRoleCommand({ RoleName, TagKeys }));
    return madeRole(call, RoleName);
  },
  async remove(call, { physicalId: RoleName }) {
    const { PolicyNames: names = [] } = await call.send(new ListRolePoliciesCommand({ RoleName }));
    for (const PolicyName of names) await call.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
    const { AttachedPolicies: attached = [] } = await call.send(new ListAttachedRolePoliciesCommand({ RoleName }));
    for (const { PolicyArn } of attached) await call.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
    await call.send(new DeleteRoleCommand({ RoleName }));
  },
});

async function putPolicies(call: ProviderCall, RoleName: string, before: JsonObject): Promise<void> {
  const { properties, send } = call;
  const names = list(properties.Policies).map((policy) => text(object(policy).PolicyName) ?? "");
  for (const policy of list(properties.Policies).map(object)) {
    const PolicyDocument = document(policy.PolicyDocument);
    await send(new PutRolePolicyCommand({ RoleName, PolicyName: text(policy.PolicyName) ?? "", PolicyDocument }));
  }
  for (const old of list(before.Policies).map((policy: Json) => text(object(policy).PolicyName) ?? "")) {
    if (!names.includes(old)) await send(new DeleteRolePolicyCommand({ RoleName, PolicyName: old }));
  }
  const arns = texts(properties.ManagedPolicyArns);
  for (const PolicyArn of arns) await send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  for (const PolicyArn of texts(before.ManagedPolicyArns)) {
    if (!arns.includes(PolicyArn)) await send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
  }
}

async function madeRole(call: ProviderCall, RoleName: string): Promise<Made> {
  await inForce(call);
  const { Role: made } = await call.send(new GetRoleCommand({ RoleName }));
  return { physicalId: RoleName, attributes: { Arn: made?.Arn ?? "", RoleId: made?.RoleId ?? "" } };
}

const managedPolicy = defineProvider({
  type: "AWS::IAM::ManagedPolicy",
  properties: ["Description", "ManagedPolicyName", "Path", "PolicyDocument", "Roles"],
  required: ["PolicyDocument"],
  takesTags: false,
  async create(call) {
    const { properties, account } = call;
    const PolicyName = text(properties.ManagedPolicyName) ?? call.name(128);
    const Path = text(properties.Path) ?? "/";
    const PolicyArn = `arn:aws:iam::${account}:policy${Path}${PolicyName}`;
    await createOnce(call, () =>
      call.send(
        new CreatePolicyCommand({
          PolicyName,
          Path,
          Description: text(properties.Description),
          PolicyDocument: document(properties.PolicyDocument),
        }),
      ),
    );
    call.initiated(PolicyArn);
    await attach(call, PolicyArn, []);
    await inForce(call);
    return { physicalId: PolicyArn, attributes: { PolicyArn } };
  },
  async update(call, { physicalId: PolicyArn, properties: before }) {
    const { Versions: versions = [] } = await call.send(new ListPolicyVersionsCommand({ PolicyArn }));
    const oldest = versions.filter(({ IsDefaultVersion: isDefault }) => !isDefault).at(-1);
    if (versions.length >= MOST_VERSIONS && oldest) {
      await call.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: oldest.VersionId }));
    }
    const PolicyDocument = document(call.properties.PolicyDocument);
    await call.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }));
    await attach(call, PolicyArn, texts(before.Roles));
    await inForce(call);
    return { physicalId: PolicyArn, attributes: { PolicyArn } };
  },
  async remove(call, { physicalId: PolicyArn }) {
    const { PolicyRoles: roles = [] } = await call.send(new ListEntitiesForPolicyCommand({ PolicyArn }));
    for (const { RoleName } of roles) await call.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
    const { Versions: versions = [] } = await call.send(new ListPolicyVersionsCommand({ PolicyArn }));
    for (const { VersionId, IsDefaultVersion: isDefault } of versions) {
      if (!isDefault) await call.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId }));
    }
    await call.send(new DeletePolicyCommand({ PolicyArn }));
  },
});

async function attach(call: ProviderCall, PolicyArn: string, before: string[]): Promise<void> {
  const roles = texts(call.properties.Roles);
  for (const RoleName of roles) await call.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  for (const RoleName of before) {
    if (!roles.includes(RoleName)) await call.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
  }
}

/** An inline policy, put on roles of its own choice. */
const policy = defineProvider({
  type: "AWS::IAM::Policy",
  properties: ["PolicyDocument", "PolicyName", "Roles"],
  required: ["PolicyDocument", "PolicyName", "Roles"],
  takesTags: false,
  create: (call) => putInline(call, {}),
  update: (call, current) => putInline(call, current.properties),
  async remove(call, { properties }) {
    for (const RoleName of texts(properties.Roles)) {
      await call.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: text(properties.PolicyName) ?? "" }));
    }
  },
});

async function putInline(call: ProviderCall, before: JsonObject): Promise<Made> {
  const { properties } = call;
  const PolicyName = text(properties.PolicyName) ?? "";
  const roles = texts(properties.Roles);
  const PolicyDocument = document(properties.PolicyDocument);
  for (const RoleName of roles) await call.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
  const wasNamed = text(before.PolicyName);
  for (const RoleName of texts(before.Roles)) {
    const isGone = !roles.includes(RoleName) || wasNamed !== PolicyName;
    if (isGone && wasNamed) await call.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: wasNamed }));
  }
  await inForce(call);
  return { physicalId: PolicyName, attributes: { Id: PolicyName } };
}

export const iamProviders = [role, managedPolicy, policy];

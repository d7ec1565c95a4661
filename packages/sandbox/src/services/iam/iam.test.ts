import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
} from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { clientSettings, DEV, PROD, sandboxForTest } from "../../../test/support.ts";

const DOCUMENT = JSON.stringify({ Statement: [{ Effect: "Allow", Action: "s3:Get*", Resource: "*" }] });

test("a role keeps its trust, policies, boundary and tags, and goes when they are gone", async () => {
  const sandbox = await sandboxForTest();
  const iam = new IAMClient(clientSettings(sandbox, DEV));
  const named = { RoleName: "orders-function" };
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: "boundary", PolicyDocument: DOCUMENT }));
  const PolicyArn = Policy?.Arn ?? "";
  await iam.send(
    new CreateRoleCommand({
      ...named,
      Path: "/turnpike/",
      AssumeRolePolicyDocument: DOCUMENT,
      PermissionsBoundary: PolicyArn,
    }),
  );
  await iam.send(new PutRolePolicyCommand({ ...named, PolicyName: "read", PolicyDocument: DOCUMENT }));
  await iam.send(new AttachRolePolicyCommand({ ...named, PolicyArn }));
  await iam.send(new TagRoleCommand({ ...named, Tags: [{ Key: "service", Value: "orders" }] }));

  const { Role } = await iam.send(new GetRoleCommand(named));
  expect(Role).toMatchObject({
    Arn: `arn:aws:iam::${DEV}:role/turnpike/orders-function`,
    PermissionsBoundary: { PermissionsBoundaryArn: PolicyArn },
    Tags: [{ Key: "service", Value: "orders" }],
  });
  expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "")).toBe(DOCUMENT);
  const inline = await iam.send(new GetRolePolicyCommand({ ...named, PolicyName: "read" }));
  expect(decodeURIComponent(inline.PolicyDocument ?? "")).toBe(DOCUMENT);
  const attached = await iam.send(new ListAttachedRolePoliciesCommand(named));
  expect(attached.AttachedPolicies).toEqual([{ PolicyArn, PolicyName: "boundary" }]);

  const conflict = expect.objectContaining({ name: "DeleteConflictException" });
  await expect(iam.send(new DeleteRoleCommand(named))).rejects.toThrow(conflict);
  await expect(iam.send(new DeletePolicyCommand({ PolicyArn }))).rejects.toThrow(conflict);
  await iam.send(new DetachRolePolicyCommand({ ...named, PolicyArn }));
  await iam.send(new DeleteRolePolicyCommand({ ...named, PolicyName: "read" }));
  await iam.send(new DeleteRoleCommand(named));
  await expect(iam.send(new GetRoleCommand(named))).rejects.toThrow(
    expect.objectContaining({ name: "NoSuchEntityException" }),
  );
});

test("roles belong to one account and are listed page by page", async () => {
  const sandbox = await sandboxForTest();
  const iam = new IAMClient(clientSettings(sandbox, DEV));
  for (const RoleName of ["a", "b", "c"]) {
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: DOCUMENT }));
  }
  const first = await iam.send(new ListRolesCommand({ MaxItems: 2 }));
  const second = await iam.send(new ListRolesCommand({ MaxItems: 2, Marker: first.Marker }));
  expect([first, second].map((page) => page.Roles?.map((role) => role.RoleName))).toEqual([["a", "b"], ["c"]]);
  expect(second.IsTruncated).toBe(false);
  expect((await new IAMClient(clientSettings(sandbox, PROD)).send(new ListRolesCommand({}))).Roles).toEqual([]);
});

test.each([
  ["a name with characters that IAM doesn't take", { RoleName: "../x" }, "ValidationError"],
  ["a trust policy that isn't JSON", { AssumeRolePolicyDocument: "{" }, "MalformedPolicyDocumentException"],
  ["a boundary that isn't there", { PermissionsBoundary: `arn:aws:iam::${DEV}:policy/none` }, "NoSuchEntityException"],
])("a role is refused for %s", async (_, wrong, name) => {
  const sandbox = await sandboxForTest();
  const command = new CreateRoleCommand({ RoleName: "r", AssumeRolePolicyDocument: DOCUMENT, ...wrong });
  await expect(new IAMClient(clientSettings(sandbox, DEV)).send(command)).rejects.toThrow(
    expect.objectContaining({ name }),
  );
});

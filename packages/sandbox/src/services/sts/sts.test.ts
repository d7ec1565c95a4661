import { CreateRoleCommand } from "@aws-sdk/client-iam";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { clientSettings, DEV, PROD, roleForTest, sandboxForTest, TOOLING } from "../../../test/support.ts";
import { createClock, type Sandbox } from "../../index.ts";

const roleArn = `arn:aws:iam::${DEV}:role/turnpike-reader`;

/** The reader role as the account stack makes it: tooling may assume it, with an external id and a source identity. */
async function withReader(sandbox: Sandbox) {
  const AssumeRolePolicyDocument = JSON.stringify({
    Statement: {
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${TOOLING}:root` },
      Action: ["sts:AssumeRole", "sts:SetSourceIdentity"],
      Condition: { StringEquals: { "sts:ExternalId": "turnpike" }, StringLike: { "sts:SourceIdentity": "*" } },
    },
  });
  await sandbox.send(new CreateRoleCommand({ RoleName: "turnpike-reader", AssumeRolePolicyDocument }), {
    account: DEV,
  });
}

const assume = (sandbox: Sandbox, account: string, more: { ExternalId?: string; SourceIdentity?: string }) =>
  new STSClient(clientSettings(sandbox, account)).send(
    new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "portal", ...more }),
  );

test("a session acts in the role's account until it expires", async () => {
  const clock = createClock();
  const sandbox = await sandboxForTest({ clock });
  await withReader(sandbox);
  const { Credentials } = await assume(sandbox, TOOLING, { ExternalId: "turnpike", SourceIdentity: "developer" });
  const session = new STSClient({
    ...clientSettings(sandbox),
    credentials: {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      sessionToken: Credentials?.SessionToken ?? "",
    },
  });
  const identity = await session.send(new GetCallerIdentityCommand({}));
  expect(identity).toMatchObject({ Account: DEV, Arn: `arn:aws:sts::${DEV}:assumed-role/turnpike-reader/portal` });
  expect(identity.UserId).toMatch(/^AROA.*:portal$/);

  clock.advance(3600_000);
  await expect(session.send(new GetCallerIdentityCommand({}))).rejects.toThrow(
    expect.objectContaining({ name: "ExpiredToken" }),
  );
});

test.each([
  ["without the external id", TOOLING, { SourceIdentity: "developer" }],
  ["with another external id", TOOLING, { ExternalId: "guess", SourceIdentity: "developer" }],
  ["without a source identity", TOOLING, { ExternalId: "turnpike" }],
  ["from an account that the role doesn't trust", PROD, { ExternalId: "turnpike", SourceIdentity: "developer" }],
])("a role isn't assumed %s", async (_, account, more) => {
  const sandbox = await sandboxForTest();
  await withReader(sandbox);
  await expect(assume(sandbox, account, more)).rejects.toThrow(expect.objectContaining({ name: "AccessDenied" }));
});

test("a role that isn't there is refused like one that may not be assumed", async () => {
  const sandbox = await sandboxForTest();
  await expect(assume(sandbox, TOOLING, {})).rejects.toThrow(`sts:AssumeRole on resource: ${roleArn}`);
});

test("a service assumes a role that trusts its principal, in process", async () => {
  const sandbox = await sandboxForTest();
  const trust = { Effect: "Allow", Principal: { Service: "iam.amazonaws.com" }, Action: "sts:AssumeRole" };
  const AssumeRolePolicyDocument = JSON.stringify({ Statement: [trust] });
  await sandbox.send(new CreateRoleCommand({ RoleName: "for-iam", AssumeRolePolicyDocument }), { account: DEV });
  const command = new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${DEV}:role/for-iam`, RoleSessionName: "se" });
  const acting = (client: string) => sandbox.runtimeOf(client).contextFor(DEV, "eu-west-1").send(command);
  await expect(acting("STSClient")).rejects.toThrow("not authorized");
  expect((await acting("IAMClient")).Credentials?.AccessKeyId).toMatch(/^ASIA[A-Z0-9]{16}$/);
});

test("a service's trust may be narrowed to the account it acts in, and a session is known by its role's whole ARN", async () => {
  const sandbox = await sandboxForTest();
  const create = (RoleName: string, statement: object, Path = "/") =>
    sandbox.send(
      new CreateRoleCommand({
        RoleName,
        Path,
        AssumeRolePolicyDocument: JSON.stringify({
          Statement: { Effect: "Allow", Action: "sts:AssumeRole", ...statement },
        }),
      }),
      { account: DEV },
    );
  const Service = "iam.amazonaws.com";
  const byAccount = (account: string) => ({ Condition: { StringEquals: { "aws:SourceAccount": account } } });
  await create("here", { Principal: { Service }, ...byAccount(DEV) });
  await create("elsewhere", { Principal: { Service }, ...byAccount(PROD) });
  const principal = { Service };
  const actions = ["sts:AssumeRole"];
  const role = await roleForTest(sandbox, { name: "pipeline", path: "/paths/", principal, actions });
  await create("by-role", {
    Principal: { AWS: `arn:aws:iam::${TOOLING}:root` },
    Condition: { ArnEquals: { "aws:PrincipalArn": role } },
  });

  const assuming = (name: string) =>
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${DEV}:role/${name}`, RoleSessionName: "se" });
  const service = sandbox.runtimeOf("IAMClient").contextFor(DEV, "eu-west-1");
  expect((await service.send(assuming("here"))).Credentials).toBeDefined();
  await expect(service.send(assuming("elsewhere"))).rejects.toThrow("not authorized");
  expect((await sandbox.send(assuming("by-role"), { roleArn: role })).Credentials).toBeDefined();
  const namesake = role.replace("/paths", "");
  await expect(sandbox.send(assuming("by-role"), { roleArn: namesake })).rejects.toThrow("not authorized");
});

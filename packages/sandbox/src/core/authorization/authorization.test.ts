import * as iam from "@aws-sdk/client-iam";
import { CreateKeyCommand, EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { CreateEventSourceMappingCommand, CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateQueueCommand, SendMessageCommand, SetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { clientSettings, DEV, REGION, roleForTest, sandboxForTest, TOOLING } from "../../../test/support.ts";
import type { Sandbox } from "../../sandbox.ts";
import { iam as iamService } from "../../services/iam/index.ts";
import { kms } from "../../services/kms/index.ts";
import { lambda } from "../../services/lambda/index.ts";
import { s3 } from "../../services/s3/index.ts";
import { sqs } from "../../services/sqs/index.ts";
import { sts } from "../../services/sts/index.ts";

const start = () => sandboxForTest({ services: [iamService, sts, s3, kms, sqs, lambda] });
const account = { AWS: `arn:aws:iam::${TOOLING}:root` };
const Bucket = "orders";
const policyOf = (...statements: object[]) => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allow = (Action: string | string[], Resource: string | string[] = "*", more: object = {}) => ({
  Effect: "Allow",
  Action,
  Resource,
  ...more,
});

/** Settings of a client that is the session of a role. */
async function asSession(sandbox: Sandbox, RoleArn: string, more: object = {}) {
  const { Credentials: given } = await new STSClient(clientSettings(sandbox)).send(
    new AssumeRoleCommand({ RoleArn, RoleSessionName: "session", ...more }),
  );
  const credentials = {
    accessKeyId: given?.AccessKeyId ?? "",
    secretAccessKey: given?.SecretAccessKey ?? "",
    sessionToken: given?.SessionToken ?? "",
  };
  return { endpoint: sandbox.awsUrl, region: REGION, maxAttempts: 1, forcePathStyle: true, credentials };
}

async function withBucket(sandbox: Sandbox) {
  await sandbox.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  await sandbox.send(new PutObjectCommand({ Bucket, Key: "a", Body: "text" }));
}

const refused = (message: string, name = "AccessDenied") =>
  expect.objectContaining({ name, message: expect.stringContaining(message) });

test("a session does what its role's policies allow, and is told in AWS's words what they don't", async () => {
  const sandbox = await start();
  await withBucket(sandbox);
  const role = await roleForTest(sandbox, { name: "reader", principal: account, actions: ["s3:Get*"] });
  const settings = await asSession(sandbox, role);
  const client = new S3Client(settings);
  expect((await client.send(new GetObjectCommand({ Bucket, Key: "a" }))).ContentLength).toBe(4);
  const session = `arn:aws:sts::${TOOLING}:assumed-role/reader/session`;
  await expect(client.send(new PutObjectCommand({ Bucket, Key: "b", Body: "x" }))).rejects.toThrow(
    refused(
      `User: ${session} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::orders/b" because no identity-based policy allows the s3:PutObject action`,
    ),
  );
  // Who may not list isn't told what isn't there.
  await expect(client.send(new GetObjectCommand({ Bucket, Key: "none" }))).rejects.toThrow(refused("s3:ListBucket"));
  await expect(new SQSClient(settings).send(new CreateQueueCommand({ QueueName: "q" }))).rejects.toThrow(
    refused(`perform: sqs:createqueue on resource: arn:aws:sqs:${REGION}:${TOOLING}:q because`),
  );
  expect((await new STSClient(settings).send(new GetCallerIdentityCommand({}))).Arn).toBe(session);

  // A change of the role's policies is felt at once by sessions that are there.
  const change = {
    RoleName: "reader",
    PolicyName: "may",
    PolicyDocument: policyOf(allow("s3:*"), { ...allow("s3:DeleteObject"), Effect: "Deny" }),
  };
  await sandbox.send(new iam.PutRolePolicyCommand(change));
  await client.send(new PutObjectCommand({ Bucket, Key: "b", Body: "x" }));
});

test("a boundary and a session's policies limit, and an explicit denial wins", async () => {
  const sandbox = await start();
  await withBucket(sandbox);
  const role = await roleForTest(sandbox, { name: "admin", principal: account, actions: ["s3:*", "sqs:*"] });
  const session = new S3Client(await asSession(sandbox, role, { Policy: policyOf(allow("s3:ListBucket")) }));
  await session.send(new ListObjectsV2Command({ Bucket }));
  await expect(session.send(new GetObjectCommand({ Bucket, Key: "a" }))).rejects.toThrow(
    refused("because no session policy allows the s3:GetObject action"),
  );
  const { Policy } = await sandbox.send(
    new iam.CreatePolicyCommand({ PolicyName: "limit", PolicyDocument: policyOf(allow("s3:*")) }),
  );
  const PermissionsBoundary = Policy?.Arn ?? "";
  await sandbox.send(new iam.PutRolePermissionsBoundaryCommand({ RoleName: "admin", PermissionsBoundary }));
  const settings = await asSession(sandbox, role);
  await expect(new SQSClient(settings).send(new CreateQueueCommand({ QueueName: "q" }))).rejects.toThrow(
    refused("because no permissions boundary allows the sqs:createqueue action"),
  );
  const denial = { ...allow("s3:GetObject", `arn:aws:s3:::${Bucket}/*`, { Principal: "*" }), Effect: "Deny" };
  await sandbox.send(new PutBucketPolicyCommand({ Bucket, Policy: policyOf(denial) }));
  await expect(new S3Client(settings).send(new GetObjectCommand({ Bucket, Key: "a" }))).rejects.toThrow(
    refused("with an explicit deny in a resource-based policy"),
  );
});

test("within an account a bucket's policy that names the role suffices, a key's policy decides", async () => {
  const sandbox = await start();
  await withBucket(sandbox);
  const role = await roleForTest(sandbox, { name: "nobody", principal: account, actions: ["kms:Encrypt"] });
  const settings = await asSession(sandbox, role);
  const read = () => new S3Client(settings).send(new GetObjectCommand({ Bucket, Key: "a" }));
  const letIn = (Principal: object) =>
    sandbox.send(
      new PutBucketPolicyCommand({
        Bucket,
        Policy: policyOf(allow("s3:GetObject", `arn:aws:s3:::${Bucket}/*`, { Principal })),
      }),
    );
  await letIn(account);
  await expect(read()).rejects.toThrow(refused("no identity-based policy"));
  await letIn({ AWS: role });
  expect((await read()).ContentLength).toBe(4);

  const encrypt = async (...statements: object[]) => {
    const { KeyMetadata } = await sandbox.send(new CreateKeyCommand({ Policy: policyOf(...statements) }));
    return new KMSClient(settings).send(new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext: Buffer.from("x") }));
  };
  expect((await encrypt(allow("kms:*", "*", { Principal: account }))).KeyId).toBeDefined();
  const other = { AWS: `arn:aws:iam::${TOOLING}:role/other` };
  await expect(encrypt(allow("kms:*", "*", { Principal: other }))).rejects.toThrow(
    refused("because no resource-based policy allows the kms:Encrypt action", "AccessDeniedException"),
  );
});

test("a queue's policy lets a role of its account in, and a key of another account only where it names it", async () => {
  const sandbox = await start();
  const role = await roleForTest(sandbox, { name: "nobody", principal: account, actions: [] });
  const { QueueUrl } = await sandbox.send(new CreateQueueCommand({ QueueName: "orders" }));
  const send = new SendMessageCommand({ QueueUrl, MessageBody: "x" });
  const session = new SQSClient(await asSession(sandbox, role));
  await expect(session.send(send)).rejects.toThrow(
    refused("because no identity-based policy allows the sqs:sendmessage"),
  );
  const statement = allow("sqs:SendMessage", "*", { Principal: { AWS: role } });
  const Attributes = { Policy: policyOf(statement) };
  await sandbox.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  expect((await session.send(send)).MessageId).toBeDefined();
  const foreign = await roleForTest(sandbox, { name: "foreign", account: DEV, principal: account, actions: ["sqs:*"] });
  const other = new SQSClient(await asSession(sandbox, foreign));
  await expect(other.send(send)).rejects.toThrow("not authorized to perform: sqs:sendmessage");
});

test("handing a role to a service asks for iam:PassRole, and conditions see the service", async () => {
  const sandbox = await start();
  const role = await roleForTest(sandbox, { name: "deployer", principal: account, actions: ["lambda:CreateFunction"] });
  const Role = await roleForTest(sandbox, {
    name: "function",
    principal: { Service: "lambda.amazonaws.com" },
    actions: [],
  });
  const create = async () =>
    new LambdaClient(await asSession(sandbox, role)).send(
      new CreateFunctionCommand({
        FunctionName: "f",
        Role,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Code: { ZipFile: Buffer.from("no zip") },
      }),
    );
  await expect(create()).rejects.toThrow(refused(`iam:PassRole on resource: ${Role}`, "AccessDeniedException"));
  const pass = (service: string) =>
    sandbox.send(
      new iam.PutRolePolicyCommand({
        RoleName: "deployer",
        PolicyName: "pass",
        PolicyDocument: policyOf(
          allow("iam:PassRole", Role, { Condition: { StringEquals: { "iam:PassedToService": service } } }),
        ),
      }),
    );
  await pass("states.amazonaws.com");
  await expect(create()).rejects.toThrow(refused("iam:PassRole", "AccessDeniedException"));
  await pass("lambda.amazonaws.com");
  await expect(create()).rejects.not.toThrow(/PassRole/);
});

test("which function an event source may be for is a condition, because the mapping itself has no ARN yet", async () => {
  const sandbox = await start();
  const role = await roleForTest(sandbox, { name: "mapper", principal: account, actions: ["sqs:*"] });
  const about = { StringLike: { "lambda:FunctionArn": `arn:aws:lambda:*:${TOOLING}:function:orders*` } };
  const PolicyDocument = policyOf(allow("lambda:CreateEventSourceMapping", "*", { Condition: about }));
  await sandbox.send(new iam.PutRolePolicyCommand({ RoleName: "mapper", PolicyName: "map", PolicyDocument }));
  const client = new LambdaClient(await asSession(sandbox, role));
  const mapping = (FunctionName: string) =>
    client.send(
      new CreateEventSourceMappingCommand({ FunctionName, EventSourceArn: `arn:aws:sqs:${REGION}:${TOOLING}:work` }),
    );
  await expect(mapping("carts")).rejects.toThrow("not authorized to perform: lambda:CreateEventSourceMapping");
  for (const name of ["orders", `arn:aws:lambda:${REGION}:${TOOLING}:function:orders:live`]) {
    await expect(mapping(name)).rejects.toThrow(/Function not found|does not exist|ResourceNotFound/);
  }
});

test("a user's access key is that user, until it is switched off", async () => {
  const sandbox = await start();
  const UserName = "alice";
  await sandbox.send(new iam.CreateUserCommand({ UserName }));
  await sandbox.send(
    new iam.PutUserPolicyCommand({
      UserName,
      PolicyName: "p",
      PolicyDocument: policyOf(allow("sqs:*", "arn:aws:sqs:*:*:${aws:username}-*")),
    }),
  );
  const { AccessKey } = await sandbox.send(new iam.CreateAccessKeyCommand({ UserName }));
  const { AccessKeyId = "", SecretAccessKey = "" } = AccessKey ?? {};
  const settings = {
    ...clientSettings(sandbox),
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey },
  };
  const client = new SQSClient(settings);
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: "alice-q" }));
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }));
  await expect(client.send(new CreateQueueCommand({ QueueName: "bob-q" }))).rejects.toThrow(
    refused(`User: arn:aws:iam::${TOOLING}:user/alice`),
  );
  const results = await sandbox.send(
    new iam.SimulatePrincipalPolicyCommand({
      PolicySourceArn: `arn:aws:iam::${TOOLING}:user/alice`,
      ActionNames: ["sqs:SendMessage", "s3:GetObject"],
    }),
  );
  expect(results.EvaluationResults?.map((one) => one.EvalDecision)).toEqual(["implicitDeny", "implicitDeny"]);
  await sandbox.send(new iam.UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: "Inactive" }));
  await expect(client.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }))).rejects.toThrow("security token");
});

import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  type CreateStackCommandInput,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  GetTemplateSummaryCommand,
  ListChangeSetsCommand,
  ListExportsCommand,
  ListStacksCommand,
  UpdateStackCommand,
  waitUntilChangeSetCreateComplete,
  waitUntilStackCreateComplete,
} from "@aws-sdk/client-cloudformation";
import { ListRulesCommand } from "@aws-sdk/client-eventbridge";
import { GetRoleCommand, ListRolesCommand } from "@aws-sdk/client-iam";
import { DescribeKeyCommand } from "@aws-sdk/client-kms";
import { CreateBucketCommand, GetBucketTaggingCommand, ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import {
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { clientSettings, DEV, REGION, roleForTest, sandboxForTest } from "../../../test/support.ts";
import type { Sandbox } from "../../sandbox.ts";
import { eventBridge } from "../eventbridge/index.ts";
import { iam } from "../iam/index.ts";
import { kms } from "../kms/index.ts";
import { s3 } from "../s3/index.ts";
import { sqs } from "../sqs/index.ts";
import { sts } from "../sts/index.ts";
import { cloudFormation } from "./index.ts";

const services = [iam, sts, s3, kms, sqs, eventBridge, cloudFormation];
const start = () => sandboxForTest({ services });

/** Resolves with the status in which the stack comes to rest. */
function settled(sandbox: Sandbox, name: string): Promise<string> {
  return new Promise((resolve) => {
    const end = sandbox.signals.on("cloudformation.settled", (signal) => {
      if (signal.stackName !== name) return;
      end();
      resolve(signal.status);
    });
  });
}

async function create(sandbox: Sandbox, TemplateBody: string, more: Partial<CreateStackCommandInput> = {}) {
  const end = settled(sandbox, "demo");
  await sandbox.send(new CreateStackCommand({ StackName: "demo", TemplateBody, ...more }));
  return end;
}

async function update(sandbox: Sandbox, TemplateBody: string, more: Partial<CreateStackCommandInput> = {}) {
  const end = settled(sandbox, "demo");
  await sandbox.send(new UpdateStackCommand({ StackName: "demo", TemplateBody, ...more }));
  return end;
}

/** `logical id status [reason]`, the oldest first. */
async function eventsOf(sandbox: Sandbox, StackName = "demo"): Promise<string[]> {
  const { StackEvents = [] } = await sandbox.send(new DescribeStackEventsCommand({ StackName }));
  return StackEvents.map(({ LogicalResourceId, ResourceStatus, ResourceStatusReason: reason }) =>
    `${LogicalResourceId} ${ResourceStatus} ${reason ?? ""}`.trim(),
  ).reverse();
}

async function physicalIds(sandbox: Sandbox, StackName = "demo"): Promise<Record<string, string>> {
  const { StackResources = [] } = await sandbox.send(new DescribeStackResourcesCommand({ StackName }));
  return Object.fromEntries(StackResources.map((one) => [one.LogicalResourceId, one.PhysicalResourceId ?? ""]));
}

const queueNames = async (sandbox: Sandbox) =>
  ((await sandbox.send(new ListQueuesCommand({}))).QueueUrls ?? []).map((url) => url.split("/").at(-1) ?? "").sort();

const FAMILY = `
Parameters: { Delay: { Type: Number, Default: 5 }, Secret: { Type: String, NoEcho: true, Default: hush } }
Resources:
  Key: { Type: AWS::KMS::Key, Properties: { EnableKeyRotation: true } }
  Alias: { Type: AWS::KMS::Alias, Properties: { AliasName: !Sub "alias/\${AWS::StackName}", TargetKeyId: !Ref Key } }
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: { Status: Enabled }
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: !GetAtt Key.Arn }
  BucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Deny, Principal: "*", Action: "s3:*", Resource: !Sub "\${Bucket.Arn}/*", Condition: { Bool: { "aws:SecureTransport": "false" } } }]
  Events: { Type: AWS::SQS::Queue, Properties: { DelaySeconds: !Ref Delay } }
  EventsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Events]
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: "sqs:SendMessage", Resource: !GetAtt Events.Arn }]
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: { source: [aws.cloudformation], detail: { status-details: { status: [UPDATE_COMPLETE] } } }
      Targets: [{ Id: queue, Arn: !GetAtt Events.Arn }]
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }] }
      Policies: [{ PolicyName: read, PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:GetObject", Resource: !Sub "\${Bucket.Arn}/*" }] } }]
      Tags: [{ Key: owner, Value: platform }]
Outputs:
  BucketName: { Value: !Ref Bucket, Export: { Name: demo-bucket } }
  KeyArn: { Value: !GetAtt Key.Arn, Description: the key }
`;

describe("a stack", () => {
  it("is created for real, in the order of needs, and described as CloudFormation does", async () => {
    const sandbox = await start();
    const client = new CloudFormationClient(clientSettings(sandbox, DEV));
    const Tags = [{ Key: "team", Value: "payments" }];
    await client.send(
      new CreateStackCommand({ StackName: "demo", TemplateBody: FAMILY, Tags, Capabilities: ["CAPABILITY_IAM"] }),
    );
    await waitUntilStackCreateComplete({ client, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { StackName: "demo" });
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: "demo" }));
    const send: Sandbox["send"] = (command, scope) => sandbox.send(command, { account: DEV, ...scope });
    const dev = { ...sandbox, send };
    const ids = await physicalIds(dev);

    expect(stack?.StackStatus).toBe("CREATE_COMPLETE");
    expect(stack?.Parameters).toEqual([
      { ParameterKey: "Delay", ParameterValue: "5" },
      { ParameterKey: "Secret", ParameterValue: "****" },
    ]);
    expect(stack?.Outputs).toEqual([
      { OutputKey: "BucketName", OutputValue: ids.Bucket, ExportName: "demo-bucket" },
      {
        OutputKey: "KeyArn",
        OutputValue: `arn:aws:kms:${REGION}:${DEV}:key/${ids.Key}`,
        Description: "the key",
      },
    ]);
    expect(ids.Bucket).toMatch(/^demo-bucket-[a-z0-9]{12}$/);
    expect(ids.Role).toMatch(/^demo-Role-[A-Z0-9]{12}$/);

    const events = await eventsOf(dev);
    expect(events[0]).toBe("demo CREATE_IN_PROGRESS User Initiated");
    expect(events.at(-1)).toBe("demo CREATE_COMPLETE");
    expect(events.filter((event) => event.startsWith("Bucket "))).toEqual([
      "Bucket CREATE_IN_PROGRESS",
      "Bucket CREATE_IN_PROGRESS Resource creation Initiated",
      "Bucket CREATE_COMPLETE",
    ]);
    expect(events.indexOf("Key CREATE_COMPLETE")).toBeLessThan(events.indexOf("Bucket CREATE_IN_PROGRESS"));

    const { Role: role } = await send(new GetRoleCommand({ RoleName: ids.Role }));
    const tags = Object.fromEntries((role?.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
    expect(tags).toMatchObject({ team: "payments", owner: "platform", "aws:cloudformation:logical-id": "Role" });
    const { TagSet: bucketTags } = await send(new GetBucketTaggingCommand({ Bucket: ids.Bucket }));
    expect(bucketTags).toContainEqual({ Key: "team", Value: "payments" });
    const { Exports: exported } = await send(new ListExportsCommand({}));
    expect(exported).toEqual([{ ExportingStackId: stack?.StackId, Name: "demo-bucket", Value: ids.Bucket }]);
  });

  it("is changed in place, or by replacement, and what is gone is deleted at the end", async () => {
    const sandbox = await start();
    const before = `
Resources:
  A: { Type: AWS::SQS::Queue, Properties: { DelaySeconds: 1, Tags: [{ Key: old, Value: x }] } }
  B: { Type: AWS::SQS::Queue, Properties: { QueueName: first } }
  C: { Type: AWS::SQS::Queue, Properties: { QueueName: kept }, DeletionPolicy: Retain }
  D: { Type: AWS::SQS::Queue, Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt B.Arn, maxReceiveCount: 3 } } }`;
    const after = `
Resources:
  A: { Type: AWS::SQS::Queue, Properties: { DelaySeconds: 2 } }
  B: { Type: AWS::SQS::Queue, Properties: { QueueName: second } }
  D: { Type: AWS::SQS::Queue, Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt B.Arn, maxReceiveCount: 3 } } }
  E: { Type: AWS::SQS::Queue, DependsOn: D }`;
    expect(await create(sandbox, before)).toBe("CREATE_COMPLETE");
    const old = await physicalIds(sandbox);
    expect(await update(sandbox, after, { Tags: [{ Key: "team", Value: "shop" }] })).toBe("UPDATE_COMPLETE");
    const ids = await physicalIds(sandbox);

    expect(Object.keys(ids).sort()).toEqual(["A", "B", "D", "E"]);
    expect(ids.A).toBe(old.A);
    const names = await queueNames(sandbox);
    expect(names).toContain("second");
    expect(names).toContain("kept");
    expect(names).not.toContain("first");
    const { Attributes: a } = await sandbox.send(
      new GetQueueAttributesCommand({ QueueUrl: ids.A, AttributeNames: ["DelaySeconds"] }),
    );
    expect(a?.DelaySeconds).toBe("2");
    const { Tags: tags } = await sandbox.send(new ListQueueTagsCommand({ QueueUrl: ids.A }));
    expect(tags).toMatchObject({ team: "shop" });
    expect(tags).not.toHaveProperty("old");
    const { Attributes: d } = await sandbox.send(
      new GetQueueAttributesCommand({ QueueUrl: ids.D, AttributeNames: ["RedrivePolicy"] }),
    );
    expect(d?.RedrivePolicy).toContain(":second");
    const events = await eventsOf(sandbox);
    expect(events.slice(events.indexOf("demo UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")).sort()).toEqual([
      "B DELETE_COMPLETE",
      "B DELETE_IN_PROGRESS",
      "C DELETE_SKIPPED",
      "demo UPDATE_COMPLETE",
      "demo UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    ]);
    expect(events).toContain(
      "B UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.",
    );
  });

  it("whose creation fails is rolled back, and says which resource failed and why", async () => {
    const sandbox = await start();
    await sandbox.send(
      new CreateBucketCommand({ Bucket: "taken", CreateBucketConfiguration: { LocationConstraint: REGION } }),
      {
        account: DEV,
      },
    );
    const template = `
Resources:
  Queue: { Type: AWS::SQS::Queue }
  Bucket: { Type: AWS::S3::Bucket, DependsOn: Queue, Properties: { BucketName: taken } }
  After: { Type: AWS::SQS::Queue, DependsOn: Bucket }`;
    expect(await create(sandbox, template)).toBe("ROLLBACK_COMPLETE");
    const events = await eventsOf(sandbox);
    expect(events.find((event) => event.startsWith("Bucket CREATE_FAILED"))).toMatch(
      /Resource handler returned message: ".+" \(RequestToken: [0-9a-f-]{36}, HandlerErrorCode: AlreadyExists\)$/,
    );
    expect(events).toContain(
      "demo ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bucket]. Rollback requested by user.",
    );
    expect(events.some((event) => event.startsWith("After"))).toBe(false);
    expect(await queueNames(sandbox)).toEqual([]);
    await expect(update(sandbox, template)).rejects.toThrow(/is in ROLLBACK_COMPLETE state and can not be updated/);
    const end = settled(sandbox, "demo");
    await sandbox.send(new DeleteStackCommand({ StackName: "demo" }));
    expect(await end).toBe("DELETE_COMPLETE");
    expect(await create(sandbox, template, { OnFailure: "DO_NOTHING", StackName: "demo" })).toBe("CREATE_FAILED");
    expect((await queueNames(sandbox)).length).toBe(1);
  });

  it("whose update fails is as it was before", async () => {
    const sandbox = await start();
    const before = `
Resources:
  A: { Type: AWS::SQS::Queue, Properties: { DelaySeconds: 1 } }
  B: { Type: AWS::SQS::Queue, DependsOn: A, Properties: { QueueName: first } }
  C: { Type: AWS::SQS::Queue, DependsOn: B }`;
    const after = `
Resources:
  A: { Type: AWS::SQS::Queue, Properties: { DelaySeconds: 9 } }
  B: { Type: AWS::SQS::Queue, DependsOn: A, Properties: { QueueName: second } }
  New: { Type: AWS::SQS::Queue, DependsOn: B }
  Bad: { Type: AWS::SQS::Queue, DependsOn: New, Properties: { VisibilityTimeout: 999999 } }`;
    await create(sandbox, before);
    const old = await physicalIds(sandbox);
    expect(await update(sandbox, after)).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await physicalIds(sandbox)).toEqual(old);
    expect((await queueNames(sandbox)).length).toBe(3);
    const { Attributes: a } = await sandbox.send(
      new GetQueueAttributesCommand({ QueueUrl: old.A, AttributeNames: ["DelaySeconds"] }),
    );
    expect(a?.DelaySeconds).toBe("1");
    const events = await eventsOf(sandbox);
    expect(events).toContain("demo UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bad].");
    const { TemplateBody: kept } = await sandbox.send(new GetTemplateCommand({ StackName: "demo" }));
    expect(kept).toBe(before);
    expect(await update(sandbox, after.replace("999999", "60"))).toBe("UPDATE_COMPLETE");
    expect(await queueNames(sandbox)).toContain("second");
  });

  it("is deleted in the opposite order, but for what is to be retained", async () => {
    const sandbox = await start();
    await create(
      sandbox,
      FAMILY.replace("Events: { Type: AWS::SQS::Queue,", "Events: { Type: AWS::SQS::Queue, DeletionPolicy: Retain,"),
      {
        Capabilities: ["CAPABILITY_IAM"],
      },
    );
    const { Key: keyId } = await physicalIds(sandbox);
    const { Stacks: [stack] = [] } = await sandbox.send(new DescribeStacksCommand({ StackName: "demo" }));
    const end = settled(sandbox, "demo");
    await sandbox.send(new DeleteStackCommand({ StackName: "demo" }));
    expect(await end).toBe("DELETE_COMPLETE");
    const events = await eventsOf(sandbox, stack?.StackId);
    const at = (event: string) => events.indexOf(event);
    expect(at("BucketPolicy DELETE_COMPLETE")).toBeLessThan(at("Bucket DELETE_IN_PROGRESS"));
    expect(at("Bucket DELETE_COMPLETE")).toBeLessThan(at("Key DELETE_IN_PROGRESS"));
    expect(events).toContain("Events DELETE_SKIPPED");
    expect((await queueNames(sandbox)).length).toBe(1);
    expect((await sandbox.send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([]);
    expect((await sandbox.send(new ListRulesCommand({}))).Rules ?? []).toEqual([]);
    expect((await sandbox.send(new ListRolesCommand({}))).Roles ?? []).toEqual([]);
    const { KeyMetadata: key } = await sandbox.send(new DescribeKeyCommand({ KeyId: keyId }));
    expect(key?.KeyState).toBe("PendingDeletion");
    await expect(sandbox.send(new DescribeStacksCommand({ StackName: "demo" }))).rejects.toThrow(
      "Stack with id demo does not exist",
    );
    const { StackSummaries: listed } = await sandbox.send(new ListStacksCommand({}));
    expect(listed?.map(({ StackStatus }) => StackStatus)).toEqual(["DELETE_COMPLETE"]);
  });

  it("tells EventBridge of its status", async () => {
    const sandbox = await start();
    await create(sandbox, FAMILY, { Capabilities: ["CAPABILITY_IAM"] });
    const ids = await physicalIds(sandbox);
    const Parameters = [{ ParameterKey: "Delay", ParameterValue: "0" }];
    expect(await update(sandbox, FAMILY, { Parameters, Capabilities: ["CAPABILITY_IAM"] })).toBe("UPDATE_COMPLETE");
    const { Messages: [message] = [] } = await sandbox.send(
      new ReceiveMessageCommand({ QueueUrl: ids.Events, WaitTimeSeconds: 5 }),
    );
    const event = JSON.parse(message?.Body ?? "{}");
    expect(event["detail-type"]).toBe("CloudFormation Stack Status Change");
    expect(event.detail["status-details"]).toEqual({ status: "UPDATE_COMPLETE", "status-reason": "" });
  });
});

describe("a stack's request", () => {
  it.each([
    [
      "a type that isn't there",
      "Resources:\n  A: { Type: AWS::SQS::Queue }\n  B: { Type: AWS::EC2::Instance }",
      "Template format error: Unrecognized resource types: [AWS::EC2::Instance] (TemplateBody:3:8)",
    ],
    [
      "a property that isn't there",
      "Resources:\n  A:\n    Type: AWS::SQS::Queue\n    Properties: { Size: 1 }",
      "Encountered unsupported property Size of AWS::SQS::Queue (A) (TemplateBody:4:19)",
    ],
    [
      "a cycle",
      "Resources: { A: { Type: AWS::SQS::Queue, DependsOn: B }, B: { Type: AWS::SQS::Queue, DependsOn: A } }",
      "Circular dependency between resources: [A, B]",
    ],
    [
      "a role without its capability",
      "Resources: { A: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: {} } } }",
      "Requires capabilities : [CAPABILITY_IAM]",
    ],
    [
      "a named role without its capability",
      "Resources: { A: { Type: AWS::IAM::Role, Properties: { RoleName: x, AssumeRolePolicyDocument: {} } } }",
      "Requires capabilities : [CAPABILITY_NAMED_IAM]",
    ],
    [
      "a transform without its capability",
      "Transform: AWS::Serverless-2016-10-31\nResources: { A: { Type: AWS::SQS::Queue } }",
      "Requires capabilities : [CAPABILITY_AUTO_EXPAND]",
    ],
  ])("with %s is refused before anything is created", async (_what, template, message) => {
    const sandbox = await start();
    await expect(create(sandbox, template)).rejects.toThrow(message);
    expect(await queueNames(sandbox)).toEqual([]);
    expect((await sandbox.send(new DescribeStacksCommand({}))).Stacks).toEqual([]);
  });

  it("is answered the same for the same token, and refused when it changes nothing", async () => {
    const sandbox = await start();
    const template = "Resources: { A: { Type: AWS::SQS::Queue } }";
    const request = { StackName: "demo", TemplateBody: template, ClientRequestToken: "t1" };
    const end = settled(sandbox, "demo");
    const first = await sandbox.send(new CreateStackCommand(request));
    expect(await sandbox.send(new CreateStackCommand(request))).toEqual(first);
    await end;
    await expect(create(sandbox, template)).rejects.toMatchObject({
      code: "AlreadyExistsException",
      message: "Stack [demo] already exists",
    });
    await expect(update(sandbox, template)).rejects.toThrow("No updates are to be performed.");
  });

  it("acts as the role that it names, if that role trusts CloudFormation", async () => {
    const sandbox = await start();
    const role = (name: string, Service: string, actions: string[] = []) =>
      roleForTest(sandbox, { name, principal: { Service }, actions });
    const template = "Resources: { A: { Type: AWS::SQS::Queue } }";
    const RoleARN = await role("other", "lambda.amazonaws.com");
    await expect(create(sandbox, template, { RoleARN })).rejects.toThrow(
      `Role ${RoleARN} is invalid or cannot be assumed`,
    );
    const powerless = await role("powerless", "cloudformation.amazonaws.com");
    expect(await create(sandbox, template, { RoleARN: powerless })).toBe("ROLLBACK_COMPLETE");
    expect((await eventsOf(sandbox)).join()).toContain("because no identity-based policy allows the sqs:createqueue");
    const gone = settled(sandbox, "demo");
    await sandbox.send(new DeleteStackCommand({ StackName: "demo" }));
    expect(await gone).toBe("DELETE_COMPLETE");
    const trusted = await role("deployer", "cloudformation.amazonaws.com", ["sqs:*"]);
    expect(await create(sandbox, template, { RoleARN: trusted })).toBe("CREATE_COMPLETE");
    const { Stacks: [stack] = [] } = await sandbox.send(new DescribeStacksCommand({ StackName: "demo" }));
    expect(stack?.RoleARN).toBe(trusted);
  });

  it("may have its template in S3", async () => {
    const sandbox = await start();
    const Bucket = "templates";
    await sandbox.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
    const Body = Buffer.from("Resources: { A: { Type: AWS::SQS::Queue }, B: { Type: Nope } }");
    await sandbox.send(new PutObjectCommand({ Bucket, Key: "dir/t.yaml", Body }));
    const url = `https://${Bucket}.s3.${REGION}.amazonaws.com/dir/t.yaml`;
    const request = new CreateStackCommand({ StackName: "demo", TemplateURL: url });
    await expect(sandbox.send(request)).rejects.toThrow("Unrecognized resource types: [Nope]");
    const summary = await sandbox.send(new GetTemplateSummaryCommand({ TemplateURL: url }));
    expect(summary.ResourceTypes).toEqual(["AWS::SQS::Queue", "Nope"]);
    const elsewhere = new CreateStackCommand({ StackName: "demo", TemplateURL: "https://example.com/x" });
    await expect(sandbox.send(elsewhere)).rejects.toThrow("TemplateURL must be a supported URL.");
  });
});

describe("a change set", () => {
  const template = (delay: number) =>
    `Resources: { A: { Type: AWS::SQS::Queue, Properties: { DelaySeconds: ${delay} } }, B: { Type: AWS::SQS::Queue } }`;

  it("of a new stack shows what would be added, and its execution adds it", async () => {
    const sandbox = await start();
    const client = new CloudFormationClient(clientSettings(sandbox));
    const key = { StackName: "demo", ChangeSetName: "first" };
    await client.send(new CreateChangeSetCommand({ ...key, TemplateBody: template(1), ChangeSetType: "CREATE" }));
    await waitUntilChangeSetCreateComplete({ client, maxWaitTime: 5, minDelay: 1, maxDelay: 1 }, key);
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: "demo" }));
    expect(stack?.StackStatus).toBe("REVIEW_IN_PROGRESS");
    expect(await queueNames(sandbox)).toEqual([]);
    const described = await client.send(new DescribeChangeSetCommand(key));
    expect(described).toMatchObject({ Status: "CREATE_COMPLETE", ExecutionStatus: "AVAILABLE" });
    expect(described.Changes?.map(({ ResourceChange: change }) => [change?.Action, change?.LogicalResourceId])).toEqual(
      [
        ["Add", "A"],
        ["Add", "B"],
      ],
    );
    const end = settled(sandbox, "demo");
    await client.send(new ExecuteChangeSetCommand(key));
    expect(await end).toBe("CREATE_COMPLETE");
    expect((await queueNames(sandbox)).length).toBe(2);
    await expect(client.send(new ExecuteChangeSetCommand(key))).rejects.toThrow(
      "cannot be executed in its current execution status of [EXECUTE_COMPLETE]",
    );
  });

  it("without changes fails in CloudFormation's very words", async () => {
    const sandbox = await start();
    await create(sandbox, template(1));
    const client = new CloudFormationClient(clientSettings(sandbox));
    const key = { StackName: "demo", ChangeSetName: "same" };
    await client.send(new CreateChangeSetCommand({ ...key, TemplateBody: template(1) }));
    const described = await client.send(new DescribeChangeSetCommand(key));
    expect(described).toMatchObject({
      Status: "FAILED",
      ExecutionStatus: "UNAVAILABLE",
      StatusReason:
        "The submitted information didn't contain changes. Submit different information to create a change set.",
    });
    await expect(client.send(new ExecuteChangeSetCommand(key))).rejects.toMatchObject({
      name: "InvalidChangeSetStatusException",
      message: expect.stringContaining("cannot be executed in its current status of [FAILED]"),
    });
  });

  it("shows each property's value before and after, and the execution of one makes the others obsolete", async () => {
    const sandbox = await start();
    await create(sandbox, template(1));
    for (const [ChangeSetName, delay] of [
      ["two", 2],
      ["three", 3],
    ] as const) {
      await sandbox.send(
        new CreateChangeSetCommand({ StackName: "demo", ChangeSetName, TemplateBody: template(delay) }),
      );
    }
    const key = { StackName: "demo", ChangeSetName: "two" };
    const { Changes: [change] = [] } = await sandbox.send(
      new DescribeChangeSetCommand({ ...key, IncludePropertyValues: true }),
    );
    expect(change?.ResourceChange).toMatchObject({
      Action: "Modify",
      LogicalResourceId: "A",
      Replacement: "False",
      Scope: ["Properties"],
    });
    expect(change?.ResourceChange?.Details?.[0]).toMatchObject({
      ChangeSource: "DirectModification",
      Evaluation: "Static",
      Target: { Name: "DelaySeconds", BeforeValue: "1", AfterValue: "2", RequiresRecreation: "Never" },
    });
    const end = settled(sandbox, "demo");
    await sandbox.send(new ExecuteChangeSetCommand(key));
    expect(await end).toBe("UPDATE_COMPLETE");
    const { Summaries: left } = await sandbox.send(new ListChangeSetsCommand({ StackName: "demo" }));
    expect(left?.map((one) => [one.ChangeSetName, one.ExecutionStatus]).sort()).toEqual([
      ["three", "OBSOLETE"],
      ["two", "EXECUTE_COMPLETE"],
    ]);
    await sandbox.send(new DeleteChangeSetCommand({ StackName: "demo", ChangeSetName: "three" }));
    await expect(
      sandbox.send(new DescribeChangeSetCommand({ StackName: "demo", ChangeSetName: "three" })),
    ).rejects.toMatchObject({ code: "ChangeSetNotFoundException", message: "ChangeSet [three] does not exist" });
  });

  it("whose transform fails says why, by name and place", async () => {
    const sandbox = await start();
    const body = "Transform: AWS::Serverless-2016-10-31\nResources:\n  T: { Type: AWS::Serverless::GraphQLApi }";
    const key = { StackName: "demo", ChangeSetName: "bad" };
    await sandbox.send(new CreateChangeSetCommand({ ...key, TemplateBody: body, ChangeSetType: "CREATE" }));
    const described = await sandbox.send(new DescribeChangeSetCommand(key));
    expect(described.StatusReason).toMatch(
      /^Transform AWS::Serverless-2016-10-31 failed with: .*T.* \(TemplateBody:3:\d+\)$/,
    );
  });
});

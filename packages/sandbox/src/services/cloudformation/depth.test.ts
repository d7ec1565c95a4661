import * as cfn from "@aws-sdk/client-cloudformation";
import { CreateFunctionCommand } from "@aws-sdk/client-lambda";
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import {
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { PutParameterCommand } from "@aws-sdk/client-ssm";
import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { roleForTest, sandboxForTest, TOOLING } from "../../../test/support.ts";
import type { Sandbox } from "../../sandbox.ts";

type Request = Partial<cfn.CreateStackCommandInput>;

function settled(sandbox: Sandbox, name: string): Promise<string> {
  return new Promise((resolve) => {
    const end = sandbox.signals.on("cloudformation.settled", (signal) => {
      if (signal.stackName !== name) return;
      end();
      resolve(signal.status);
    });
  });
}

const body = (template: string | object) => (typeof template === "string" ? template : JSON.stringify(template));

async function create(sandbox: Sandbox, name: string, template: string | object, more: Request = {}) {
  const end = settled(sandbox, name);
  await sandbox.send(new cfn.CreateStackCommand({ StackName: name, TemplateBody: body(template), ...more }));
  return end;
}

async function update(
  sandbox: Sandbox,
  name: string,
  template: string | object,
  more: Partial<cfn.UpdateStackCommandInput> = {},
) {
  const end = settled(sandbox, name);
  await sandbox.send(new cfn.UpdateStackCommand({ StackName: name, TemplateBody: body(template), ...more }));
  return end;
}

async function remove(sandbox: Sandbox, StackName: string) {
  const end = settled(sandbox, StackName);
  await sandbox.send(new cfn.DeleteStackCommand({ StackName }));
  return end;
}

const stackOf = async (sandbox: Sandbox, StackName: string) =>
  (await sandbox.send(new cfn.DescribeStacksCommand({ StackName }))).Stacks?.[0];

async function reasons(sandbox: Sandbox, StackName: string): Promise<string> {
  const { StackEvents = [] } = await sandbox.send(new cfn.DescribeStackEventsCommand({ StackName }));
  return StackEvents.map(
    (event) => `${event.LogicalResourceId} ${event.ResourceStatus} ${event.ResourceStatusReason ?? ""}`,
  ).join("\n");
}

const queue = (properties: object = {}, more: object = {}) => ({
  Type: "AWS::SQS::Queue",
  Properties: properties,
  ...more,
});
const queues = async (sandbox: Sandbox) => (await sandbox.send(new ListQueuesCommand({}))).QueueUrls ?? [];

describe("exports", () => {
  it("are imported by other stacks, and stay as they are while they are", async () => {
    const sandbox = await sandboxForTest();
    const exporter = (delay: number, name = "shared") => ({
      Resources: { Queue: queue({ DelaySeconds: delay, QueueName: `q-${delay}` }) },
      Outputs: { Url: { Value: { Ref: "Queue" }, Export: { Name: name } } },
    });
    const importer = {
      Resources: { Other: queue({ Tags: [{ Key: "from", Value: { "Fn::ImportValue": "shared" } }] }) },
    };
    expect(await create(sandbox, "importer", importer)).toBe("ROLLBACK_COMPLETE");
    expect(await reasons(sandbox, "importer")).toContain("No export named shared found. Rollback requested by user.");
    await remove(sandbox, "importer");
    await create(sandbox, "exporter", exporter(1));
    expect(await create(sandbox, "importer", importer)).toBe("CREATE_COMPLETE");
    expect((await sandbox.send(new cfn.ListImportsCommand({ ExportName: "shared" }))).Imports).toEqual(["importer"]);

    expect(await update(sandbox, "exporter", exporter(2))).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await reasons(sandbox, "exporter")).toContain("Export shared cannot be updated as it is in use by importer");
    expect(await update(sandbox, "exporter", exporter(1, "other"))).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await reasons(sandbox, "exporter")).toContain("Cannot delete export shared as it is in use by importer.");
    expect(await remove(sandbox, "exporter")).toBe("DELETE_FAILED");
    expect(await remove(sandbox, "importer")).toBe("DELETE_COMPLETE");
    expect(await remove(sandbox, "exporter")).toBe("DELETE_COMPLETE");
  });
});

describe("a rollback that got stuck", () => {
  it("goes on once its cause is mended, or without the resource that is in its way", async () => {
    const sandbox = await sandboxForTest();
    const name = "stuck";
    const template = (delay: number, last: number) => ({
      Resources: {
        First: queue({ DelaySeconds: delay }),
        Last: queue({ VisibilityTimeout: last }, { DependsOn: "First" }),
      },
    });
    await create(sandbox, name, template(1, 1));
    const [first] = (await queues(sandbox)).filter((url) => url.includes("First"));
    // The first queue is gone behind CloudFormation's back while the update fails at the last.
    const end = settled(sandbox, name);
    const gone = sandbox.signals.on("cloudformation.settled", () => undefined);
    await sandbox.send(
      new cfn.UpdateStackCommand({ StackName: name, TemplateBody: body(template(2, 999_999)), DisableRollback: true }),
    );
    expect(await end).toBe("UPDATE_FAILED");
    gone();
    await sandbox.send(new DeleteQueueCommand({ QueueUrl: first }));
    const rolled = settled(sandbox, name);
    await sandbox.send(new cfn.RollbackStackCommand({ StackName: name }));
    expect(await rolled).toBe("UPDATE_ROLLBACK_FAILED");
    await expect(
      sandbox.send(new cfn.UpdateStackCommand({ StackName: name, TemplateBody: body(template(3, 3)) })),
    ).rejects.toThrow("is in UPDATE_ROLLBACK_FAILED state and can not be updated.");
    const skipping = (ResourcesToSkip: string[]) =>
      sandbox.send(new cfn.ContinueUpdateRollbackCommand({ StackName: name, ResourcesToSkip }));
    await expect(skipping(["Last"])).rejects.toThrow("[Last]");
    const done = settled(sandbox, name);
    await skipping(["First"]);
    expect(await done).toBe("UPDATE_ROLLBACK_COMPLETE");
  });
});

describe("policies", () => {
  it("of deletion keep a resource, but RetainExceptOnCreate not one whose creation is rolled back", async () => {
    const sandbox = await sandboxForTest();
    const template = (more: object) => ({
      Resources: { Kept: queue({ QueueName: "kept" }, { DeletionPolicy: "RetainExceptOnCreate" }), ...more },
    });
    const bad = { Bad: queue({ VisibilityTimeout: 999_999 }, { DependsOn: "Kept" }) };
    expect(await create(sandbox, "s", template(bad))).toBe("ROLLBACK_COMPLETE");
    expect(await queues(sandbox)).toEqual([]);
    await remove(sandbox, "s");
    await create(sandbox, "s", template({}));
    await remove(sandbox, "s");
    expect(await queues(sandbox)).toHaveLength(1);
    const snapshot = { Resources: { A: queue({}, { DeletionPolicy: "Snapshot" }) } };
    await expect(create(sandbox, "t", snapshot)).rejects.toThrow("does not support DeletionPolicy Snapshot");
  });

  it("of a stack keep an update from changing, replacing or taking away what they protect", async () => {
    const sandbox = await sandboxForTest();
    const StackPolicyBody = JSON.stringify({
      Statement: [
        { Effect: "Allow", Action: "Update:*", Principal: "*", Resource: "*" },
        { Effect: "Deny", Action: ["Update:Modify", "Update:Delete"], Principal: "*", Resource: "LogicalResourceId/A" },
      ],
    });
    const template = (delay: number) => ({ Resources: { A: queue({ DelaySeconds: delay }), B: queue() } });
    await create(sandbox, "s", template(1), { StackPolicyBody });
    expect(await update(sandbox, "s", template(2))).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await reasons(sandbox, "s")).toContain(
      "A UPDATE_FAILED Action denied by stack policy: Statement [#2] does not allow [Update:Modify]",
    );
    expect(await update(sandbox, "s", { Resources: { B: queue() } })).toBe("UPDATE_ROLLBACK_COMPLETE");
    const open = { Statement: [{ Effect: "Allow", Action: "Update:*", Principal: "*", Resource: "*" }] };
    expect(await update(sandbox, "s", template(2), { StackPolicyDuringUpdateBody: JSON.stringify(open) })).toBe(
      "UPDATE_COMPLETE",
    );
    const wrong = new cfn.SetStackPolicyCommand({
      StackName: "s",
      StackPolicyBody: JSON.stringify({ Statement: [{ Effect: "Allow", Action: "x", Principal: "*", Resource: "*" }] }),
    });
    await expect(sandbox.send(wrong)).rejects.toThrow("Error validating stack policy: Invalid stack policy");
  });
});

it("drift is what resources really are against what the template says", async () => {
  const sandbox = await sandboxForTest();
  const role = { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: { Statement: [] } } };
  await create(
    sandbox,
    "s",
    { Resources: { A: queue({ DelaySeconds: 5 }), B: queue(), Role: role } },
    { Capabilities: ["CAPABILITY_IAM"] },
  );
  const detect = async () => {
    const { StackDriftDetectionId } = await sandbox.send(new cfn.DetectStackDriftCommand({ StackName: "s" }));
    return sandbox.send(new cfn.DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId }));
  };
  expect(await detect()).toMatchObject({ StackDriftStatus: "IN_SYNC", DetectionStatus: "DETECTION_COMPLETE" });
  const [a, b] = (await queues(sandbox)).sort();
  await sandbox.send(
    new SetQueueAttributesCommand({ QueueUrl: a, Attributes: { DelaySeconds: "9", VisibilityTimeout: "99" } }),
  );
  await sandbox.send(new DeleteQueueCommand({ QueueUrl: b }));
  expect(await detect()).toMatchObject({ StackDriftStatus: "DRIFTED", DriftedStackResourceCount: 2 });
  const { StackResourceDrifts: drifts = [] } = await sandbox.send(
    new cfn.DescribeStackResourceDriftsCommand({ StackName: "s" }),
  );
  expect(drifts.map((one) => [one.LogicalResourceId, one.StackResourceDriftStatus])).toEqual([
    ["A", "MODIFIED"],
    ["B", "DELETED"],
    ["Role", "IN_SYNC"],
  ]);
  expect(drifts[0]?.PropertyDifferences).toEqual([
    { PropertyPath: "/DelaySeconds", ExpectedValue: "5", ActualValue: "9", DifferenceType: "NOT_EQUAL" },
  ]);
  expect((await stackOf(sandbox, "s"))?.DriftInformation?.StackDriftStatus).toBe("DRIFTED");
});

it("dynamic references and stored parameters are resolved when they are used, and shown as written", async () => {
  const sandbox = await sandboxForTest();
  await sandbox.send(new PutParameterCommand({ Name: "/orders/delay", Type: "String", Value: "7" }));
  await sandbox.send(new CreateSecretCommand({ Name: "orders", SecretString: JSON.stringify({ timeout: "4321" }) }));
  const template = {
    Parameters: { Delay: { Type: "AWS::SSM::Parameter::Value<String>", Default: "/orders/delay" } },
    Resources: {
      A: queue({
        DelaySeconds: { Ref: "Delay" },
        ReceiveMessageWaitTimeSeconds: "{{resolve:ssm:/orders/delay}}",
        VisibilityTimeout: "{{resolve:secretsmanager:orders:SecretString:timeout}}",
      }),
    },
  };
  expect(await create(sandbox, "s", template)).toBe("CREATE_COMPLETE");
  const [QueueUrl] = await queues(sandbox);
  const { Attributes } = await sandbox.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  expect(Attributes).toMatchObject({
    DelaySeconds: "7",
    ReceiveMessageWaitTimeSeconds: "7",
    VisibilityTimeout: "4321",
  });
  expect((await stackOf(sandbox, "s"))?.Parameters).toEqual([
    { ParameterKey: "Delay", ParameterValue: "/orders/delay", ResolvedValue: "7" },
  ]);
  const { StackEvents = [] } = await sandbox.send(new cfn.DescribeStackEventsCommand({ StackName: "s" }));
  expect(JSON.stringify(StackEvents)).not.toContain("4321");
  const missing = {
    ...template,
    Parameters: { Delay: { Type: "AWS::SSM::Parameter::Value<String>", Default: "none" } },
  };
  await expect(create(sandbox, "t", missing)).rejects.toThrow("Unable to fetch parameters [none] from parameter store");
});

const HANDLER = `
exports.handler = async (event) => {
  const { RequestType, ResponseURL, StackId, RequestId, LogicalResourceId, ResourceProperties: given } = event;
  const fails = given.Fail === RequestType;
  const Body = {
    Status: fails ? "FAILED" : "SUCCESS", Reason: fails ? "It was asked to fail" : "",
    PhysicalResourceId: given.Id ?? "custom", StackId, RequestId, LogicalResourceId, Data: { Echo: given.Value + "!" },
  };
  if (given.Silent) return;
  const answer = await fetch(ResponseURL, { method: "PUT", body: JSON.stringify(Body) });
  if (!answer.ok) throw new Error(await answer.text());
  console.log(JSON.stringify({ told: RequestType, physical: event.PhysicalResourceId }));
};`;

async function withFunction() {
  const sandbox = await sandboxForTest();
  const Role = await roleForTest(sandbox, {
    name: "custom",
    principal: { Service: "lambda.amazonaws.com" },
    actions: [],
  });
  const ZipFile = zipSync({ "index.js": strToU8(HANDLER) });
  const { FunctionArn = "" } = await sandbox.send(
    new CreateFunctionCommand({
      FunctionName: "custom",
      Role,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Code: { ZipFile },
    }),
  );
  const custom = (properties: object) => ({
    Type: "Custom::Thing",
    Properties: { ServiceToken: FunctionArn, ...properties },
  });
  const template = (properties: object, more: object = {}) => ({
    Resources: { Thing: custom(properties), ...more },
    Outputs: { Echo: { Value: { "Fn::GetAtt": ["Thing", "Echo"] } } },
  });
  return { sandbox, template };
}

describe("a custom resource", () => {
  it("is made by a function that answers at a presigned URL, replaced by another id, and deleted", async () => {
    const { sandbox, template } = await withFunction();
    expect(await create(sandbox, "s", template({ Value: "a", Id: "one" }))).toBe("CREATE_COMPLETE");
    expect((await stackOf(sandbox, "s"))?.Outputs?.[0]?.OutputValue).toBe("a!");
    expect(await update(sandbox, "s", template({ Value: "b", Id: "two" }))).toBe("UPDATE_COMPLETE");
    expect(await reasons(sandbox, "s")).toMatch(/Thing DELETE_COMPLETE/);
    const { StackResources: [thing] = [] } = await sandbox.send(
      new cfn.DescribeStackResourcesCommand({ StackName: "s" }),
    );
    expect(thing?.PhysicalResourceId).toBe("two");
    expect(await remove(sandbox, "s")).toBe("DELETE_COMPLETE");
  });

  it("that fails or never answers rolls the stack back, and its siblings that wait are cancelled", async () => {
    const { sandbox, template } = await withFunction();
    expect(await create(sandbox, "s", template({ Value: "a", Fail: "Create" }))).toBe("ROLLBACK_COMPLETE");
    expect(await reasons(sandbox, "s")).toMatch(
      /Thing CREATE_FAILED Received response status \[FAILED\] from custom resource. Message returned: It was asked to fail \(RequestId: /,
    );
    const failing = { Silent: "yes", ServiceTimeout: "600" };
    const end = create(sandbox, "t", template(failing, { Bad: queue({ VisibilityTimeout: 999_999 }) }));
    // The silent one's deletion isn't answered either: its time has to pass.
    await expect
      .poll(() => reasons(sandbox, "t").catch(() => ""))
      .toContain("Thing CREATE_FAILED Resource creation cancelled");
    await expect.poll(() => reasons(sandbox, "t")).toContain("Thing DELETE_IN_PROGRESS");
    sandbox.clock.advance(601_000);
    expect(await end).toBe("ROLLBACK_FAILED");
    expect(await reasons(sandbox, "t")).toContain(
      "CloudFormation did not receive a response from your Custom Resource.",
    );
  });
});

describe("an operation under way", () => {
  it("is cancelled while an update waits, and a stack is deleted while it is being created", async () => {
    const { sandbox, template } = await withFunction();
    await create(sandbox, "s", template({ Value: "a" }));
    const end = update(sandbox, "s", template({ Value: "b", Silent: "yes" }));
    await expect.poll(() => reasons(sandbox, "s")).toContain("Thing UPDATE_IN_PROGRESS");
    await sandbox.send(new cfn.CancelUpdateStackCommand({ StackName: "s" }));
    expect(await end).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await reasons(sandbox, "s")).toMatch(
      /s UPDATE_ROLLBACK_IN_PROGRESS User Initiated[\s\S]*Thing UPDATE_FAILED/,
    );
    await expect(sandbox.send(new cfn.CancelUpdateStackCommand({ StackName: "s" }))).rejects.toThrow(
      "CancelUpdateStack cannot be called from current stack status",
    );

    const silent = template({ Silent: "yes", ServiceTimeout: "600" });
    const StackName = "t";
    await sandbox.send(new cfn.CreateStackCommand({ StackName, TemplateBody: body(silent) }));
    await expect.poll(() => reasons(sandbox, StackName)).toContain("Thing CREATE_IN_PROGRESS");
    const deleted = settled(sandbox, StackName);
    await sandbox.send(new cfn.DeleteStackCommand({ StackName }));
    await expect.poll(() => reasons(sandbox, StackName)).toContain("Thing DELETE_IN_PROGRESS");
    sandbox.clock.advance(601_000);
    expect(await deleted).toBe("DELETE_FAILED");
    const forced = settled(sandbox, StackName);
    await sandbox.send(new cfn.DeleteStackCommand({ StackName, DeletionMode: "FORCE_DELETE_STACK" }));
    await expect.poll(async () => (await reasons(sandbox, StackName)).split("Thing DELETE_IN_PROGRESS").length).toBe(3);
    sandbox.clock.advance(601_000);
    expect(await forced).toBe("DELETE_COMPLETE");
  });
});

it("an output that asks for an attribute that isn't there rolls the stack back, and says where", async () => {
  const sandbox = await sandboxForTest();
  const outputs = { Wrong: { Value: { "Fn::GetAtt": ["A", "Invalid"] } } };
  expect(await create(sandbox, "s", { Resources: { A: queue() }, Outputs: outputs })).toBe("ROLLBACK_COMPLETE");
  expect(await reasons(sandbox, "s")).toContain(
    "s ROLLBACK_IN_PROGRESS [Error] /Outputs/Wrong/Value/Fn::GetAtt: Resource type AWS::SQS::Queue does not support attribute {Invalid}. Rollback requested by user.",
  );
});

it("a property that is missing fails its resource, as CloudFormation's own schemas do", async () => {
  const sandbox = await sandboxForTest();
  const alias = { Type: "AWS::KMS::Alias", Properties: { TargetKeyId: "x" } };
  expect(await create(sandbox, "s", { Resources: { Alias: alias } })).toBe("ROLLBACK_COMPLETE");
  expect(await reasons(sandbox, "s")).toContain(
    "Alias CREATE_FAILED Property validation failure: [The property {/AliasName} is required]",
  );
});

it("a session that deploys without a role deploys with its own permissions", async () => {
  const sandbox = await sandboxForTest();
  const principal = { AWS: `arn:aws:iam::${TOOLING}:root` };
  const roleArn = await roleForTest(sandbox, { name: "dev", principal, actions: ["cloudformation:*", "iam:*User"] });
  const template = { Resources: { User: { Type: "AWS::IAM::User", Properties: {} } } };
  const command = (StackName: string, resources: object) =>
    new cfn.CreateStackCommand({ StackName, TemplateBody: body(resources), Capabilities: ["CAPABILITY_IAM"] });
  const made = settled(sandbox, "user");
  await sandbox.send(command("user", template), { roleArn });
  expect(await made).toBe("CREATE_COMPLETE");
  const refused = settled(sandbox, "queue");
  await sandbox.send(command("queue", { Resources: { A: queue() } }), { roleArn });
  expect(await refused).toBe("ROLLBACK_COMPLETE");
  expect(await reasons(sandbox, "queue")).toContain(
    "assumed-role/dev/cloudformation is not authorized to perform: sqs:createqueue",
  );
});

it("a template that breaks CloudFormation's limits is refused in its words", async () => {
  const sandbox = await sandboxForTest();
  const resources = Object.fromEntries(
    Array.from({ length: 501 }, (_, index) => [`Q${index}`, { Type: "AWS::SQS::Queue" }]),
  );
  await expect(create(sandbox, "s", { Resources: resources })).rejects.toThrow(
    "Template format error: Number of resources, 501, is greater than maximum allowed, 500",
  );
  const cycle = { A: queue({}, { DependsOn: "B" }), B: queue({}, { DependsOn: "A" }) };
  await expect(create(sandbox, "s", { Resources: cycle })).rejects.toThrow(
    "Circular dependency between resources: [A, B]",
  );
  const waits = { Wait: { Type: "AWS::CloudFormation::WaitCondition", Properties: {} } };
  await expect(create(sandbox, "s", { Resources: waits })).rejects.toThrow(
    "sandbox: AWS::CloudFormation::WaitCondition is not implemented",
  );
  const missing = { Parameters: { Size: { Type: "Number" } }, Resources: { A: queue() } };
  await expect(create(sandbox, "s", missing)).rejects.toThrow("Parameters: [Size] must have values");
});

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import {
  GetPipelineStateCommand,
  PutApprovalResultCommand,
  StartPipelineExecutionCommand,
} from "@aws-sdk/client-codepipeline";
import { PutRuleCommand } from "@aws-sdk/client-eventbridge";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { clientSettings, DEV, temporaryFolder } from "../../../test/support.ts";
import {
  actionsByName,
  approval,
  BUCKET,
  becomes,
  buildAction,
  client,
  createPipeline,
  declaration,
  deployment,
  EXECUTION_ROLE,
  gitRepository,
  listed,
  prepareAccounts,
  project,
  push,
  sandboxWith,
  source,
} from "./testing.ts";

const TEMPLATE = `
Parameters:
  CodeBucket: { Type: String }
  CodeKey: { Type: String }
  Owner: { Type: String }
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: { QueueName: !Sub "orders-\${Owner}" }
Outputs:
  ApiUrl: { Value: !Sub "http://\${CodeBucket}/\${Owner}" }
  Code: { Value: !Ref CodeKey }
`;

const BUILD = `
version: 0.2
phases:
  build:
    commands:
      - script/build
      - test "$(git rev-list --count HEAD)" = "$COMMITS"
      - test "$(git rev-parse HEAD)" = "$CODEBUILD_RESOLVED_SOURCE_VERSION"
      - test "$CODEBUILD_INITIATOR" = codepipeline/orders
artifacts:
  files: ["**/*"]
  secondary-artifacts:
    BuildOutput: { files: [template.yaml, "config/**/*"] }
    FunctionCode: { base-directory: dist/function, files: ["**/*"] }
`;

const VERIFY = `
version: 0.2
env: { exported-variables: [ARTIFACT_DIGEST] }
phases:
  build:
    commands:
      - test -f template.yaml
      - ARTIFACT_DIGEST=$(sha256sum < "$CODEBUILD_SRC_DIR_FunctionCode/index.js" | cut -d " " -f 1)
`;

const INTEGRATION = `
version: 0.2
env: { exported-variables: [SEEN] }
phases: { build: { commands: ['SEEN="$BASE_URL"', 'echo "$BRANCH $MESSAGE"'] } }
`;

const changeSet = (environment: string) =>
  deployment(
    "ChangeSet",
    {
      ActionMode: "CHANGE_SET_REPLACE",
      ChangeSetName: "turnpike",
      RoleArn: EXECUTION_ROLE,
      Capabilities: "CAPABILITY_IAM,CAPABILITY_AUTO_EXPAND",
      TemplatePath: "BuildOutput::template.yaml",
      TemplateConfiguration: `BuildOutput::config/${environment}.json`,
      ParameterOverrides: JSON.stringify({
        CodeBucket: { "Fn::GetArtifactAtt": ["FunctionCode", "BucketName"] },
        CodeKey: { "Fn::GetArtifactAtt": ["FunctionCode", "ObjectKey"] },
      }),
    },
    { inputArtifacts: [{ name: "BuildOutput" }, { name: "FunctionCode" }] },
  );

const delivery = (connection: string) =>
  declaration({
    Source: [source(connection)],
    Build: [
      buildAction("Build", "orders-build", {
        outputArtifacts: [{ name: "BuildOutput" }, { name: "FunctionCode" }],
        configuration: { EnvironmentVariables: '[{"name":"COMMITS","value":"2","type":"PLAINTEXT"}]' },
      }),
      buildAction("Verify", "orders-verify", {
        runOrder: 2,
        namespace: "VerifyVariables",
        inputArtifacts: [{ name: "BuildOutput" }, { name: "FunctionCode" }],
        configuration: { PrimarySource: "BuildOutput" },
      }),
    ],
    Dev: [
      changeSet("dev"),
      deployment(
        "Deploy",
        { ActionMode: "CHANGE_SET_EXECUTE", ChangeSetName: "turnpike" },
        { runOrder: 2, namespace: "DevDeploy" },
      ),
      buildAction("Integration", "orders-integration", {
        runOrder: 3,
        configuration: {
          EnvironmentVariables: JSON.stringify([
            { name: "BASE_URL", value: "#{DevDeploy.ApiUrl}", type: "PLAINTEXT" },
            { name: "MESSAGE", value: "#{SourceVariables.CommitMessage}", type: "PLAINTEXT" },
          ]),
        },
      }),
    ],
    Prod: [
      approval("Approval", {
        configuration: {
          CustomData: "commit #{SourceVariables.CommitId}, artifact #{VerifyVariables.ARTIFACT_DIGEST}",
        },
      }),
    ],
  });

test("a commit goes from source through builds and a stack of another account to the gate, and on when it is approved", async () => {
  const repository = gitRepository();
  repository.commit({ README: "hello" });
  const commit = repository.commit(
    {
      "script/build": "#!/bin/sh\nmkdir -p dist/function && echo 'code' > dist/function/index.js\n",
      "template.yaml": TEMPLATE,
      "config/dev.json": JSON.stringify({ Parameters: { Owner: "dev" }, Tags: { team: "payments" } }),
    },
    "main",
    'Say "hello"\n\nwith a quote',
  );
  const sandbox = await sandboxWith(repository);
  const connection = await prepareAccounts(sandbox);
  for (const [name, spec] of [
    ["build", BUILD],
    ["verify", VERIFY],
    ["integration", INTEGRATION],
  ] as const) {
    await project(sandbox, `orders-${name}`, spec);
  }
  const events: string[] = [];
  const builds: string[] = [];
  await sandbox.send(
    new PutRuleCommand({
      Name: "all",
      EventPattern: JSON.stringify({ source: ["aws.codepipeline", "aws.codebuild"] }),
    }),
  );
  sandbox.signals.on("eventbridge.matched", ({ event }) => {
    if (event["detail-type"] === "CodeBuild Build State Change") builds.push(String(event.detail["build-status"]));
    if (event.source !== "aws.codepipeline") return;
    const { stage = "", action = "", state } = event.detail as Record<string, string>;
    events.push([stage, action, state].filter(Boolean).join(" "));
  });

  const id = await createPipeline(sandbox, delivery(connection));
  const token = await waitForToken();
  const actions = await actionsByName(sandbox, id);
  const digest = createHash("sha256").update("code\n").digest("hex");
  expect(actions.Source?.output?.outputVariables).toMatchObject({
    CommitId: commit,
    BranchName: "main",
    CommitMessage: 'Say "hello"\n\nwith a quote',
    FullRepositoryName: "acme/orders",
    ConnectionArn: connection,
  });
  expect(actions.Verify?.output?.outputVariables).toEqual({ ARTIFACT_DIGEST: digest });
  const code = actions.Build?.output?.outputArtifacts?.find(({ name }) => name === "FunctionCode")?.s3location;
  expect(code).toEqual({ bucket: BUCKET, key: expect.stringMatching(/^orders\/FunctionCo\/[A-Z0-9]{7}$/) });
  expect(actions.Deploy?.output?.outputVariables).toEqual({ ApiUrl: `http://${BUCKET}/dev`, Code: code?.key });
  expect(actions.Integration?.input?.resolvedConfiguration?.EnvironmentVariables).toContain(`http://${BUCKET}/dev`);
  expect(actions.Integration?.status).toBe("Succeeded");
  expect(actions.Approval?.input?.resolvedConfiguration?.CustomData).toBe(`commit ${commit}, artifact ${digest}`);
  const { Stacks } = await new CloudFormationClient(clientSettings(sandbox, DEV)).send(
    new DescribeStacksCommand({ StackName: "orders" }),
  );
  expect(Stacks?.[0]).toMatchObject({
    StackStatus: "CREATE_COMPLETE",
    RoleARN: EXECUTION_ROLE,
    Tags: [{ Key: "team", Value: "payments" }],
  });

  const answer = (given: string, status: "Approved" | "Rejected") =>
    client(sandbox).send(
      new PutApprovalResultCommand({
        pipelineName: "orders",
        stageName: "Prod",
        actionName: "Approval",
        token: given,
        result: { status, summary: "seen" },
      }),
    );
  await expect(answer("another", "Approved")).rejects.toThrow(
    expect.objectContaining({ name: "InvalidApprovalTokenException" }),
  );
  await answer(token, "Approved");
  await becomes(sandbox, id, "Succeeded");
  await expect(answer(token, "Rejected")).rejects.toThrow(
    expect.objectContaining({ name: "ApprovalAlreadyCompletedException" }),
  );
  expect((await actionsByName(sandbox, id)).Approval).toMatchObject({
    status: "Succeeded",
    updatedBy: "arn:aws:iam::111111111111:user/sandbox",
    output: { executionResult: { externalExecutionSummary: "seen" } },
  });
  await expect.poll(() => events.at(-1)).toBe("SUCCEEDED");
  expect(events.slice(0, 6)).toEqual([
    ...["STARTED", "Source STARTED", "Source Source STARTED", "Source Source SUCCEEDED", "Source SUCCEEDED"],
    "Build STARTED",
  ]);
  expect(events).toContain("Dev Deploy SUCCEEDED");
  expect(builds).toEqual(Array.from({ length: 3 }, () => ["IN_PROGRESS", "SUCCEEDED"]).flat());

  // A push starts the next one; nothing changed in the stack but the code's key.
  const next = repository.commit({ "script/build": "#!/bin/sh\nexit 9\n" });
  push(sandbox, next);
  const [newest] = await listed(sandbox);
  expect(newest?.trigger).toEqual({ triggerType: "WebhookV2", triggerDetail: connection });
  await becomes(sandbox, newest?.pipelineExecutionId ?? "", "Failed");
  expect((await actionsByName(sandbox, newest?.pipelineExecutionId ?? "")).Build).toMatchObject({
    status: "Failed",
    output: {
      executionResult: {
        externalExecutionSummary: "Build terminated with state: FAILED",
        errorDetails: { code: "JobFailed", message: expect.stringContaining("script/build. Reason: exit status 9") },
      },
    },
  });

  async function waitForToken(): Promise<string> {
    const state = async () => {
      const { stageStates } = await client(sandbox).send(new GetPipelineStateCommand({ name: "orders" }));
      return stageStates?.[3]?.actionStates?.[0]?.latestExecution?.token;
    };
    await expect.poll(state, { timeout: 20_000, interval: 20 }).toBeTruthy();
    return (await state()) ?? "";
  }
});

test("a change set without changes succeeds, and so does executing it; a stack that fails says why", async () => {
  const repository = gitRepository();
  const files = {
    "template.yaml": TEMPLATE.replace("!Ref CodeKey", "x").replace(/\/\$\{Owner\}/, ""),
    "config/dev.json": '{"Parameters":{"Owner":"dev"}}',
  };
  repository.commit(files);
  const sandbox = await sandboxWith(repository);
  const connection = await prepareAccounts(sandbox);
  const change = changeSet("dev");
  const configuration = {
    ...change.configuration,
    TemplatePath: "SourceOutput::template.yaml",
    TemplateConfiguration: "SourceOutput::config/dev.json",
    ParameterOverrides: '{"CodeBucket":"b","CodeKey":"k"}',
  };
  const id = await createPipeline(
    sandbox,
    declaration({
      Source: [source(connection, { OutputArtifactFormat: "CODE_ZIP" })],
      Dev: [
        { ...change, configuration, inputArtifacts: [{ name: "SourceOutput" }] },
        deployment("Deploy", { ActionMode: "CHANGE_SET_EXECUTE", ChangeSetName: "turnpike" }, { runOrder: 2 }),
      ],
    }),
  );
  await becomes(sandbox, id, "Succeeded");
  const start = async () =>
    (await client(sandbox).send(new StartPipelineExecutionCommand({ name: "orders" }))).pipelineExecutionId ?? "";
  const again = await start();
  await becomes(sandbox, again, "Succeeded");
  const actions = await actionsByName(sandbox, again);
  expect(actions.ChangeSet?.output?.executionResult?.externalExecutionSummary).toContain("no changes");
  expect(actions.Deploy?.output?.executionResult?.externalExecutionSummary).toContain("Nothing was executed");

  repository.commit({ "template.yaml": files["template.yaml"].replace('"orders-', '"orders.and.') });
  const failing = await start();
  await becomes(sandbox, failing, "Failed");
  const failed = await actionsByName(sandbox, failing);
  expect(failed.Deploy?.output?.executionResult?.errorDetails?.message).toMatch(
    /UPDATE_ROLLBACK_COMPLETE.*Queue \(AWS::SQS::Queue\)/,
  );
});

test("stacks are created, read by later actions, and deleted without a change set", async () => {
  const repository = gitRepository();
  const second = TEMPLATE.replace("orders-", "second-").replace(
    "AWS::SQS::Queue\n",
    "AWS::SQS::Queue\n    DependsOn: []\n",
  );
  repository.commit({ "first.yaml": TEMPLATE, "second.yaml": second });
  const sandbox = await sandboxWith(repository);
  const connection = await prepareAccounts(sandbox);
  const stack = (name: string, overrides: object, more: Record<string, string> = {}) => ({
    ActionMode: "CREATE_UPDATE",
    StackName: name,
    RoleArn: EXECUTION_ROLE,
    TemplatePath: `SourceOutput::${name}.yaml`,
    ParameterOverrides: JSON.stringify({ CodeBucket: "b", CodeKey: "k", ...overrides }),
    ...more,
  });
  const inputs = [{ name: "SourceOutput" }];
  const id = await createPipeline(
    sandbox,
    declaration({
      Source: [source(connection, { OutputArtifactFormat: "CODE_ZIP" })],
      Deploy: [
        deployment("First", stack("first", { Owner: "a" }, { OutputFileName: "outs.json" }), {
          inputArtifacts: inputs,
          outputArtifacts: [{ name: "Outs" }],
        }),
        deployment("Second", stack("second", { Owner: { "Fn::GetParam": ["Outs", "outs.json", "Code"] } }), {
          runOrder: 2,
          namespace: "Second",
          inputArtifacts: [...inputs, { name: "Outs" }],
        }),
        deployment("Again", stack("first", { Owner: "a" }), { runOrder: 2, inputArtifacts: inputs }),
      ],
      Clean: [deployment("Delete", { ActionMode: "DELETE_ONLY", StackName: "first", RoleArn: EXECUTION_ROLE })],
    }),
  );
  await becomes(sandbox, id, "Succeeded");
  const actions = await actionsByName(sandbox, id);
  expect(actions.Second?.output?.outputVariables?.ApiUrl).toBe("http://b/k");
  expect(actions.Again?.output?.executionResult?.externalExecutionSummary).toContain("no changes");
  const cloudformation = new CloudFormationClient(clientSettings(sandbox, DEV));
  await expect(cloudformation.send(new DescribeStacksCommand({ StackName: "first" }))).rejects.toThrow(
    "does not exist",
  );
  const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: "second" }));
  expect(Stacks?.[0]?.StackStatus).toBe("CREATE_COMPLETE");
});

test("a branch or a message that reads like a command is only ever text", async () => {
  const repository = gitRepository();
  const folder = temporaryFolder();
  const branch = "x;touch$IFS$OUT/pwned;$(touch$IFS$OUT/pwned)`id`\"'";
  repository.commit({ README: "hello" }, branch, "$(touch pwned); `touch pwned`\n\" ' \\ #{SourceVariables.CommitId}");
  const sandbox = await sandboxWith(repository);
  const connection = await prepareAccounts(sandbox);
  const spec = `
version: 0.2
env: { variables: { OUT: "${folder}" }, exported-variables: [GOT, HEARD] }
phases: { build: { commands: ['GOT="$BRANCH"', 'HEARD="$MESSAGE"', "test ! -e pwned"] } }
`;
  await project(sandbox, "orders-build", spec);
  const EnvironmentVariables = JSON.stringify([
    { name: "BRANCH", value: "#{SourceVariables.BranchName}", type: "PLAINTEXT" },
    { name: "MESSAGE", value: "#{SourceVariables.CommitMessage}", type: "PLAINTEXT" },
  ]);
  const build = buildAction("Build", "orders-build", { configuration: { EnvironmentVariables } });
  const id = await createPipeline(
    sandbox,
    declaration({ Source: [source(connection, { BranchName: branch })], Build: [build] }),
  );
  await becomes(sandbox, id, "Succeeded");
  const actions = await actionsByName(sandbox, id);
  expect(actions.Build?.output?.outputVariables).toEqual({
    GOT: branch,
    HEARD: "$(touch pwned); `touch pwned`\n\" ' \\ #{SourceVariables.CommitId}",
  });
  expect(existsSync(join(folder, "pwned"))).toBe(false);
});

test("another account's role needs the trust of its own account and the artifact bucket's", async () => {
  const repository = gitRepository();
  repository.commit({ "template.yaml": TEMPLATE });
  const sandbox = await sandboxWith(repository);
  const connection = await prepareAccounts(sandbox);
  const action = {
    ...changeSet("dev"),
    roleArn: `arn:aws:iam::${DEV}:role/execution`,
    inputArtifacts: [{ name: "SourceOutput" }],
  };
  const id = await createPipeline(sandbox, declaration({ Source: [source(connection)], Dev: [action] }));
  await becomes(sandbox, id, "Failed");
  const { ChangeSet, Source } = await actionsByName(sandbox, id);
  expect(ChangeSet?.output?.executionResult?.errorDetails).toMatchObject({ code: "PermissionError" });
  const place = Source?.output?.outputArtifacts?.[0]?.s3location;
  const read = sandbox.send(new GetObjectCommand({ Bucket: place?.bucket, Key: place?.key }), {
    roleArn: EXECUTION_ROLE,
  });
  await expect(read).rejects.toThrow("not authorized");
});

import { DescribeStackEventsCommand, UpdateStackCommand } from "@aws-sdk/client-cloudformation";
import * as dynamodb from "@aws-sdk/client-dynamodb";
import { ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import { DescribeExecutionCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { expect, test } from "vitest";
import { sandboxForTest, TOOLING } from "../../../../test/support.ts";
import type { Sandbox } from "../../../index.ts";
import { deploy } from "../testing.ts";

const assumedBy = (service: string) => ({
  Statement: [{ Effect: "Allow", Principal: { Service: `${service}.amazonaws.com` }, Action: "sts:AssumeRole" }],
});
const may = (...actions: string[]) => [
  {
    PolicyName: "may",
    PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] },
  },
];

/** A queue's consumer, a table with a stream and an index, and a workflow that writes into the table. */
function template(options: { index: boolean; batch: number; word: string }) {
  const key = (name: string) => [{ AttributeName: name, KeyType: "HASH" }];
  const definition = {
    StartAt: "Put",
    States: {
      Put: {
        Type: "Task",
        Resource: "arn:aws:states:::dynamodb:putItem",
        Parameters: { TableName: "${Table}", Item: { id: { S: "${Word}" } } },
        End: true,
      },
    },
  };
  return JSON.stringify({
    Resources: {
      Queue: { Type: "AWS::SQS::Queue" },
      Table: {
        Type: "AWS::DynamoDB::Table",
        Properties: {
          BillingMode: "PAY_PER_REQUEST",
          KeySchema: key("id"),
          AttributeDefinitions: [
            { AttributeName: "id", AttributeType: "S" },
            ...(options.index ? [{ AttributeName: "state", AttributeType: "S" }] : []),
          ],
          ...(options.index
            ? {
                GlobalSecondaryIndexes: [
                  { IndexName: "by-state", KeySchema: key("state"), Projection: { ProjectionType: "ALL" } },
                ],
              }
            : {}),
          StreamSpecification: { StreamViewType: "NEW_IMAGE" },
          TimeToLiveSpecification: { AttributeName: "expires", Enabled: "true" },
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: "true" },
          Tags: [{ Key: "team", Value: "orders" }],
        },
      },
      WorkerRole: {
        Type: "AWS::IAM::Role",
        Properties: { AssumeRolePolicyDocument: assumedBy("lambda"), Policies: may("sqs:*", "dynamodb:*") },
      },
      Worker: {
        Type: "AWS::Lambda::Function",
        Properties: {
          Runtime: "nodejs22.x",
          Architectures: ["x86_64"],
          Handler: "index.handler",
          Role: { "Fn::GetAtt": ["WorkerRole", "Arn"] },
          Code: { ZipFile: "exports.handler = async () => ({});" },
        },
      },
      FromQueue: {
        Type: "AWS::Lambda::EventSourceMapping",
        Properties: {
          FunctionName: { Ref: "Worker" },
          EventSourceArn: { "Fn::GetAtt": ["Queue", "Arn"] },
          BatchSize: String(options.batch),
          FunctionResponseTypes: ["ReportBatchItemFailures"],
        },
      },
      FromTable: {
        Type: "AWS::Lambda::EventSourceMapping",
        Properties: {
          FunctionName: { Ref: "Worker" },
          EventSourceArn: { "Fn::GetAtt": ["Table", "StreamArn"] },
          StartingPosition: "TRIM_HORIZON",
        },
      },
      WorkflowRole: {
        Type: "AWS::IAM::Role",
        Properties: { AssumeRolePolicyDocument: assumedBy("states"), Policies: may("dynamodb:PutItem") },
      },
      Workflow: {
        Type: "AWS::StepFunctions::StateMachine",
        Properties: {
          RoleArn: { "Fn::GetAtt": ["WorkflowRole", "Arn"] },
          DefinitionString: JSON.stringify(definition),
          DefinitionSubstitutions: { Table: { Ref: "Table" }, Word: options.word },
        },
      },
    },
    Outputs: {
      Table: { Value: { Ref: "Table" } },
      Workflow: { Value: { Ref: "Workflow" } },
      WorkflowName: { Value: { "Fn::GetAtt": ["Workflow", "Name"] } },
    },
  });
}

async function update(sandbox: Sandbox, TemplateBody: string): Promise<string> {
  const settled = new Promise<string>((resolve) => {
    sandbox.signals.on("cloudformation.settled", ({ status }) => resolve(status));
  });
  await sandbox.send(new UpdateStackCommand({ StackName: "data", TemplateBody, Capabilities: ["CAPABILITY_IAM"] }));
  return settled;
}

async function run(sandbox: Sandbox, stateMachineArn: string | undefined): Promise<string | undefined> {
  const { executionArn } = await sandbox.send(new StartExecutionCommand({ stateMachineArn }));
  for (;;) {
    const { status, cause } = await sandbox.send(new DescribeExecutionCommand({ executionArn }));
    if (status !== "RUNNING") return cause ?? status;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("a stack's table, mappings and workflow work together, and an update changes each in its place", async () => {
  const sandbox = await sandboxForTest();
  const outputs = await deploy(sandbox, TOOLING, "data", template({ index: false, batch: 5, word: "one" }), {});
  expect(outputs.Table).toMatch(/^data-Table-[A-Z0-9]+$/);
  expect(outputs.WorkflowName).toMatch(/^data-Workflow-[A-Z0-9]+$/);
  expect(await run(sandbox, outputs.Workflow)).toBe("SUCCEEDED");
  const TableName = outputs.Table;
  const { Items } = await sandbox.send(new dynamodb.ScanCommand({ TableName }));
  expect(Items).toEqual([{ id: { S: "one" } }]);
  const { TimeToLiveDescription } = await sandbox.send(new dynamodb.DescribeTimeToLiveCommand({ TableName }));
  expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: "ENABLED", AttributeName: "expires" });

  const status = await update(sandbox, template({ index: true, batch: 7, word: "two" }));
  const { StackEvents } = await sandbox.send(new DescribeStackEventsCommand({ StackName: "data" }));
  expect({ status, reasons: StackEvents?.flatMap(({ ResourceStatusReason: why }) => why ?? []) }).toMatchObject({
    status: "UPDATE_COMPLETE",
  });
  const { Table } = await sandbox.send(new dynamodb.DescribeTableCommand({ TableName }));
  expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName)).toEqual(["by-state"]);
  const { EventSourceMappings } = await sandbox.send(new ListEventSourceMappingsCommand({}));
  expect(EventSourceMappings?.map(({ BatchSize, State }) => [BatchSize, State]).sort()).toEqual([
    [100, "Enabled"],
    [7, "Enabled"],
  ]);
  expect(await run(sandbox, outputs.Workflow)).toBe("SUCCEEDED");
  const { Count } = await sandbox.send(new dynamodb.ScanCommand({ TableName }));
  expect(Count).toBe(2);
});

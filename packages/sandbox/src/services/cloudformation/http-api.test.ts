import { readFileSync } from "node:fs";
import {
  CreateChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
} from "@aws-sdk/client-cloudformation";
import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreatePolicyCommand } from "@aws-sdk/client-iam";
import {
  GetAliasCommand,
  GetFunctionCommand,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { PutParameterCommand } from "@aws-sdk/client-ssm";
import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { DEV, REGION, sandboxForTest } from "../../../test/support.ts";
import type { Sandbox } from "../../sandbox.ts";
import { gateway } from "../apigatewayv2/index.ts";

const template = readFileSync(
  new URL("../../../../cloudformation/test/templates/http-api.yaml", import.meta.url),
  "utf8",
);
const StackName = "orders";
const CodeBucket = "artifacts";

function code(text: string): Uint8Array {
  const source = `exports.handler = async (event) => ({ statusCode: 200, body: "${text} " + event.rawPath });`;
  return zipSync({ "index.js": strToU8(source) });
}

/** Makes and executes a change set, and gives the status in which the stack comes to rest. */
async function release(sandbox: Sandbox, key: string, type: "CREATE" | "UPDATE", body = template): Promise<string> {
  const name = { StackName, ChangeSetName: `to-${key}-${type.toLowerCase()}` };
  const parameters = {
    Environment: "dev",
    CodeBucket,
    CodeKey: `${key}.zip`,
  };
  const request = new CreateChangeSetCommand({
    ...name,
    ChangeSetType: type,
    TemplateBody: body,
    Capabilities: ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
    Tags: [{ Key: "environment", Value: "dev" }],
  });
  await sandbox.send(request);
  const settled = new Promise<string>((resolve) => {
    const end = sandbox.signals.on("cloudformation.settled", ({ status, stackName }) => {
      if (stackName !== StackName) return;
      end();
      resolve(status);
    });
  });
  await sandbox.send(new ExecuteChangeSetCommand(name));
  const status = await settled;
  if (!/^(CREATE|UPDATE)_COMPLETE$/.test(status)) {
    const { StackEvents = [] } = await sandbox.send(new DescribeStackEventsCommand({ StackName }));
    const reasons = StackEvents.filter((event) => event.ResourceStatus?.endsWith("FAILED"));
    return `${status}: ${reasons.map((event) => `${event.LogicalResourceId} ${event.ResourceStatusReason}`).join("; ")}`;
  }
  return status;
}

async function outputs(sandbox: Sandbox): Promise<Record<string, string>> {
  const { Stacks: [stack] = [] } = await sandbox.send(new DescribeStacksCommand({ StackName }));
  return Object.fromEntries((stack?.Outputs ?? []).map((output) => [output.OutputKey, output.OutputValue ?? ""]));
}

describe("the http-api golden path", () => {
  it("answers after it was deployed, and a new artifact is a new version behind the alias", async () => {
    const whole = await sandboxForTest({ fronts: [gateway] });
    const send: Sandbox["send"] = (command, scope) => whole.send(command, { account: DEV, ...scope });
    const sandbox = { ...whole, send };
    await send(
      new CreateBucketCommand({ Bucket: CodeBucket, CreateBucketConfiguration: { LocationConstraint: REGION } }),
    );
    for (const text of ["first", "second"]) {
      await send(new PutObjectCommand({ Bucket: CodeBucket, Key: `${text}.zip`, Body: code(text) }));
    }
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "logs:PutLogEvents", Resource: "*" }],
    });
    const { Policy } = await send(new CreatePolicyCommand({ PolicyName: "turnpike-service-boundary", PolicyDocument }));
    await send(
      new PutParameterCommand({ Name: "/turnpike/service-boundary-arn", Type: "String", Value: Policy?.Arn ?? "" }),
    );

    expect(await release(sandbox, "first", "CREATE")).toBe("CREATE_COMPLETE");
    const first = await outputs(sandbox);
    const call = async () => (await fetch(`${first.Endpoint}/orders/7`)).text();
    expect(await call()).toBe("first /orders/7");

    const FunctionName = first.FunctionName;
    const { Configuration: made, Tags: tags } = await send(new GetFunctionCommand({ FunctionName }));
    expect(made).toMatchObject({ MemorySize: 256, Timeout: 10, TracingConfig: { Mode: "Active" } });
    expect(made?.Environment?.Variables).toMatchObject({ ENVIRONMENT: "dev", LOG_LEVEL: "INFO" });
    expect(tags).toMatchObject({ environment: "dev", team: "payments", service: "orders" });
    const { logGroups: groups = [] } = await send(new DescribeLogGroupsCommand({ logGroupNamePrefix: StackName }));
    expect(groups.map((group) => group.retentionInDays)).toEqual([30, 30]);
    const { MetricAlarms: alarms = [] } = await send(new DescribeAlarmsCommand({}));
    expect(alarms.map((alarm) => alarm.MetricName)).toEqual(["Errors"]);

    const key = { StackName, ChangeSetName: "to-second-update" };
    const update = release(sandbox, "second", "UPDATE");
    expect(await update).toBe("UPDATE_COMPLETE");
    const { Changes: changes = [] } = await send(new DescribeChangeSetCommand({ ...key, IncludePropertyValues: true }));
    const shown = changes.map(({ ResourceChange: change }) => `${change?.Action} ${change?.ResourceType}`);
    expect(shown.sort()).toEqual([
      "Add AWS::Lambda::Version",
      "Modify AWS::Lambda::Alias",
      "Modify AWS::Lambda::Function",
      "Remove AWS::Lambda::Version",
    ]);
    expect(await call()).toBe("second /orders/7");
    expect((await outputs(sandbox)).Endpoint).toBe(first.Endpoint);
    const { Versions: versions = [] } = await send(new ListVersionsByFunctionCommand({ FunctionName }));
    expect(versions.map((version) => version.Version)).toEqual(["$LATEST", "1", "2"]);
    const alias = await send(new GetAliasCommand({ FunctionName, Name: "live" }));
    expect(alias.FunctionVersion).toBe("2");

    const bad = template.replace("MemorySize: 256", "MemorySize: 64");
    expect(await release(sandbox, "first", "UPDATE", bad)).toMatch(/^UPDATE_ROLLBACK_COMPLETE: Function .*memorySize/i);
    expect(await call()).toBe("second /orders/7");
    expect((await send(new GetAliasCommand({ FunctionName, Name: "live" }))).FunctionVersion).toBe("2");

    const gone = new Promise((resolve) =>
      sandbox.signals.on("cloudformation.settled", ({ status }) => resolve(status)),
    );
    await send(new DeleteStackCommand({ StackName }));
    expect(await gone).toBe("DELETE_COMPLETE");
    expect((await send(new ListFunctionsCommand({}))).Functions).toEqual([]);
    await expect(send(new DescribeStackResourcesCommand({ StackName }))).rejects.toThrow("does not exist");
  });
});

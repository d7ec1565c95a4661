import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { awsCli, hasAwsCli } from "../../../test/aws-cli.ts";
import { sandboxForTest, temporaryFolder } from "../../../test/support.ts";

test.skipIf(!hasAwsCli)(
  "the AWS CLI deploys a template, and finds nothing to change afterwards",
  async () => {
    const sandbox = await sandboxForTest();
    const file = join(temporaryFolder(), "template.yaml");
    writeFileSync(file, "Resources: { Queue: { Type: AWS::SQS::Queue } }\nOutputs: { Url: { Value: !Ref Queue } }\n");
    const deploy = ["cloudformation", "deploy", "--stack-name", "orders", "--template-file", file];
    // The CLI looks at a stack every 30 s: it makes the change set, and what it made is executed here.
    const text = String(await awsCli(sandbox, [...deploy, "--no-execute-changeset"]));
    const [changeSet = ""] = /arn:aws:cloudformation:\S+changeSet\S+/.exec(text) ?? [];
    await awsCli(sandbox, ["cloudformation", "execute-change-set", "--change-set-name", changeSet]);
    await awsCli(sandbox, ["cloudformation", "wait", "stack-exists", "--stack-name", "orders"]);
    const query = ["cloudformation", "describe-stacks", "--query", "Stacks[0].Outputs[0].OutputValue"];
    await expect.poll(() => awsCli(sandbox, query), { timeout: 10_000 }).toMatch(/orders-Queue-/);
    const again = await awsCli(sandbox, [...deploy, "--no-fail-on-empty-changeset"]);
    expect(again).toContain("No changes to deploy. Stack orders is up to date");
  },
  60_000,
);

test.skipIf(!hasAwsCli)(
  "the AWS CLI packages code into a bucket, and waits for a stack's creation, update and end",
  async () => {
    const sandbox = await sandboxForTest();
    const folder = temporaryFolder();
    const [file, packaged] = [join(folder, "template.yaml"), join(folder, "packaged.yaml")];
    mkdirSync(join(folder, "src"));
    writeFileSync(join(folder, "src", "index.mjs"), "export const handler = async () => 1;");
    const code =
      "Type: AWS::Serverless::Function, Properties: { CodeUri: ./src, Runtime: nodejs22.x, Handler: index.handler }";
    const template = (description: string) =>
      `Transform: AWS::Serverless-2016-10-31\nDescription: ${description}\nResources: { Function: { ${code} }, Queue: { Type: AWS::SQS::Queue, Properties: { MessageRetentionPeriod: ${description.length}00 } } }\n`;
    const stack = ["--stack-name", "orders"];
    const cloudformation = (...args: string[]) => awsCli(sandbox, ["cloudformation", ...args]);
    const status = ["describe-stacks", ...stack, "--query", "Stacks[0].StackStatus", "--output", "text"];
    // A waiter that looks too early looks again after half a minute.
    const rests = (wanted: string) =>
      expect.poll(async () => String(await cloudformation(...status)).trim(), { timeout: 20_000 }).toBe(wanted);
    const from = [
      "--template-body",
      `file://${packaged}`,
      "--capabilities",
      "CAPABILITY_IAM",
      "CAPABILITY_AUTO_EXPAND",
    ];
    const pack = (description: string) => {
      writeFileSync(file, template(description));
      const out = ["--template-file", file, "--output-template-file", packaged];
      return cloudformation("package", ...out, "--s3-bucket", "artifacts");
    };
    await awsCli(sandbox, ["s3", "mb", "s3://artifacts"]);
    await pack("First");
    await cloudformation("create-stack", ...stack, ...from);
    await rests("CREATE_COMPLETE");
    await cloudformation("wait", "stack-create-complete", ...stack);
    await pack("The second");
    await cloudformation("update-stack", ...stack, ...from);
    await rests("UPDATE_COMPLETE");
    await cloudformation("wait", "stack-update-complete", ...stack);
    await cloudformation("delete-stack", ...stack);
    await expect.poll(() => cloudformation(...status).catch(() => "gone"), { timeout: 20_000 }).toBe("gone");
    await cloudformation("wait", "stack-delete-complete", ...stack);
  },
  60_000,
);

import { writeFileSync } from "node:fs";
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

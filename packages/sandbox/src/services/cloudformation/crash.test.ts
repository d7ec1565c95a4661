import { spawn } from "node:child_process";
import { once } from "node:events";
import { DescribeStackResourcesCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { ListKeysCommand } from "@aws-sdk/client-kms";
import { ListQueuesCommand } from "@aws-sdk/client-sqs";
import { describe, expect, it, onTestFinished } from "vitest";
import { sandboxForTest, temporaryFolder } from "../../../test/support.ts";
import type { Sandbox } from "../../sandbox.ts";
import { iam } from "../iam/index.ts";
import { kms } from "../kms/index.ts";
import { s3 } from "../s3/index.ts";
import { sqs } from "../sqs/index.ts";
import { sts } from "../sts/index.ts";
import { cloudFormation } from "./index.ts";

const LENGTH = 60;
const here = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** A chain of queues, so that the operation takes a while, and keys beside it, whose ids are nobody's choice. */
function chain(delay: number, last: string): string {
  const queues = Array.from({ length: LENGTH }, (_, index) => {
    const after = index === 0 ? {} : { DependsOn: `Queue${index - 1}` };
    return [`Queue${index}`, { Type: "AWS::SQS::Queue", ...after, Properties: { DelaySeconds: delay } }];
  });
  const keys = Array.from({ length: 10 }, (_, index) => [
    `Key${index}`,
    { Type: "AWS::KMS::Key", DependsOn: `Queue${index * 5}`, Properties: {} },
  ]);
  const final = { Type: "AWS::SQS::Queue", DependsOn: `Queue${LENGTH - 1}`, Properties: JSON.parse(last) };
  return JSON.stringify({ Resources: Object.fromEntries([...queues, ...keys, ["Last", final]]) });
}

/** A sandbox in a process of its own that begins `command` and tells, line by line, of resources that are done. */
function sandboxProcess(dataDir: string, command: string, template: string) {
  const script = `
    import { ${command}, DescribeStackResourcesCommand } from ${JSON.stringify(import.meta.resolve("@aws-sdk/client-cloudformation"))};
    import { startSandbox } from ${here("../../index.ts")};
    import { iam } from ${here("../iam/index.ts")};
    import { kms } from ${here("../kms/index.ts")};
    import { s3 } from ${here("../s3/index.ts")};
    import { sqs } from ${here("../sqs/index.ts")};
    import { sts } from ${here("../sts/index.ts")};
    import { cloudFormation } from ${here("./index.ts")};
    const services = [iam, sts, s3, kms, sqs, cloudFormation];
    const sandbox = await startSandbox({ dataDir: ${JSON.stringify(dataDir)}, services, fronts: [] });
    await sandbox.send(new ${command}({ StackName: "chain", TemplateBody: ${JSON.stringify(template)} }));
    for (;;) {
      const { StackResources } = await sandbox.send(new DescribeStackResourcesCommand({ StackName: "chain" }));
      const done = StackResources.filter((one) => one.ResourceStatus === "${command === "CreateStackCommand" ? "CREATE_COMPLETE" : "UPDATE_COMPLETE"}");
      process.stdout.write(done.length + "\\n");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

/** Kills the process without warning once `count` resources are done. */
async function killAt(child: ReturnType<typeof sandboxProcess>, count: number): Promise<number> {
  const exit = once(child, "exit");
  let seen = 0;
  let rest = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    rest += chunk;
    seen = Number(rest.split("\n").at(-2) ?? 0);
    if (seen >= count) break;
  }
  child.kill("SIGKILL");
  await exit;
  return seen;
}

async function settledStatus(sandbox: Sandbox): Promise<string | undefined> {
  const look = async () => {
    const { Stacks: [stack] = [] } = await sandbox.send(new DescribeStacksCommand({ StackName: "chain" }));
    return stack?.StackStatus;
  };
  await expect.poll(look, { timeout: 30_000, interval: 20 }).not.toMatch(/IN_PROGRESS/);
  return look();
}

const services = [iam, sts, s3, kms, sqs, cloudFormation];

describe("a sandbox that was killed while it worked on a stack", () => {
  it("goes on with the creation at its next start, and makes nothing twice", async () => {
    const dataDir = temporaryFolder();
    const seen = await killAt(sandboxProcess(dataDir, "CreateStackCommand", chain(1, "{}")), 12);
    expect(seen).toBeLessThan(LENGTH);
    const sandbox = await sandboxForTest({ dataDir, services });
    expect(await settledStatus(sandbox)).toBe("CREATE_COMPLETE");
    const { QueueUrls: queues = [] } = await sandbox.send(new ListQueuesCommand({ MaxResults: 1000 }));
    const { Keys: keys = [] } = await sandbox.send(new ListKeysCommand({ Limit: 1000 }));
    expect([queues.length, keys.length]).toEqual([LENGTH + 1, 10]);

    await sandbox.stop();
    const bad = JSON.stringify({ VisibilityTimeout: 999_999 });
    await killAt(sandboxProcess(dataDir, "UpdateStackCommand", chain(7, bad)), 12);
    const again = await sandboxForTest({ dataDir, services });
    expect(await settledStatus(again)).toBe("UPDATE_ROLLBACK_COMPLETE");
    const { StackResources: resources = [] } = await again.send(
      new DescribeStackResourcesCommand({ StackName: "chain" }),
    );
    expect(resources.length).toBe(LENGTH + 11);
    expect((await again.send(new ListQueuesCommand({ MaxResults: 1000 }))).QueueUrls?.length).toBe(LENGTH + 1);
  });
});

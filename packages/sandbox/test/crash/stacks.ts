import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  type Stack,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { KMSClient, ListKeysCommand, ListResourceTagsCommand } from "@aws-sdk/client-kms";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { attempt, type Ledger, type Settings } from "./ledger.ts";

/** What was under way when the sandbox was killed goes on at its next start; it takes seconds. */
const LONGEST_REST_MS = 60_000;

/** Queues one after the other, so that an operation takes a while, and a key, whose id is nobody's choice. */
function template(delay: number): string {
  const queues = Array.from({ length: 15 }, (_, index) => [
    `Queue${index}`,
    {
      Type: "AWS::SQS::Queue",
      ...(index === 0 ? {} : { DependsOn: `Queue${index - 1}` }),
      Properties: { DelaySeconds: delay },
    },
  ]);
  const key = { Type: "AWS::KMS::Key", DependsOn: "Queue5", Properties: { PendingWindowInDays: 7 } };
  return JSON.stringify({ Resources: Object.fromEntries([...queues, ["Key", key]]) });
}

/** Creates a stack in this round, updates the one of the last, and deletes the one before that. */
export async function workOnStacks(settings: Settings, ledger: Ledger, round: number): Promise<void> {
  const client = new CloudFormationClient(settings);
  const name = (number: number) => `crash-${number}`;
  const created = new CreateStackCommand({ StackName: name(round), TemplateBody: template(round) });
  if (await attempt(ledger, client.send(created))) ledger.stacks.set(name(round), "exists");
  else ledger.stacks.delete(name(round));
  if (ledger.stacks.get(name(round - 1)) === "exists") {
    const updated = new UpdateStackCommand({ StackName: name(round - 1), TemplateBody: template(round + 100) });
    if (!(await attempt(ledger, client.send(updated)))) return;
  }
  if (ledger.stacks.get(name(round - 2)) === "exists") {
    if (await attempt(ledger, client.send(new DeleteStackCommand({ StackName: name(round - 2) })))) {
      ledger.stacks.set(name(round - 2), "deleted");
    }
  }
}

/** Every stack comes to rest as it was asked for; every resource belongs to one, and its events tell of it. */
export async function checkStacks(settings: Settings, ledger: Ledger): Promise<void> {
  const client = new CloudFormationClient(settings);
  const stacks = await stacksAtRest(client);
  const byName = new Map<string, Stack>(stacks.map((stack) => [stack.StackName ?? "", stack]));
  for (const [name, wanted] of ledger.stacks) {
    ledger.checked++;
    const status = byName.get(name)?.StackStatus;
    // A deletion that was never answered may have happened.
    if (wanted === "deleted" && status !== undefined) ledger.lost.push(`${name} was deleted and is ${status}`);
    if (wanted === "exists" && status === undefined) ledger.stacks.set(name, "deleted");
    if (status !== undefined && !/^(CREATE|UPDATE)_COMPLETE$/.test(status)) ledger.lost.push(`${name} is ${status}`);
  }
  const known = new Set<string>();
  for (const { StackName = "" } of stacks) {
    const { StackResources: resources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName }));
    const { StackEvents: events = [] } = await client.send(new DescribeStackEventsCommand({ StackName }));
    for (const { PhysicalResourceId: id = "", LogicalResourceId: logical } of resources) {
      known.add(id);
      const told = events.some((event) => event.PhysicalResourceId === id && event.LogicalResourceId === logical);
      if (!told) ledger.lost.push(`${StackName}: no event tells of ${logical}`);
    }
    if (resources.length !== 16) ledger.lost.push(`${StackName} has ${resources.length} resources`);
  }
  await checkOrphans(settings, ledger, known);
}

async function stacksAtRest(client: CloudFormationClient): Promise<Stack[]> {
  const deadline = performance.now() + LONGEST_REST_MS;
  for (;;) {
    const { Stacks: found = [] } = await client.send(new DescribeStacksCommand({}));
    if (found.every(({ StackStatus: status = "" }) => !status.endsWith("IN_PROGRESS"))) return found;
    if (performance.now() > deadline) throw new Error("The stacks didn't come to rest.");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A queue or key that was made for a stack and that no stack has. */
async function checkOrphans(settings: Settings, ledger: Ledger, known: ReadonlySet<string>): Promise<void> {
  const { QueueUrls: urls = [] } = await new SQSClient(settings).send(
    new ListQueuesCommand({ QueueNamePrefix: "crash-", MaxResults: 1000 }),
  );
  const nameOf = (url: string) => url.split("/").at(-1) ?? url;
  const names = new Set([...known].map(nameOf));
  for (const url of urls) if (!names.has(nameOf(url))) ledger.lost.push(`queue ${nameOf(url)} belongs to no stack`);
  const kms = new KMSClient(settings);
  const { Keys: keys = [] } = await kms.send(new ListKeysCommand({ Limit: 1000 }));
  const orphans = keys.filter(({ KeyId = "" }) => !known.has(KeyId));
  for (const { KeyId = "" } of orphans) {
    const { Tags: tags = [] } = await kms.send(new ListResourceTagsCommand({ KeyId }));
    const stack = tags.find(({ TagKey }) => TagKey === "aws:cloudformation:stack-name")?.TagValue ?? "";
    // A deleted stack's key waits for its end.
    if (ledger.stacks.get(stack) === "exists") ledger.lost.push(`key ${KeyId} of ${stack} belongs to no stack`);
  }
}

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  type CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type Stack,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";

export interface StackRequest {
  readonly accountId: string;
  readonly name: string;
  /** Path of the template. */
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const DIGEST = "turnpike:template-digest";
const POLL_MS = 50;
const DEADLINE_MS = 60_000;

/**
 * Creates or updates a stack of the platform's own infrastructure, and returns its outputs. A stack that was made from
 * this very template and these parameters is left alone.
 */
export async function deployStack(
  client: CloudFormationClient,
  request: StackRequest,
): Promise<Record<string, string>> {
  const body = readFileSync(request.template, "utf8");
  const digest = createHash("sha256")
    .update(JSON.stringify([body, request.parameters]))
    .digest("hex");
  const existing = await describe(client, request.name);
  if (existing?.Tags?.some(({ Key, Value }) => Key === DIGEST && Value === digest)) return outputsOf(existing);
  const input = {
    StackName: request.name,
    TemplateBody: body,
    Parameters: Object.entries(request.parameters).map(([ParameterKey, ParameterValue]) => ({
      ParameterKey,
      ParameterValue,
    })),
    Capabilities: ["CAPABILITY_NAMED_IAM" as const],
    Tags: [{ Key: DIGEST, Value: digest }],
  };
  await client.send(existing ? new UpdateStackCommand(input) : new CreateStackCommand(input));
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const stack = await describe(client, request.name);
    const status = stack?.StackStatus ?? "";
    if (status === "CREATE_COMPLETE" || status === "UPDATE_COMPLETE") return outputsOf(stack);
    if (!status.endsWith("_IN_PROGRESS") || Date.now() > deadline) throw await failure(client, request, status);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function describe(client: CloudFormationClient, name: string): Promise<Stack | undefined> {
  try {
    return (await client.send(new DescribeStacksCommand({ StackName: name }))).Stacks?.[0];
  } catch (error) {
    if (/does not exist/.test(String(error))) return undefined;
    throw error;
  }
}

async function failure(client: CloudFormationClient, request: StackRequest, status: string): Promise<Error> {
  const { StackEvents: events = [] } = await client.send(new DescribeStackEventsCommand({ StackName: request.name }));
  const failed = events.filter(({ ResourceStatus }) => ResourceStatus?.endsWith("_FAILED")).at(-1);
  const reason = failed ? `${failed.LogicalResourceId}: ${failed.ResourceStatusReason}` : status;
  return new Error(`The stack ${request.name} in account ${request.accountId} is ${status} (${reason}).`);
}

function outputsOf(stack: Stack | undefined): Record<string, string> {
  return Object.fromEntries(
    (stack?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? "", OutputValue ?? ""]),
  );
}

import * as sdk from "@aws-sdk/client-sfn";
import { clientSettings, roleForTest, sandboxForTest, TOOLING } from "../../../test/support.ts";
import type { Sandbox } from "../../index.ts";

export const ROLE = `arn:aws:iam::${TOOLING}:role/workflow`;

/** A sandbox in which the role of `ROLE` may do what tasks do. */
export async function sandboxWithRole(dataDir?: string): Promise<Sandbox> {
  const sandbox = await sandboxForTest(dataDir === undefined ? {} : { dataDir });
  const principal = { Service: "states.amazonaws.com" };
  await roleForTest(sandbox, { name: "workflow", principal, actions: ["lambda:*", "sqs:*", "dynamodb:*", "states:*"] });
  return sandbox;
}

/** A client, and a shorter way to make, run and read state machines. */
export function workflows(sandbox: Sandbox) {
  const client = new sdk.SFNClient(clientSettings(sandbox));
  const describe = (executionArn: string) => client.send(new sdk.DescribeExecutionCommand({ executionArn }));
  return {
    client,
    describe,
    async create(definition: object, more: Partial<sdk.CreateStateMachineCommandInput> = {}) {
      const input = { name: "orders", roleArn: ROLE, definition: JSON.stringify(definition), ...more };
      return (await client.send(new sdk.CreateStateMachineCommand(input))).stateMachineArn ?? "";
    },
    async start(stateMachineArn: string, input: unknown = {}, name?: string) {
      const given = { stateMachineArn, input: JSON.stringify(input), ...(name === undefined ? {} : { name }) };
      return (await client.send(new sdk.StartExecutionCommand(given))).executionArn ?? "";
    },
    /** Waits for the execution's end. */
    async ended(executionArn: string) {
      for (const deadlineMs = Date.now() + 10_000; ; ) {
        const found = await describe(executionArn);
        if (found.status !== "RUNNING") return found;
        if (Date.now() > deadlineMs) throw new Error("The execution didn't end within ten seconds.");
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async history(executionArn: string): Promise<sdk.HistoryEvent[]> {
      const command = new sdk.GetExecutionHistoryCommand({ executionArn, maxResults: 1000 });
      return (await client.send(command)).events ?? [];
    },
  };
}

/** `2<0 PassStateEntered`: an event's id, which it follows, and its type. */
export const outline = (events: readonly sdk.HistoryEvent[]) =>
  events.map(({ id, previousEventId, type }) => `${id}<${previousEventId} ${type}`);

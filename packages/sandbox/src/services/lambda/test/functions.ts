import { type CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  InvokeCommand,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import { strToU8, zipSync } from "fflate";
import { clientSettings, DEV } from "../../../../test/support.ts";
import type { Sandbox } from "../../../index.ts";
import { fronts } from "../../../registry.ts";

export const ROLE = `arn:aws:iam::${DEV}:role/orders-function`;

/** The gateway and the X-Ray daemon's port. */
export const telemetryFronts = fronts.filter(({ name }) => name === "gateway" || name === "xray");

export function zipOf(files: Record<string, string>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));
}

/** A function in the dev account, with its own small client. */
export function lambdaIn(sandbox: Sandbox, account = DEV) {
  const client = new LambdaClient(clientSettings(sandbox, account));
  return {
    client,
    create: (name: string, source: string, options: Partial<CreateFunctionCommandInput> = {}) =>
      client.send(
        new CreateFunctionCommand({
          FunctionName: name,
          Runtime: "nodejs22.x",
          Handler: "index.handler",
          Role: ROLE,
          Code: { ZipFile: zipOf({ "index.mjs": source }) },
          ...options,
        }),
      ),
    async invoke(name: string, event: unknown = {}, options: { Qualifier?: string } = {}) {
      const given = { FunctionName: name, Payload: JSON.stringify(event), LogType: "Tail" as const, ...options };
      const answer = await client.send(new InvokeCommand(given));
      const text = Buffer.from(answer.Payload ?? []).toString();
      return {
        error: answer.FunctionError,
        version: answer.ExecutedVersion,
        value: JSON.parse(text === "" ? "null" : text) as Record<string, unknown>,
        log: Buffer.from(answer.LogResult ?? "", "base64").toString(),
      };
    },
  };
}

/** Asks until the answer is there: telemetry arrives a moment after the invocation. */
export async function eventually<T>(ask: () => Promise<T | undefined | false | 0>): Promise<T> {
  for (const deadlineMs = Date.now() + 10_000; ; ) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadlineMs) throw new Error("It didn't happen within ten seconds.");
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The events of a group once an invocation's report is among them. */
export function reported(logs: CloudWatchLogsClient, logGroupName: string) {
  return eventually(async () => {
    try {
      const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName }));
      return events.some(({ message }) => /^REPORT|platform\.report/.test(message ?? "")) && events;
    } catch (error) {
      if ((error as Error).name === "ResourceNotFoundException") return undefined;
      throw error;
    }
  });
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

import { Agent } from "node:http";
import { CreateRoleCommand, IAMClient, type IAMClientConfig } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { strToU8, zipSync } from "fflate";

const SOURCE = "export const handler = async (event) => ({ statusCode: 200, n: event.n });";

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** A small Node function, and what invokes it by the SDK over `connections` that stay open. */
export async function functionUnderLoad(
  settings: Pick<IAMClientConfig, "endpoint" | "region" | "credentials" | "maxAttempts"> & object,
  account: string,
  connections: number,
) {
  await new IAMClient(settings).send(new CreateRoleCommand({ RoleName: "orders", AssumeRolePolicyDocument: TRUST }));
  const httpAgent = new Agent({ keepAlive: true, maxSockets: connections });
  const client = new LambdaClient({ ...settings, requestHandler: { httpAgent } });
  await client.send(
    new CreateFunctionCommand({
      ...{ FunctionName: "orders", Runtime: "nodejs22.x", Handler: "index.handler", MemorySize: 512 },
      Role: `arn:aws:iam::${account}:role/orders`,
      Code: { ZipFile: zipSync({ "index.mjs": strToU8(SOURCE) }) },
    }),
  );
  return {
    /** The log's tail, where it is asked for. Raises when the function fails. */
    async invoke(n: number, LogType?: "Tail"): Promise<string> {
      const input = { FunctionName: "orders", Payload: JSON.stringify({ n }), ...(LogType ? { LogType } : {}) };
      const answer = await client.send(new InvokeCommand(input));
      if (answer.FunctionError) throw new Error(`The function failed: ${Buffer.from(answer.Payload ?? [])}`);
      return Buffer.from(answer.LogResult ?? "", "base64").toString();
    },
    close: () => client.destroy(),
  };
}

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { after } from "node:test";

interface Asked {
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

/** What the code under test asked of AWS, in order, and what it is answered: a status and a body by operation. */
export const asked: Asked[] = [];
export const answers: Record<string, { status: number; body: object }> = {};

export const refusal = (type: string) => ({ status: 400, body: { __type: `com.amazonaws#${type}` } });

const server = createServer(async (request, response) => {
  const operation = String(request.headers["x-amz-target"]).split(".").at(-1) ?? "";
  asked.push({ operation, input: (await json(request)) as Record<string, unknown> });
  const { status, body } = answers[operation] ?? { status: 200, body: {} };
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(body));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
after(() => server.close().closeAllConnections());

export function forget(): void {
  asked.length = 0;
  for (const operation of Object.keys(answers)) delete answers[operation];
}

// The clients of the code under test are made when its modules load: import this first.
Object.assign(process.env, {
  ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "eu-central-1", ORDERS_TABLE: "orders" },
  AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  STATE_MACHINE_ARN: "arn:aws:states:eu-central-1:123456789012:stateMachine:orders",
});

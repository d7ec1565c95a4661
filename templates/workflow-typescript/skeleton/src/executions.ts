import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { HttpError } from "./http.ts";
import type { Order } from "./order.ts";

export interface OrderStatus {
  readonly id: string;
  readonly status: "under-way" | "placed" | "refused" | "failed";
}

const stateMachineArn = process.env.STATE_MACHINE_ARN ?? "";
const sfn = new SFNClient();

const arnOf = (id: string) => `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${id}`;

/**
 * Starts the order's execution, which the caller's key names: asked again, it is the same one. Raises `HttpError` 409 when
 * the key was another order's.
 */
export async function startOrder(id: string, order: Order): Promise<OrderStatus> {
  const input = JSON.stringify({ order: { id, ...order } });
  try {
    await sfn.send(new StartExecutionCommand({ stateMachineArn, name: id, input }));
    return { id, status: "under-way" };
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
  }
  const { input: known, ...execution } = await sfn.send(new DescribeExecutionCommand({ executionArn: arnOf(id) }));
  if (known !== input) throw new HttpError(409, "key-taken", "Another order was placed under this Idempotency-Key.");
  return { id, status: statusOf(execution) };
}

/** How an order stands; undefined when there is none. */
export async function orderStatus(id: string): Promise<OrderStatus | undefined> {
  try {
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn: arnOf(id) }));
    return { id, status: statusOf(execution) };
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return undefined;
    throw error;
  }
}

function statusOf({ status, output }: { status?: string | undefined; output?: string | undefined }) {
  if (status === "RUNNING") return "under-way";
  if (status !== "SUCCEEDED") return "failed";
  const { outcome } = JSON.parse(output ?? "{}") as { outcome?: "placed" | "refused" };
  return outcome ?? "failed";
}

import { GetProvisionedConcurrencyConfigCommand, PutProvisionedConcurrencyConfigCommand } from "@aws-sdk/client-lambda";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { activities, functionOf, type TargetRecord } from "./records.ts";

const PRINCIPAL = "lambda.application-autoscaling.amazonaws.com";

/** The provisioned concurrency that is asked for now; 0 where there is none. Raises what Lambda answers otherwise. */
export async function capacityOf(context: Context, { resourceId }: TargetRecord): Promise<number> {
  const { name, qualifier } = functionOf(resourceId);
  try {
    const command = new GetProvisionedConcurrencyConfigCommand({ FunctionName: name, Qualifier: qualifier });
    return (await context.send(command)).RequestedProvisionedConcurrentExecutions ?? 0;
  } catch (error) {
    if (error instanceof AwsError && error.code === "ProvisionedConcurrencyConfigNotFoundException") return 0;
    throw error;
  }
}

/** Sets the capacity within the target's limits, and writes the activity; false when it was so already. */
export async function scaleTo(context: Context, target: TargetRecord, wanted: number, cause: string): Promise<boolean> {
  const { name, qualifier } = functionOf(target.resourceId);
  const capacity = Math.min(Math.max(wanted, target.min), target.max);
  const before = await capacityOf(context, target);
  if (capacity === before || capacity < 1) return false;
  const startedAt = context.clock.now().toISOString();
  const id = context.random.uuid();
  const description = `Setting provisioned concurrency to ${capacity}.`;
  const write = (status: "Successful" | "Failed", message: string) =>
    activities(context).put(`${target.resourceId}/${startedAt}/${id}`, {
      ...{ id, resourceId: target.resourceId, cause, description, startedAt, status, message },
    });
  try {
    await context.send(
      new PutProvisionedConcurrencyConfigCommand({
        ...{ FunctionName: name, Qualifier: qualifier, ProvisionedConcurrentExecutions: capacity },
      }),
    );
    write(
      "Successful",
      `Successfully set provisioned concurrency to ${capacity}. Change successfully fulfilled by lambda.`,
    );
    return true;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    write("Failed", `Failed to set provisioned concurrency to ${capacity}. Reason: ${error.message}`);
    context.log("scaling.failed", { resource: target.resourceId, principal: PRINCIPAL, error: error.message });
    return false;
  }
}

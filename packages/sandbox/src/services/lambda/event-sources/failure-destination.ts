import { PublishCommand } from "@aws-sdk/client-sns";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { ServiceRuntime } from "../../../core/context.ts";
import { type Place, roleOf } from "./call.ts";
import type { MappingRecord } from "./records.ts";

/** What can take batches that are given up. */
export const isDestination = (arn: string) => /^arn:aws[\w-]*:(sqs|sns):/.test(arn);

/** Tells a queue or a topic of a batch that is given up, as the function's role. What it refuses is logged and lost. */
export async function sendFailure(
  runtime: ServiceRuntime,
  place: Place,
  mapping: MappingRecord,
  target: string,
  failure: object,
): Promise<void> {
  const [, , service, region = "", account = "", name = ""] = target.split(":");
  const roleArn = roleOf(runtime, place, mapping);
  const scope = roleArn === undefined ? { region } : { roleArn, region };
  const { send } = runtime.contextFor(place.account, place.region);
  const text = JSON.stringify(failure);
  const QueueUrl = `${runtime.surroundings.awsUrl}/${account}/${name}`;
  try {
    if (service === "sns") await send(new PublishCommand({ TopicArn: target, Message: text }), scope);
    else await send(new SendMessageCommand({ QueueUrl, MessageBody: text }), scope);
  } catch (error) {
    runtime.log("event-source.failure-lost", { mapping: mapping.uuid, target, error: String(error) });
  }
}

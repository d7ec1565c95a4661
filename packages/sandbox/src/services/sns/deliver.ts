import { InvokeCommand } from "@aws-sdk/client-lambda";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { createOutbox, type Outbox } from "../../core/outbox.ts";
import { functionEvent, type Notification, queueAttributes, queueBody } from "./message.ts";
import type { SubscriptionRecord } from "./topics.ts";

/** One message on its way to one subscription. */
interface Delivery {
  readonly subscription: SubscriptionRecord;
  readonly notification: Notification;
  readonly traceHeader: string | undefined;
}

declare module "../../core/context.ts" {
  interface SandboxSignals {
    /** What AWS would have sent by mail. */
    "sns.mail": { type: "sns.mail"; topicArn: string; to: string; subject: string; message: string };
  }
}

/** SNS tries a queue or a function 100,015 times over 23 days. https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html */
const LIMITS = { retries: 100_015, ageMs: 23 * 24 * 3600 * 1000 };

const outboxes = new WeakMap<ServiceRuntime, Outbox<Delivery>>();

/** Deliveries of this sandbox's SNS. Keyed by its runtime: two sandboxes may run in one process. */
export function outboxOf(runtime: ServiceRuntime): Outbox<Delivery> {
  const known = outboxes.get(runtime);
  if (known) return known;
  const outbox = createOutbox<Delivery>(runtime, {
    name: "deliveries",
    attempt: reach,
    limits: () => LIMITS,
    async giveUp(context, delivery, { error }) {
      const { subscription, notification } = delivery;
      const about = { subscription: subscription.arn, message: notification.messageId };
      context.log("sns.undelivered", { ...about, error: `${error.code}: ${error.message}` });
      const { RedrivePolicy } = subscription.attributes;
      if (!RedrivePolicy) return;
      const { deadLetterTargetArn } = JSON.parse(RedrivePolicy) as { deadLetterTargetArn: string };
      await toQueue(context, deadLetterTargetArn, delivery).catch((refused: unknown) =>
        context.log("sns.lost", { ...about, queue: deadLetterTargetArn, error: String(refused) }),
      );
    },
  });
  outboxes.set(runtime, outbox);
  return outbox;
}

/** Delivers as SNS itself, for the topic: the queue's or the function's own policy decides. */
async function reach(context: Context, delivery: Delivery): Promise<void> {
  const { subscription, notification, traceHeader } = delivery;
  const { protocol, endpoint } = subscription;
  if (protocol === "sqs") return toQueue(context, endpoint, delivery);
  if (protocol === "lambda") {
    const [, , , region = "", account = ""] = endpoint.split(":");
    await context.send(
      new InvokeCommand({
        FunctionName: endpoint,
        InvocationType: "Event",
        Payload: Buffer.from(functionEvent(context, notification, subscription)),
      }),
      { account, region, sourceArn: subscription.topicArn, traceHeader },
    );
    return;
  }
  const { topicArn, subject = "AWS Notification Message", message } = notification;
  context.signals.emit({ type: "sns.mail", topicArn, to: endpoint, subject, message });
}

async function toQueue(context: Context, queueArn: string, delivery: Delivery): Promise<void> {
  const { subscription, notification, traceHeader } = delivery;
  const [, , , region = "", account = "", name = ""] = queueArn.split(":");
  const isRaw = subscription.attributes.RawMessageDelivery?.toLowerCase() === "true";
  const body = isRaw
    ? { MessageBody: notification.message, MessageAttributes: queueAttributes(notification) }
    : { MessageBody: queueBody(context, notification, subscription) };
  const QueueUrl = `${context.surroundings.awsUrl}/${account}/${name}`;
  const scope = { account, region, sourceArn: subscription.topicArn, traceHeader };
  await context.send(new SendMessageCommand({ QueueUrl, ...body }), scope);
}

import * as sdk from "@aws-sdk/client-sns";
import { defineService } from "../../core/service.ts";
import { outboxOf } from "./deliver.ts";
import { publishOperations } from "./publish.ts";
import { subscriptionOperations } from "./subscriptions.ts";
import { topicOperations } from "./topic-operations.ts";
import { policyOf, type TopicRecord } from "./topics.ts";

/**
 * Amazon SNS: standard topics with their policies, tags and attributes; subscriptions to SQS queues (raw or not), Lambda
 * functions and e-mail (pending until its token comes back; mail goes out as the signal `sns.mail`); filter policies on
 * attributes and on the body; dead-letter queues; batches. Deliveries are under the target's own policy, are over when
 * Publish answers, and are retried, from disk, where the target is throttled or broken.
 *
 * Gaps: no FIFO topics, no HTTP, SMS, mobile or Firehose endpoints, no delivery logs, archives or data protection (501);
 * messages are signed with the sandbox's own key, whose certificate isn't served; delivery policies are kept, without
 * effect.
 * https://docs.aws.amazon.com/sns/latest/api/
 */
export const sns = defineService({
  sdk,
  client: "SNSClient",
  operations: { ...topicOperations, ...subscriptionOperations, ...publishOperations },
  policyOf(runtime, arn) {
    const [, , , region = "", account = "", name = ""] = arn.split(":");
    const topic = runtime.storeOf(account, region).collection<TopicRecord>("topics").get(name);
    return topic && policyOf(topic);
  },
  start(runtime) {
    const outbox = outboxOf(runtime);
    outbox.resume();
    return { stop: async () => outbox.stop() };
  },
});

import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";

const sqs = new SQSClient();

/** Sets a message aside at once, with the reason: trying it again would only make others wait. */
export async function setAside({ body, messageId }: SQSRecord, reason: string): Promise<void> {
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: process.env.DEAD_LETTERS_URL,
      MessageBody: body,
      MessageAttributes: {
        reason: { DataType: "String", StringValue: reason.slice(0, 1000) },
        messageId: { DataType: "String", StringValue: messageId },
      },
    }),
  );
}

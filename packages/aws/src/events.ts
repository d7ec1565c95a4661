import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Accounts } from "./accounts.ts";

/** A message that isn't an event of EventBridge: dropped from the queue by whoever listens, and logged. */
export interface PipelineEvent {
  /** Name of the pipeline that something happened to, or undefined for any other event. */
  readonly pipeline: string | undefined;
}

function parse(body: string | undefined): PipelineEvent {
  try {
    const event = JSON.parse(body ?? "") as { detail?: { pipeline?: unknown } };
    return { pipeline: typeof event.detail?.pipeline === "string" ? event.detail.pipeline : undefined };
  } catch {
    // Whatever it was, it only ever made a look come sooner: the sweep sees what it would have shown.
    return { pipeline: undefined };
  }
}

/**
 * Waits up to 20 s for events of the tooling account's queue, hands them over, and deletes them once `handle` is done.
 * Events only make the worker look sooner: one that is lost or comes twice changes nothing.
 */
export async function receiveEvents(
  accounts: Accounts,
  queueUrl: string,
  handle: (events: PipelineEvent[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const client = accounts.tooling(SQSClient);
  const { Messages: messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 }),
    { abortSignal: signal, requestTimeout: 25_000 },
  );
  if (messages.length === 0) return;
  await handle(messages.map((message) => parse(message.Body)));
  await client.send(
    new DeleteMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
    }),
  );
}

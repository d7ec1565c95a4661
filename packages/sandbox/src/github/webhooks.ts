import { createHmac } from "node:crypto";
import type { RandomSource, SandboxClock, Surroundings } from "../core/context.ts";
import type { EventName } from "./app-permissions.ts";
import { type GitHubOptions, INSTALLATION_ID } from "./options.ts";
import type { Records } from "./records.ts";
import type { DeliveryRecord, RepositoryRecord } from "./rows.ts";

const DEADLINE_MS = 10_000;
/** How long a stop waits for deliveries on their way; then they are cut off, and kept as failed. */
const FAREWELL_MS = 1000;

type Message = Pick<DeliveryRecord, "guid" | "event" | "action" | "repositoryId" | "payload" | "redelivery">;

export function deliveryHeaders(
  options: GitHubOptions,
  { event, guid, payload }: Pick<DeliveryRecord, "event" | "guid" | "payload">,
) {
  const signature = createHmac("sha256", options.app.webhookSecret).update(payload).digest("hex");
  return {
    "content-type": "application/json",
    "user-agent": "GitHub-Hookshot/sandbox",
    "x-github-event": event,
    "x-github-delivery": guid,
    "x-github-hook-id": "1",
    "x-github-hook-installation-target-id": String(options.app.id),
    "x-github-hook-installation-target-type": "integration",
    "x-hub-signature-256": `sha256=${signature}`,
  };
}

/**
 * Delivers the App's webhooks, signed, and keeps what became of each delivery. As GitHub does, a failed one is not
 * repeated by itself: it is redelivered on request. They go out side by side and in no promised order.
 * Source: https://docs.github.com/en/webhooks
 */
export function createWebhooks(
  options: GitHubOptions,
  {
    records,
    clock,
    random,
    log,
    faults,
  }: {
    records: Records;
    clock: SandboxClock;
    random: RandomSource;
    log: (event: string, fields: object) => void;
    faults: Pick<Surroundings["faults"], "copiesOf">;
  },
) {
  const underWay = new Set<Promise<unknown>>();
  const ending = new AbortController();

  async function send(message: Message): Promise<{ status: string; statusCode: number }> {
    try {
      const response = await fetch(options.app.webhookUrl, {
        method: "POST",
        headers: deliveryHeaders(options, message),
        body: message.payload,
        signal: AbortSignal.any([AbortSignal.timeout(DEADLINE_MS), ending.signal]),
        redirect: "manual",
      });
      await response.arrayBuffer();
      const status = response.ok ? "OK" : `Invalid HTTP Response: ${response.status}`;
      return { status, statusCode: response.status };
    } catch (error) {
      const late = error instanceof DOMException && error.name === "TimeoutError";
      return { status: late ? "timed out" : "failed to connect to host", statusCode: 502 };
    }
  }

  async function deliver(message: Message): Promise<DeliveryRecord> {
    const started = clock.now();
    const result = await send(message);
    const durationSeconds = (clock.now().getTime() - started.getTime()) / 1000;
    return records.addDelivery({ ...message, ...result, deliveredAt: started.toISOString(), durationSeconds });
  }

  /** A delivery that never arrives: as on GitHub it is on record as failed, and can be asked for again. */
  function lose(message: Message): void {
    const deliveredAt = clock.now().toISOString();
    const result = { status: "failed to connect to host", statusCode: 502 };
    records.addDelivery({ ...message, ...result, deliveredAt, durationSeconds: 0 });
  }

  function inBackground(event: string, work: () => Promise<unknown>): void {
    const task = work().catch((error: unknown) => log("webhook.failed", { event, error: String(error) }));
    underWay.add(task);
    task.finally(() => underWay.delete(task));
  }

  return {
    /** Sends an event in the background; the payload is made there too. */
    publish(event: EventName, repository: RepositoryRecord, makePayload: () => object | Promise<object>): void {
      const guid = random.uuid();
      inBackground(event, async () => {
        const made: { action?: string } = await makePayload();
        const payload = JSON.stringify({ ...made, installation: { id: INSTALLATION_ID, node_id: "MDIzOk" } });
        const action = made.action ?? null;
        const message = { guid, event, action, repositoryId: repository.id, payload, redelivery: false };
        const copies = faults.copiesOf({ service: "webhook", operation: event });
        if (copies === 0) lose(message);
        for (let copy = 0; copy < copies; copy += 1) await deliver(message);
      });
    },
    /** Sends a delivery again, under the same guid. */
    redeliver(delivery: DeliveryRecord): void {
      inBackground(delivery.event, () => deliver({ ...delivery, redelivery: true }));
    },
    async stop(): Promise<void> {
      const timer = setTimeout(() => ending.abort(), FAREWELL_MS);
      await Promise.all(underWay);
      clearTimeout(timer);
    },
  };
}

export type Webhooks = ReturnType<typeof createWebhooks>;

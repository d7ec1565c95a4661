import { createHmac } from "node:crypto";
import type { RandomSource, SandboxClock } from "../core/context.ts";
import { type GitHubOptions, INSTALLATION_ID } from "./options.ts";
import type { DeliveryRecord, Records } from "./records.ts";

const DEADLINE_MS = 10_000;

/**
 * Delivers the App's webhooks, signed, and keeps what became of each delivery. As GitHub does, a failed one is not
 * repeated by itself: it is redelivered on request. Source: https://docs.github.com/en/webhooks
 */
export function createWebhooks(options: GitHubOptions, records: Records, clock: SandboxClock, random: RandomSource) {
  const under = new Set<Promise<unknown>>();

  async function send(
    delivery: Pick<DeliveryRecord, "guid" | "event" | "payload">,
  ): Promise<{ status: string; code: number }> {
    const signature = createHmac("sha256", options.app.webhookSecret).update(delivery.payload).digest("hex");
    try {
      const response = await fetch(options.app.webhookUrl, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": "GitHub-Hookshot/sandbox",
          "x-github-event": delivery.event,
          "x-github-delivery": delivery.guid,
          "x-github-hook-id": "1",
          "x-hub-signature-256": `sha256=${signature}`,
        },
        body: delivery.payload,
        signal: AbortSignal.timeout(DEADLINE_MS),
        redirect: "manual",
      });
      await response.arrayBuffer();
      return { status: response.statusText || String(response.status), code: response.status };
    } catch (error) {
      return { status: error instanceof Error ? error.message : "failed to connect to host", code: 502 };
    }
  }

  async function deliver(
    delivery: Pick<DeliveryRecord, "guid" | "event" | "action" | "repository" | "payload" | "redelivery">,
  ) {
    const started = clock.now();
    const { status, code } = await send(delivery);
    return records.addDelivery({
      ...delivery,
      deliveredAt: started.toISOString(),
      statusCode: code,
      status,
      durationSeconds: (clock.now().getTime() - started.getTime()) / 1000,
    });
  }

  return {
    /** Sends an event in the background. */
    publish(event: string, repository: string | null, payload: Record<string, unknown>): void {
      const action = typeof payload.action === "string" ? payload.action : null;
      const text = JSON.stringify({ ...payload, installation: { id: INSTALLATION_ID, node_id: "MDIzOk" } });
      const delivery = deliver({ guid: random.uuid(), event, action, repository, payload: text, redelivery: false });
      under.add(delivery);
      delivery.finally(() => under.delete(delivery));
    },
    redeliver: (delivery: DeliveryRecord) => deliver({ ...delivery, redelivery: true }),
    /** Resolves when nothing is on its way any more. */
    async settle(): Promise<void> {
      await Promise.all(under);
    },
  };
}

export type Webhooks = ReturnType<typeof createWebhooks>;

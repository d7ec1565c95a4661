import { container } from "../../../../server/deps.ts";
import { receiveWebhook } from "../../../../server/webhook.ts";

/** GitHub's webhooks: verified, taken once, answered at once; the worker does what they ask for. */
export async function POST(request: Request): Promise<Response> {
  return receiveWebhook(await container(), request);
}

import { verify } from "@octokit/webhooks-methods";

/** Whether a delivery was signed with the webhook's secret: `signature` is the header `X-Hub-Signature-256`. */
export async function verifyDelivery(secret: string, body: string, signature: string | null): Promise<boolean> {
  // What GitHub never sends: the library raises an error for it.
  if (body === "" || !signature?.startsWith("sha256=")) return false;
  return verify(secret, body, signature);
}

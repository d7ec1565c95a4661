import { container } from "../../../server/deps.ts";

/** 200 when the portal can read its database; for load balancers, so it says no more than that. */
export async function GET(): Promise<Response> {
  try {
    const { platform } = await container();
    await platform.head();
    return Response.json({ status: "ok" }, { headers: { "cache-control": "no-store" } });
  } catch {
    // Why is in the log of whoever could not read; a load balancer needs the answer alone.
    return Response.json({ status: "unavailable" }, { status: 503, headers: { "cache-control": "no-store" } });
  }
}

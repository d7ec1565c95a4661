import { setTimeout } from "node:timers/promises";
import { type ClientOptions, send } from "./request.ts";
import type { components, operations } from "./schema.ts";

export { ApiError, type ClientOptions } from "./request.ts";

type OrderStatus = components["schemas"]["OrderStatus"];

const LOOK_MS = 500;

/** The operations of openapi.yaml for whoever calls this service: typed, with timeouts and retries. */
export function createClient(options: ClientOptions) {
  const getOrder = ({ id }: operations["getOrder"]["parameters"]["path"]) =>
    send(options, { method: "GET", path: `/orders/${encodeURIComponent(id)}` }) as Promise<OrderStatus>;
  return {
    getHealth: () => send(options, { method: "GET", path: "/health" }) as Promise<{ status: "ok" }>,

    /** Places an order under a key of its own, however often it has to be sent. */
    placeOrder: (order: components["schemas"]["Order"]) =>
      send(options, { method: "POST", path: "/orders", body: order }) as Promise<OrderStatus>,

    getOrder,

    /** How an order stands once it is decided; raises an `Error` when it isn't within `patienceMs`. */
    async decided({ id }: Pick<OrderStatus, "id">, patienceMs = 60_000): Promise<OrderStatus> {
      const deadline = Date.now() + patienceMs;
      for (;;) {
        const found = await getOrder({ id });
        if (found.status !== "under-way") return found;
        if (Date.now() > deadline) throw new Error(`The order ${id} isn't decided after ${patienceMs} ms.`);
        await setTimeout(LOOK_MS);
      }
    },
  };
}

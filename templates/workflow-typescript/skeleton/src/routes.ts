import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { orderStatus, startOrder } from "./executions.ts";
import { HttpError, type Reply } from "./http.ts";
import { isKey, parseOrder } from "./order.ts";

export type Route = (event: APIGatewayProxyEventV2) => Reply | Promise<Reply>;

/** The operations of openapi.yaml, by the route key under which template.yaml announces them to the API. */
export const routes: Readonly<Record<string, Route>> = {
  "GET /health": () => ({ status: 200, body: { status: "ok" } }),

  async "POST /orders"({ headers, body, isBase64Encoded }) {
    const key = headers["idempotency-key"];
    if (!isKey(key)) {
      const message =
        "An Idempotency-Key of 1 to 80 letters, digits, - or _ is needed, so that the order may be sent again.";
      throw new HttpError(400, "no-key", message);
    }
    const order = parseOrder(isBase64Encoded ? Buffer.from(body ?? "", "base64").toString() : (body ?? ""));
    return { status: 202, body: await startOrder(key, order) };
  },

  async "GET /orders/{id}"({ pathParameters }) {
    const id = pathParameters?.id;
    const found = isKey(id) ? await orderStatus(id) : undefined;
    if (!found) throw new HttpError(404, "no-order", `There is no order ${id}.`);
    return { status: 200, body: found };
  },
};

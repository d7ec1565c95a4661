import type { ApiRequest, Endpoint, GitHub } from "../api.ts";
import { notFound } from "../errors.ts";
import { INSTALLATION_ID } from "../options.ts";
import { linkHeader, paging } from "../paging.ts";
import type { DeliveryRecord } from "../rows.ts";
import type { Schemas } from "../shapes/schemas.ts";
import { deliveryHeaders } from "../webhooks.ts";

/** The App's webhook and its deliveries. Source: https://docs.github.com/en/rest/apps/webhooks */

function itemShape(delivery: DeliveryRecord): Schemas["hook-delivery-item"] {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.deliveredAt,
    redelivery: delivery.redelivery,
    duration: delivery.durationSeconds,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: INSTALLATION_ID,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  };
}

function deliveryShape({ options }: GitHub, delivery: DeliveryRecord) {
  return {
    ...itemShape(delivery),
    url: options.app.webhookUrl,
    request: {
      headers: deliveryHeaders(options, delivery),
      payload: JSON.parse(delivery.payload) as Record<string, unknown>,
    },
    // What the receiver says isn't kept.
    response: { headers: {}, payload: null },
  };
}

function deliveryOf({ records }: GitHub, { params }: ApiRequest): DeliveryRecord {
  const delivery = records.delivery(Number(params.id));
  if (!delivery) throw notFound();
  return delivery;
}

export const deliveryEndpoints: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/app/hook/config",
    needs: "app",
    handle({ options }) {
      const body: Schemas["webhook-config"] = {
        content_type: "json",
        insecure_ssl: "0",
        secret: "********",
        url: options.app.webhookUrl,
      };
      return { status: 200, body };
    },
  },
  {
    method: "GET",
    path: "/app/hook/deliveries",
    needs: "app",
    handle(github, request) {
      const { perPage } = paging(request.query);
      const cursor = Number(request.query.get("cursor") ?? Number.POSITIVE_INFINITY);
      const all = github.records.deliveries().filter(({ id }) => id < cursor);
      const shown = all.slice(0, perPage);
      const last = shown.at(-1);
      const next = last && all.length > shown.length ? { cursor: String(last.id) } : undefined;
      return { status: 200, body: shown.map(itemShape), headers: linkHeader(github, request, { next }) };
    },
  },
  {
    method: "GET",
    path: "/app/hook/deliveries/{id}",
    needs: "app",
    handle(github, request) {
      return { status: 200, body: deliveryShape(github, deliveryOf(github, request)) };
    },
  },
  {
    method: "POST",
    path: "/app/hook/deliveries/{id}/attempts",
    needs: "app",
    handle(github, request) {
      github.webhooks.redeliver(deliveryOf(github, request));
      return { status: 202, body: {} };
    },
  },
];

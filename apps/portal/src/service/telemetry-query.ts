import type { Lane } from "@turnpike/domain/catalog";
import { minutes } from "../server/inputs.ts";

export const ranges = [
  { minutes: 15, label: "15 min" },
  { minutes: 60, label: "1 hour" },
  { minutes: 180, label: "3 hours" },
  { minutes: 1440, label: "1 day" },
] as const;

export interface TelemetrySearch {
  environment?: string | string[];
  minutes?: string | string[];
  q?: string | string[];
}

/** What of an address is a question to an account; anything else falls back to the last hour of the first lane. */
export function telemetryQueryOf(search: TelemetrySearch, lanes: readonly Pick<Lane, "environment">[]) {
  const asked = minutes.safeParse(search.minutes);
  const environment = lanes.find((lane) => lane.environment === search.environment) ?? lanes[0];
  return {
    environment: environment?.environment,
    minutes: asked.success ? asked.data : 60,
    filter: typeof search.q === "string" ? search.q.slice(0, 200) : "",
  };
}

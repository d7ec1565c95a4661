import { type ClientOptions, send } from "./request.ts";
import type { operations } from "./schema.ts";

export { ApiError, type ClientOptions } from "./request.ts";

/** What an operation of openapi.yaml answers when all is well. */
type Answer<Id extends keyof operations> = operations[Id]["responses"][200]["content"]["application/json"];

/** The operations of openapi.yaml for whoever calls this service: typed, with timeouts and retries. */
export function createClient(options: ClientOptions) {
  return {
    getService: () => send(options, { method: "GET", path: "/" }) as Promise<Answer<"getService">>,

    getHealth: () => send(options, { method: "GET", path: "/health" }) as Promise<Answer<"getHealth">>,

    sayHello: ({ name }: operations["sayHello"]["parameters"]["path"]) =>
      send(options, { method: "GET", path: `/hello/${encodeURIComponent(name)}` }) as Promise<Answer<"sayHello">>,
  };
}
